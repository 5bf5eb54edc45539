// Tells whether a change of a document is one for the text index: keywords and mailboxes change often, words seldom.
#pragma once

#include <cstdint>
#include <vector>

#include "mail/documents.hpp"

namespace indexer {

// Of all that the text index takes from the document, the order date included, and of the attachments that are its bodies
// and here. Kept in catalogs: what it covers may change only with the catalog's format.
[[nodiscard]] std::int64_t text_hash(const mail::MetadataDocument& message,
                                     const std::vector<mail::AttachedBody>& attached_here,
                                     std::int64_t date);
[[nodiscard]] std::int64_t text_hash(const mail::FileDocument& file, std::int64_t date);

}  // namespace indexer
