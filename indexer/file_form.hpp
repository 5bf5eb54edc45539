// What form of mail a file holds.
#pragma once

#include <filesystem>

namespace indexer {

struct FileForm {
  enum class Kind {
    kMessage,  // or no mail at all
    kMbox,
    kArchive,  // a tar
  };
  Kind kind = Kind::kMessage;
  bool is_compressed = false;
};
// Told by the beginning of the file, decompressed if need be. A damaged file counts as a message;
// reading it then says what is wrong.
[[nodiscard]] FileForm form_of(const std::filesystem::path& file);

}  // namespace indexer
