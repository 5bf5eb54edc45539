// The row of a message or a file in lists, as JSON. It is rendered once when the document is
// projected. Thread and level, which can change without the document, are appended when the row is
// read, so the object is left open here.
#pragma once

#include <string>
#include <string_view>

#include "mail/documents.hpp"
#include "replica/store.hpp"

namespace indexer {

// The row of a message and of a file, without "threadId", "level" and the closing brace. `id` is
// the public id.
[[nodiscard]] std::string message_row(std::string_view id, const replica::Change& change,
                                      const mail::MetadataDocument& message);
// {"cc": …}: the members of a message that its row leaves out, of which lists of people may be long.
[[nodiscard]] std::string message_details(const mail::MetadataDocument& message);
[[nodiscard]] std::string file_row(std::string_view id, const replica::Change& change,
                                   const mail::FileDocument& file);

}  // namespace indexer
