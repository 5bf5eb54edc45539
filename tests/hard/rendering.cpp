// Text of bodies, by words: kopano's HTML with the text that its converter makes, mailcore2's messages with its rendering.
//
// Addresses that those add after a link are taken out of what is expected: the index has a link's words, not where it leads.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>

#include "mail/charset.hpp"
#include "mail/html.hpp"
#include "mail/parser.hpp"
#include "tests/hard/expected.hpp"
#include "tests/hard/report.hpp"

namespace hard {
namespace {
namespace fs = std::filesystem;

using Words = std::map<std::string, int>;  // how often each occurs

// "words <http://x>" and "words (http://x)" are "words".
std::string without_link_addresses(std::string_view text) {
  constexpr std::array<std::string_view, 6> kBeginnings = {
      "http:", "https:", "ftp:", "mailto:", "cid:", "#"};
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool opens = text[at] == '<' || text[at] == '(';
    const auto rest = text.substr(at + 1);
    if (opens && std::any_of(kBeginnings.begin(), kBeginnings.end(),
                             [rest](std::string_view b) { return rest.starts_with(b); })) {
      const auto end = text.find(text[at] == '<' ? '>' : ')', at);
      at = std::min(end, text.size());
      out += ' ';
    } else {
      out += text[at];
    }
  }
  return out;
}

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

Words words_of(std::string text) {
  // Blanks beyond ASCII part words as well.
  for (const std::string_view blank : {"\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x83"}) {
    for (auto at = text.find(blank); at != std::string::npos; at = text.find(blank, at))
      text.replace(at, blank.size(), " ");
  }
  Words words;
  std::string word;
  for (const char c : text + ' ') {
    if (is_word_byte(c)) {
      word += c;
    } else if (!word.empty()) {
      ++words[word];
      word.clear();
    }
  }
  return words;
}

int count(const Words& words) {
  int all = 0;
  for (const auto& [word, times] : words) all += times;
  return all;
}

// Words of `a` that `b` lacks, with how often.
Words difference(const Words& a, const Words& b) {
  Words only;
  for (const auto& [word, times] : a) {
    const auto other = b.find(word);
    const int left = times - (other == b.end() ? 0 : other->second);
    if (left > 0) only[word] = left;
  }
  return only;
}

std::string listed(const Words& words) {
  constexpr std::size_t kShown = 12;
  std::string out;
  std::size_t shown = 0;
  for (const auto& [word, times] : words) {
    if (++shown > kShown) return out + fmt::format(" … ({} in all)", words.size());
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

// Recall and precision of words over a set of files.
class WordAgreement {
 public:
  WordAgreement(const std::string& corpus, const std::string& what)
      : recall_{corpus, what + ": recall of words", 0, 0, {}},
        precision_{corpus, what + ": precision of words", 0, 0, {}} {}

  void add(const std::string& name, const std::string& expected_text,
           const std::string& found_text) {
    const auto expected = words_of(without_link_addresses(expected_text)),
               found = words_of(found_text);
    add_to(recall_, name, "lacks", expected, found);
    add_to(precision_, name, "has besides", found, expected);
  }
  [[nodiscard]] std::vector<Agreement> take() {
    return {std::move(recall_), std::move(precision_)};
  }

 private:
  static void add_to(Agreement& agreement, const std::string& name, std::string_view how,
                     const Words& wanted, const Words& there) {
    const auto missing = difference(wanted, there);
    agreement.of += count(wanted);
    agreement.agree += count(wanted) - count(missing);
    if (!missing.empty())
      agreement.disagreements.push_back({name, fmt::format(" {}: {}", how, listed(missing))});
  }

  Agreement recall_, precision_;
};

// The text of the message as a reader sees it: of the HTML where there is some, as mailcore2 does.
std::string rendered(const mail::ParsedMessage& message) {
  std::string text;
  for (const auto& body : message.bodies)
    text = body.type == "text/html" ? mail::html_to_text(body.content) : body.content;
  return text;
}

bool names_attachment(std::string_view line) {
  return line.starts_with("- ") &&
         (line.ends_with(" bytes") || line.ends_with(" KB") || line.ends_with(" MB"));
}

// What follows the header lines, which are another comparison's, without the lines at its end that name attachments.
std::string body_of_rendering(std::string_view rendering) {
  auto body = rendering.substr(std::min(rendering.find("\n\n"), rendering.size()));
  while (!body.empty()) {
    const auto begin = body.rfind('\n');
    const auto last = body.substr(begin + 1);
    if (!last.empty() && !names_attachment(last)) break;
    body = body.substr(0, begin);
  }
  return std::string(body);
}

}  // namespace

std::vector<Agreement> kopano_html_to_text(const fs::path& corpora) {
  WordAgreement agreement("kopano", "HTML to text");
  for (const auto& file : files_below(corpora / "kopano/tests/testdata/htmltoplain", ".test")) {
    const auto bytes = read_file(file);
    const auto html = mail::to_utf8(bytes, mail::html_charset(bytes));
    auto expected = file;
    agreement.add(file.stem().string(),
                  mail::to_utf8(read_file(expected.replace_extension(".result")), "utf-8"),
                  mail::html_to_text(html));
  }
  return agreement.take();
}

std::vector<Agreement> mailcore2_rendered_text(const fs::path& corpora) {
  WordAgreement agreement("mailcore2", "rendered text");
  const auto data = corpora / "mailcore2/unittest/data/summary";
  for (const auto& file : files_below(data / "output", ".txt")) {
    const auto input = data / "input" / file.stem().concat(".eml");
    if (!fs::exists(input)) continue;  // some results came without their message
    const auto raw = read_file(input);
    const auto message = mail::parse_message(raw);
    agreement.add(file.stem().string(), body_of_rendering(read_file(file)),
                  message ? rendered(*message) : std::string());
  }
  return agreement.take();
}

}  // namespace hard
