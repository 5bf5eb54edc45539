// What form of mail a file holds.
#pragma once

#include <filesystem>
#include <string_view>

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
// By the first kArchiveBeginning bytes of what is not compressed.
[[nodiscard]] FileForm::Kind uncompressed_kind(std::string_view beginning);
// Told by the beginning of the file, decompressed if need be. A damaged file counts as a message;
// reading it then says what is wrong.
[[nodiscard]] FileForm form_of(const std::filesystem::path& file);

}  // namespace indexer
