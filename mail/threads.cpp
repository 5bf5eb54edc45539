#include "mail/threads.hpp"

#include <cstdlib>
#include <memory>
#include <utf8proc.h>

#include "mail/text.hpp"

namespace mail {
namespace {

// What replies and forwards put before a subject, case folded. Single letters are those in wide use
// (Italian and Spanish R and I/RE, Dutch Antw, Polish Odp, Turkish YNT and İLT, Chinese 回复 and
// 转发 …).
constexpr std::string_view kMarks[] = {
    "re",
    "r",
    "fwd",
    "fw",
    "aw",
    "wg",
    "sv",
    "vs",
    "vb",
    "vl",
    "rv",
    "tr",
    "enc",
    "res",
    "rif",
    "ref",
    "antw",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "i\xCC\x87lt",
    "atb",
    "betr",
    "bls",
    "doorst",
    "fs",
    "tl",
    "rspv",
    "trs",
    "na",
    "sk",
    "si",
    "\xE5\x9B\x9E\xE5\xA4\x8D",  // 回复
    "\xE5\x9B\x9E\xE8\xA6\x86",  // 回覆
    "\xE7\xAD\x94\xE5\xA4\x8D",  // 答复
    "\xE8\xBD\xAC\xE5\x8F\x91",  // 转发
    "\xE8\xBD\x89\xE5\xAF\x84",  // 轉寄
    "\xE8\xBF\x94\xE4\xBF\xA1",  // 返信
    "\xE8\xBB\xA2\xE9\x80\x81",  // 転送
    "\xED\x9A\x8C\xEC\x8B\xA0",  // 회신
    "\xCE\xB1\xCF\x80",  // απ
    "\xCE\xB1\xCF\x80\xCE\xAC\xCE\xBD\xCF\x84\xCE\xB7\xCF\x83\xCE\xB7",  // απάντηση
    "\xD0\xBE\xD1\x82\xD0\xB2",  // отв
    "\xD0\xBD\xD0\xB0",  // на
    "\xD7\x94\xD7\xA9\xD7\x91",  // השב
};
constexpr std::string_view kTrailer = "(fwd)";
constexpr std::string_view kFullwidthColon = "\xEF\xBC\x9A";
constexpr std::size_t kMaxSubject = 2'000;  // bytes that tell one thread from another
constexpr std::size_t kMaxListTag = 64;

// Case folded, white space folded and trimmed.
std::string folded(std::string_view subject) {
  const auto text = to_valid_utf8(subject.substr(0, kMaxSubject));
  utf8proc_uint8_t* raw = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &raw,
      static_cast<utf8proc_option_t>(UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(raw, std::free);
  const std::string_view mapped =
      size < 0 ? std::string_view(text)
               : std::string_view(reinterpret_cast<char*>(raw), static_cast<std::size_t>(size));
  std::string out;
  out.reserve(mapped.size());
  bool gap = false;
  for (std::size_t at = 0; at < mapped.size(); ++at) {
    if (static_cast<unsigned char>(mapped[at]) <= ' ') {
      gap = !out.empty();
    } else if (mapped.substr(at, 2) == "\xC2\xA0") {
      gap = !out.empty();
      ++at;
    } else {
      if (gap) out += ' ';
      gap = false;
      out += mapped[at];
    }
  }
  return out;
}

void trim_front(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

void trim_back(std::string_view& text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "[list]" with what blanks follow. False when there is none.
bool take_blob(std::string_view& text) {
  if (text.empty() || text.front() != '[') return false;
  const auto end = text.find_first_of("[]", 1);
  if (end == std::string_view::npos || end > kMaxListTag || text[end] != ']') return false;
  text.remove_prefix(end + 1);
  trim_front(text);
  return true;
}

// "[2]", "(2)" or "^2" after a mark.
void take_count(std::string_view& text) {
  auto rest = text;
  trim_front(rest);
  const bool caret = take_prefix(rest, "^");
  const char close = caret                    ? '\0'
                     : take_prefix(rest, "[") ? ']'
                     : take_prefix(rest, "(") ? ')'
                                              : '\0';
  if (!caret && close == '\0') return;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') rest.remove_prefix(1);
  if (!caret && !take_prefix(rest, {&close, 1})) return;
  text = rest;
}

// "re:", "re[2]:", "re [list]:", "回复：". False when the text does not begin with one.
bool take_mark(std::string_view& text) {
  // "re" begins "ref" too: a mark is one only when its colon follows.
  for (const auto mark : kMarks) {
    auto rest = text;
    if (!take_prefix(rest, mark)) continue;
    take_count(rest);
    trim_front(rest);
    take_blob(rest);
    if (!take_prefix(rest, ":") && !take_prefix(rest, kFullwidthColon)) continue;
    trim_front(rest);
    text = rest;
    return true;
  }
  return false;
}

bool take_trailer(std::string_view& text) {
  trim_back(text);
  if (text.size() < kTrailer.size() || text.substr(text.size() - kTrailer.size()) != kTrailer)
    return false;
  text.remove_suffix(kTrailer.size());
  return true;
}

bool take_forward_frame(std::string_view& text) {
  auto rest = text;
  if (rest.empty() || rest.back() != ']' ||
      !(take_prefix(rest, "[fwd:") || take_prefix(rest, "[fw:")))
    return false;
  rest.remove_suffix(1);
  trim_front(rest);
  trim_back(rest);
  text = rest;
  return true;
}

// FNV-1a, 64 bits. Keys are kept in catalogs: another hash means another catalog format.
std::uint64_t hash(std::string_view text, std::uint64_t state = 14695981039346656037ULL) {
  for (const char c : text) {
    state ^= static_cast<unsigned char>(c);
    state *= 1099511628211ULL;
  }
  return state;
}

}  // namespace

std::string base_subject(std::string_view subject) {
  const auto text = folded(subject);
  std::string_view base = text;
  for (;;) {
    while (take_trailer(base)) {
    }
    if (take_mark(base) || take_forward_frame(base)) continue;
    // A list tag goes, unless it is all there is.
    auto rest = base;
    if (!take_blob(rest) || rest.empty()) break;
    base = rest;
  }
  return std::string(base);
}

std::vector<ThreadKey> thread_keys(const MetadataDocument& message) {
  // The separator keeps ("ab", "c") from ("a", "bc"): no base subject and no message id holds a
  // line feed.
  const auto seed = hash("\n", hash(base_subject(message.subject)));
  std::vector<ThreadKey> keys;
  keys.reserve(message.message_ids.size() + message.in_reply_to.size() + message.references.size());
  for (const auto* ids : {&message.message_ids, &message.in_reply_to, &message.references}) {
    for (const auto& id : *ids) {
      if (!id.empty()) keys.push_back(hash(id, seed));
    }
  }
  if (keys.empty()) keys.push_back(hash(message.id, hash("\n\n")));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace mail
