#include "tests/hard/expected.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/hard/report.hpp"

namespace hard {

void Agreement::compare(const std::string& where, const std::string& expected,
                        const std::string& got) {
  constexpr std::size_t kShown = 400;
  ++of;
  if (expected == got) {
    ++agree;
    return;
  }
  // Long texts are shown from a little before where they differ.
  const auto [e, g] = std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  const auto same = static_cast<std::size_t>(e - expected.begin());
  const auto from = std::max(expected.size(), got.size()) > kShown && same > 40 ? same - 40 : 0;
  disagreements.push_back({where, "\n    expected: " + expected.substr(from, kShown) +
                                      "\n    got:      " + got.substr(from, kShown)});
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

nlohmann::json read_json(const std::filesystem::path& file) {
  auto json = nlohmann::json::parse(read_file(file), nullptr, false);
  return json.is_discarded() ? nlohmann::json() : json;
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder,
                                               std::string_view extension) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& item : std::filesystem::recursive_directory_iterator(folder, none)) {
    if (item.is_regular_file() && item.path().extension() == extension)
      files.push_back(item.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string folded(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool no_break = text.substr(at, 2) == "\xC2\xA0";
    if (no_break || static_cast<unsigned char>(text[at]) <= ' ') {
      gap = !out.empty();
      at += no_break;
    } else {
      if (gap) out += ' ';
      gap = false;
      out += text[at];
    }
  }
  return out;
}

std::string to_text(const std::vector<mail::Address>& addresses) {
  std::string out;
  for (const auto& address : addresses) {
    if (!out.empty()) out += ", ";
    out.append(address.name).append(" <").append(address.email).append(">");
  }
  return out;
}

std::string to_text(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out.append(out.empty() ? "" : ", ").append(item);
  return out;
}

std::string to_text(const std::optional<mail::DateTime>& date) {
  return date ? mail::to_rfc3339(*date) : "none";
}

}  // namespace hard
