// How MH keeps mail: a file per message, named by its number, in ordinary folders.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace indexer {

// Whether a file is a deleted message: ",12". MH leaves them to be removed later.
[[nodiscard]] bool is_deleted_in_mh(std::string_view file_name);

// The sequences of a folder: ".mh_sequences", lines such as "unseen: 3 5-7".
class MhSequences {
 public:
  // Nothing when the folder has none.
  [[nodiscard]] static std::optional<MhSequences> read(const std::filesystem::path& folder);
  // $seen unless the message is in the sequence "unseen"; nothing for a file that is none of MH's.
  [[nodiscard]] std::optional<std::vector<std::string>> keywords_of(
      std::string_view file_name) const;

 private:
  std::vector<std::pair<int, int>> unseen_;  // first and last number
};

}  // namespace indexer
