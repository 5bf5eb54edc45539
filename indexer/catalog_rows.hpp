// Rows of lists as they are answered: the rendered bytes, completed with thread and level, which
// change without the message.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "indexer/catalog_reader.hpp"

namespace indexer {

// How far the text index got in each store.
struct TextReach {
  TextReach(const Meta& meta, const DerivedCheckpoint& text)
      : emails(meta.reached(text, mail::Doctype::kEmails)),
        contents(meta.reached(text, mail::Doctype::kContents)),
        files(meta.reached(text, mail::Doctype::kFiles)) {}

  std::int64_t emails, contents, files;
};

// The rows of messages, in the order of `entries`.
[[nodiscard]] std::vector<std::string> read_message_rows(Reader& reader,
                                                         const std::vector<std::int64_t>& entries,
                                                         const TextReach& reach, bool with_thread);
[[nodiscard]] std::vector<std::string> read_file_rows(Reader& reader,
                                                      const std::vector<std::int64_t>& entries,
                                                      const TextReach& reach);

}  // namespace indexer
