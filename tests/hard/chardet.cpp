// chardet's samples: the name of the folder is the charset of the files in it, with a language at times
// ("iso-8859-2-polish"). Compared is the text, not the name: charsets that differ in nothing that a
// sample holds are as good.
#include <algorithm>

#include "mail/charset.hpp"
#include "mail/charset_detector.hpp"
#include "tests/hard/expected.hpp"
#include "tests/hard/report.hpp"

namespace hard {
namespace {

namespace fs = std::filesystem;

// "iso-8859-2-polish" is ISO-8859-2.
std::string charset_of(const fs::path& folder) {
  std::string name = folder.filename().string();
  const auto dash = name.rfind('-');
  if (name == "utf-8-sig") return "utf-8";
  if (dash != std::string::npos && dash + 1 < name.size() &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dash) + 1, name.end(),
                  [](char c) { return c >= 'a' && c <= 'z'; }) &&
      name.substr(dash + 1) != "jp" && name.substr(dash + 1) != "kr")
    name.resize(dash);
  return name;
}

}  // namespace

std::vector<Agreement> chardet_charsets(const fs::path& corpora) {
  Agreement names{"chardet", "text by the charset detected from bytes", 0, 0, {}};
  std::error_code none;
  std::vector<fs::path> folders;
  for (const auto& item : fs::directory_iterator(corpora / "chardet/tests", none)) {
    if (item.is_directory()) folders.push_back(item.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& folder : folders) {
    const auto charset = charset_of(folder);
    for (const auto& item : fs::directory_iterator(folder)) {
      const auto bytes = read_file(item.path());
      const auto found = mail::detect_charset(bytes);
      const bool same = mail::to_utf8(bytes, charset) == mail::to_utf8(bytes, found);
      names.compare(folder.filename().string() + "/" + item.path().filename().string(), charset,
                    same ? charset : found);
    }
  }
  if (names.of == 0) return {};
  return {names};
}

}  // namespace hard
