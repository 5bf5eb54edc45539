// The text of a file. What is read here may be anybody's: of all but plain text it is done in a worker process (worker.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "indexer/extraction/file_type.hpp"

namespace indexer {

// Of the text of one file, in UTF-8; the rest is cut off.
inline constexpr std::size_t kMaxExtractBytes = std::size_t{4} << 20;
// Files larger than this are not read.
inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
// Changes when other text comes out of the same file; texts of other versions are read anew.
inline constexpr int kExtractorVersion = 2;

struct Extract {
  std::string text;
  bool truncated = false;
  std::string failure;  // why there is no text, in words; empty: there is
  // False: it failed for a reason that lies not in the file, so it is worth trying again.
  bool is_final = true;

  [[nodiscard]] static Extract failed(std::string reason) {
    return {{}, false, std::move(reason), true};
  }
};

// Reads it in this process; `type` as declared. Of what is attached to a message only the names. Never throws for what the file holds.
[[nodiscard]] Extract extract_text(std::string_view bytes, FileType type);

}  // namespace indexer
