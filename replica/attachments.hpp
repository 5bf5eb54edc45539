// Attachments as a document names them (`_attachments`, docs.couchdb.org/en/stable/api/document/attachments.html).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replica {

struct AttachmentStub {
  std::string name;
  std::string content_type;
  std::string digest;
  std::uint64_t length = 0;
};

// All stubs in a document's JSON, in its order; none when it cannot be read. A document without any costs no parsing.
[[nodiscard]] std::vector<AttachmentStub> attachment_stubs(std::string_view document);
// The stub of that name; nothing when there is none or it cannot be read.
[[nodiscard]] std::optional<AttachmentStub> find_attachment(std::string_view document,
                                                            std::string_view name);

}  // namespace replica
