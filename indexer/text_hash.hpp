// Tells whether a change of a document matters to the text index: keywords and mailboxes change
// often, words seldom.
#pragma once

#include <cstdint>
#include <vector>

#include "indexer/attached_files.hpp"
#include "mail/documents.hpp"

namespace indexer {

// The files of a document.
struct FilesState {
  std::vector<AttachedFile> files;
  std::size_t here = 0;  // of how many the bytes are in the account
};

// A hash of all that the text index takes from the document: its members, `date` (by which lists
// are ordered), the attached bodies whose bytes are in the account, and the files. Kept in
// catalogs: what it covers may change only with the catalog's format.
[[nodiscard]] std::int64_t text_hash(const mail::MetadataDocument& message,
                                     const std::vector<mail::AttachedBody>& attached_here,
                                     std::int64_t date, const FilesState& files);
[[nodiscard]] std::int64_t text_hash(const mail::FileDocument& file, std::int64_t date,
                                     const FilesState& files);

}  // namespace indexer
