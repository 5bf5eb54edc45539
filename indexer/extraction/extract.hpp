// Reads the text of a file. Files are untrusted: all but plain text are read in a worker process
// (worker.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "indexer/extraction/file_type.hpp"

namespace indexer {

// The most text of one file, in bytes of UTF-8; the rest is cut off.
inline constexpr std::size_t kMaxExtractBytes = std::size_t{4} << 20;
// Files larger than this are not read.
inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
// Raise it when the same file gives other text; texts of other versions are then read again.
inline constexpr int kExtractorVersion = 3;

struct Extract {
  std::string text;
  bool truncated = false;
  std::string failure;  // why there is no text, in words; empty: there is one
  // False: the failure has another cause than the file, so another try is worth it.
  bool is_final = true;

  [[nodiscard]] static Extract failed(std::string reason) {
    return {{}, false, std::move(reason), true};
  }
};

// Reads the file in this process, as the declared `type`. Of files attached to a message it only
// reads the names. Never throws because of the file's content.
[[nodiscard]] Extract extract_text(std::string_view bytes, FileType type);

}  // namespace indexer
