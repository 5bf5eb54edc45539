// Attachments as a document names them (`_attachments`, docs.couchdb.org/en/stable/api/document/attachments.html).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace replica {

struct AttachmentStub {
  std::string content_type;
  std::string digest;
  std::uint64_t length = 0;
};

// The stub of that name in a document's JSON; nothing when there is none or it cannot be read.
[[nodiscard]] std::optional<AttachmentStub> find_attachment(std::string_view document,
                                                            std::string_view name);

}  // namespace replica
