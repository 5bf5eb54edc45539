// The charset that an HTML document names itself (HTML, "determining the character encoding").

#include "mail/ascii.hpp"
#include "mail/html.hpp"
#include "mail/html_tokenizer.hpp"
#include "mail/html_walker.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

constexpr std::size_t kPrescanned = 4
                                    << 10;  // bytes; browsers look at 1 KB, mail has more before it

// What follows "charset=" or "encoding=", lower case.
std::string value_after(std::string_view text, std::string_view key) {
  const auto lower = lower_ascii(text);
  auto at = lower.find(key);
  if (at == std::string::npos) return {};
  at = lower.find_first_not_of(" \t\r\n", at + key.size());
  if (at == std::string::npos || lower[at] != '=') return {};
  at = lower.find_first_not_of(" \t\r\n\"'", at + 1);
  if (at == std::string::npos) return {};
  return lower.substr(at, lower.find_first_of(" \t\r\n\"';>?/", at) - at);
}

std::string charset_in_meta(std::string_view head) {
  using Kind = HtmlTokenizer::Kind;
  HtmlTokenizer tokens(head);
  for (auto kind = tokens.next(); kind != Kind::kEnd; kind = tokens.next()) {
    if (kind != Kind::kOpen) continue;
    if (const auto number = html_element_number(tokens.name());
        number != 0 && html_element(number).is(kRawText)) {
      tokens.skip_raw_text(html_element(number).name);
    }
    if (tokens.name() != "meta") continue;
    auto charset = lower_ascii(tokens.attribute("charset").value_or(""));
    if (charset.empty()) charset = value_after(tokens.attribute("content").value_or(""), "charset");
    if (!charset.empty()) return charset;
  }
  return {};
}

}  // namespace

std::string html_charset(std::string_view bytes) {
  if (bytes.starts_with(kByteOrderMark)) return "utf-8";
  if (bytes.starts_with("\xFE\xFF")) return "utf-16be";
  if (bytes.starts_with("\xFF\xFE")) return "utf-16le";
  const auto head = bytes.substr(0, kPrescanned);
  std::string charset;
  if (head.starts_with("<?xml")) charset = value_after(head.substr(0, head.find('>')), "encoding");
  if (charset.empty()) charset = charset_in_meta(head);
  // What could be read up to here cannot be UTF-16.
  return charset.starts_with("utf-16") ? "utf-8" : charset;
}

}  // namespace mail
