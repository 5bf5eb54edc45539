#include "tests/oracle/random_text.hpp"

#include <fmt/format.h>

namespace oracle {
namespace {

constexpr const char* kIdentifiers[] = {"CVE-2024-1234",
                                        "foo_bar",
                                        "v1.2.3",
                                        "user_name",
                                        "https://www.example.org/path/index.html?id=42",
                                        "ada@example.org",
                                        "x86_64",
                                        "10.0.0.1",
                                        "C++",
                                        "naïve",
                                        "ｆｕｌｌｗｉｄｔｈ",
                                        "№5",
                                        "co-operate",
                                        "3,141"};

// Of fewer sentences, with identifiers between them, the language is told wrongly now and then.
constexpr std::size_t kSentencesToTell = 5;

}  // namespace

// Of 100 Russian texts of that length some three are not told, of Chinese ones fewer.
std::string language_told(const Language& language, std::size_t sentences) {
  const std::string code = language.code;
  return sentences < kSentencesToTell || code == "ru" || code == "zh" ? "" : code;
}

const char* RandomText::identifier() { return one_of(kIdentifiers); }

std::string RandomText::text(const Language& language, std::size_t sentences) {
  std::string text;
  for (std::size_t i = 0; i < sentences; ++i) {
    text += one_of(language.sentences);
    text += below(3) == 0 ? "\r\n\r\n" : "\r\n";
    if (below(3) == 0) text += fmt::format("{}\r\n", identifier());
  }
  return text;
}

std::int64_t RandomText::age() {
  constexpr std::size_t kDay = 86'400;
  constexpr std::size_t kAges[] = {15 * kDay, 60 * kDay, 12 * 365 * kDay};
  return static_cast<std::int64_t>(below(one_of(kAges)));
}

}  // namespace oracle
