#include "mail/encoded_words.hpp"

#include <optional>

#include "mail/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/text.hpp"
#include "mail/transfer.hpp"

namespace mail {
namespace {

constexpr std::size_t kMaxCharset = 80;

struct EncodedWord {
  std::string_view charset;
  std::string_view text;
  bool base64 = false;
  std::size_t end = 0;  // where it ends in the line
};

// "=?charset*language?B?text?=" at `at`.
std::optional<EncodedWord> word_at(std::string_view line, std::size_t at) {
  auto charset = line.substr(at + 2, kMaxCharset);
  const auto mark = charset.find_first_of("? \t");
  if (mark == std::string_view::npos || mark == 0 || charset[mark] != '?') return std::nullopt;
  charset = charset.substr(0, mark);
  const auto encoding = at + 2 + mark + 1;
  if (encoding + 1 >= line.size() || line[encoding + 1] != '?') return std::nullopt;
  const char kind = static_cast<char>(line[encoding] | 0x20);
  if (kind != 'b' && kind != 'q') return std::nullopt;
  const auto end = line.find("?=", encoding + 2);
  if (end == std::string_view::npos) return std::nullopt;
  return EncodedWord{charset.substr(0, charset.find('*')),
                     line.substr(encoding + 2, end - encoding - 2), kind == 'b', end + 2};
}

void append_q(std::string& bytes, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int octet = text[i] == '=' ? hex_octet(text, i + 1) : -1;
    if (octet >= 0) {
      bytes += static_cast<char>(octet);
      i += 2;
    } else {
      bytes += text[i] == '_' ? ' ' : text[i];
    }
  }
}

void append_bytes(std::string& bytes, const EncodedWord& word) {
  if (word.base64) {
    bytes += decode_base64(word.text);
  } else {
    append_q(bytes, word.text);
  }
}

// A header field is one line, whatever was encoded.
void append_line(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
}

}  // namespace

std::size_t encoded_word_length(std::string_view line, std::size_t at) {
  if (line.substr(at, 2) != "=?") return 0;
  const auto word = word_at(line, at);
  return word ? word->end - at : 0;
}

std::string decode_words(std::string_view line) {
  std::string out;
  std::size_t copied = 0;
  const auto last_end = line.rfind("?=");  // beyond it no word can end
  auto at = line.find("=?");
  while (at != std::string_view::npos && last_end != std::string_view::npos && at < last_end) {
    auto word = word_at(line, at);
    if (!word) {
      at = line.find("=?", at + 2);
      continue;
    }
    out += line.substr(copied, at - copied);
    std::string bytes;
    auto charset = word->charset;
    while (word) {
      if (!equal_ignoring_case(word->charset, charset)) {
        append_line(out, to_utf8(bytes, charset));
        bytes.clear();
        charset = word->charset;
      }
      append_bytes(bytes, *word);
      copied = word->end;
      // Blanks between encoded words only separate them.
      const auto next = std::min(line.find_first_not_of(" \t", copied), line.size());
      word = line.substr(next, 2) == "=?" ? word_at(line, next) : std::nullopt;
    }
    append_line(out, to_utf8(bytes, charset));
    at = line.find("=?", copied);
  }
  return out.append(line.substr(copied));
}

}  // namespace mail
