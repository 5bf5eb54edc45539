// What a file holds that is looked at for mail.
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
// By how the file begins, or what is compressed in it. A damaged one seems to be a message: reading it says what is wrong.
[[nodiscard]] FileForm form_of(const std::filesystem::path& file);

}  // namespace indexer
