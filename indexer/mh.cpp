#include "indexer/mh.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace indexer {
namespace {

constexpr std::string_view kUnseen = "unseen:";  // the name that MH proposes, and others use

// Nothing for text that is no number of a message.
std::optional<int> message_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

}  // namespace

bool is_deleted_in_mh(std::string_view file_name) {
  return file_name.starts_with(',') && message_number(file_name.substr(1));
}

std::optional<MhSequences> MhSequences::read(const std::filesystem::path& folder) {
  std::ifstream in(folder / ".mh_sequences");
  if (!in) return std::nullopt;
  MhSequences sequences;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kUnseen)) continue;
    std::istringstream ranges(line.substr(kUnseen.size()));
    for (std::string range; ranges >> range;) {
      const std::size_t dash = range.find('-');
      const auto first = message_number(std::string_view(range).substr(0, dash));
      const auto last = dash == std::string::npos
                            ? first
                            : message_number(std::string_view(range).substr(dash + 1));
      if (first && last) sequences.unseen_.emplace_back(*first, *last);
    }
  }
  return sequences;
}

std::optional<std::vector<std::string>> MhSequences::keywords_of(std::string_view file_name) const {
  const auto number = message_number(file_name);
  if (!number) return std::nullopt;
  const bool is_unseen = std::any_of(unseen_.begin(), unseen_.end(), [&](const auto& range) {
    return range.first <= *number && *number <= range.second;
  });
  return is_unseen ? std::vector<std::string>{} : std::vector<std::string>{"$seen"};
}

}  // namespace indexer
