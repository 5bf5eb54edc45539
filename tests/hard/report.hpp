// Agreement of the mail parser with the results that other parsers publish with their test messages. The
// messages are no part of this repository: the report is given the folder where they lie.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hard {

struct Disagreement {
  std::string where;  // the case's name
  std::string difference;  // expected and got, as it is printed behind the name
};

struct Agreement {
  std::string corpus;  // "stalwart", "chardet"
  std::string what;  // what was compared: "dates"
  int agree = 0;
  int of = 0;
  std::vector<Disagreement> disagreements;

  // Counts one comparison; `where` and the two values are told when they differ.
  void compare(const std::string& where, const std::string& expected, const std::string& got);
};

// Each takes the folder with all corpora, and gives nothing when its own is not there.
[[nodiscard]] std::vector<Agreement> stalwart_tables(const std::filesystem::path& corpora);
[[nodiscard]] std::vector<Agreement> stalwart_messages(const std::filesystem::path& corpora);
[[nodiscard]] std::vector<Agreement> mailcore_messages(const std::filesystem::path& corpora);
[[nodiscard]] std::vector<Agreement> chardet_charsets(const std::filesystem::path& corpora);
[[nodiscard]] std::vector<Agreement> kopano_html_to_text(const std::filesystem::path& corpora);
[[nodiscard]] std::vector<Agreement> mailcore2_rendered_text(const std::filesystem::path& corpora);

}  // namespace hard
