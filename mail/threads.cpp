#include "mail/threads.hpp"

#include <cstdlib>
#include <memory>
#include <utf8proc.h>

#include "mail/text.hpp"

namespace mail {
namespace {

// What programs put before a subject, case folded; a colon follows.
constexpr std::string_view kMarks[] = {
    // Replies and forwards, in the languages of many programs. Single letters are in wide use.
    "re",
    "r",
    "i",
    "fwd",
    "fw",
    "aw",
    "wg",
    "antwort",
    "weiterleitung",
    "betr",
    "betreff",
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
    "réf",
    "rép",
    "antw",
    "doorst",
    "odp",
    "pd",
    "ynt",
    "ilt",
    "i\xCC\x87lt",
    "atb",
    "bls",
    "balas",
    "fs",
    "tl",
    "rspv",
    "trs",
    "na",
    "sk",
    "si",
    "vá",
    "továbbítás",
    "trả lời",
    "chuyển tiếp",
    "απ",
    "απάντηση",
    "πρθ",
    "отв",
    "ответ",
    "на",
    "השב",
    "תשובה",
    "הועבר",
    "回复",
    "回覆",
    "答复",
    "答覆",
    "转发",
    "轉寄",
    "轉發",
    "返信",
    "転送",
    "회신",
    "답장",
    "전달",
    // Invitations and answers to them.
    "accepted",
    "declined",
    "tentative",
    "tentatively accepted",
    "canceled",
    "cancelled",
    "invitation",
    "updated invitation",
    "zugesagt",
    "abgesagt",
    "mit vorbehalt",
    "einladung",
    "accepté",
    "refusé",
    "aceptado",
    "rechazado",
    "accettato",
    "rifiutato",
    "geaccepteerd",
    "geweigerd",
    // Automatic answers and reports.
    "automatic reply",
    "auto reply",
    "autoreply",
    "out of office",
    "automatische antwort",
    "abwesenheitsnotiz",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "resposta automática",
    "automatisch antwoord",
    "autosvar",
    "undeliverable",
    "unzustellbar",
    "read",
    "not read",
    "gelesen",
    "recall",
    // Filters of mail servers.
    "external",
    "extern",
    "ext",
    "spam",
};
// What filters put between stars: "***spam***".
constexpr std::string_view kStarredMarks[] = {"spam", "external"};
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

// "re:", "re[2]:", "réf. :", "re [list]:", "回复：". False when the text does not begin with one.
bool take_mark(std::string_view& text) {
  // "re" begins "ref" too: a mark is one only when its colon follows.
  for (const auto mark : kMarks) {
    auto rest = text;
    if (!take_prefix(rest, mark)) continue;
    (void)take_prefix(rest, ".");
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

// At least two, as "*" may be part of a subject.
bool take_stars(std::string_view& text) {
  const std::size_t stars = std::min(text.find_first_not_of('*'), text.size());
  if (stars < 2) return false;
  text.remove_prefix(stars);
  trim_front(text);
  return true;
}

// "***spam***", "** external ** ". False when the text does not begin with one.
bool take_starred_mark(std::string_view& text) {
  for (const auto mark : kStarredMarks) {
    auto rest = text;
    if (!take_stars(rest) || !take_prefix(rest, mark)) continue;
    trim_front(rest);
    if (!take_stars(rest)) continue;
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
    if (take_mark(base) || take_starred_mark(base) || take_forward_frame(base)) continue;
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
