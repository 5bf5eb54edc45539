// Rows of lists as they are answered: the bytes that were rendered, with what changes without the message.
#pragma once

#include <cstdint>
#include <string>

#include "indexer/catalog_state.hpp"

namespace indexer {

// How far the text index got in each store.
struct TextReach {
  TextReach(const Meta& meta, const DerivedCheckpoint& text)
      : emails(meta.reached(text, mail::Doctype::kEmails)),
        contents(meta.reached(text, mail::Doctype::kContents)),
        files(meta.reached(text, mail::Doctype::kFiles)) {}

  std::int64_t emails, contents, files;
};

// Empty when the entry is gone.
[[nodiscard]] std::string read_message_row(Reader& reader, std::int64_t entry,
                                           const TextReach& reach, bool with_thread);
[[nodiscard]] std::string read_file_row(Reader& reader, std::int64_t entry, const TextReach& reach);

}  // namespace indexer
