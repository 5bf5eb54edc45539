// What a list shows of a message or a file, as JSON. Rendered once when the document is projected; what changes without
// it (thread, level) is appended as the row is read, so the object is left open here.
#pragma once

#include <string>
#include <string_view>

#include "mail/documents.hpp"
#include "replica/store.hpp"

namespace indexer {

// M and F of the design without their closing brace, "threadId" and "level". `id` is the public one.
[[nodiscard]] std::string message_row(std::string_view id, const replica::Change& change,
                                      const mail::MetadataDocument& message);
[[nodiscard]] std::string file_row(std::string_view id, const replica::Change& change,
                                   const mail::FileDocument& file);

}  // namespace indexer
