#include "mail/parser_headers.hpp"

#include <cstdlib>
#include <gmime/gmime.h>
#include <memory>

#include "mail/charset.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

constexpr std::size_t kMaxContentField =
    16 << 10;  // bytes of Content-Type and Content-Disposition that are read
constexpr std::size_t kMaxMessageId = 1'000;  // bytes; RFC 5322 allows a line of 998
constexpr std::size_t kMaxMessageIds = 1'000;

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <typename T>
using Ref = std::unique_ptr<T, Unref>;
using CString = std::unique_ptr<char, decltype(&g_free)>;

GMimeParserOptions* options() {
  struct Free {
    void operator()(GMimeParserOptions* o) const { g_mime_parser_options_free(o); }
  };
  thread_local const std::unique_ptr<GMimeParserOptions, Free> kept = [] {
    std::unique_ptr<GMimeParserOptions, Free> made(g_mime_parser_options_new());
    const char* charsets[] = {"utf-8", "windows-1252", nullptr};
    g_mime_parser_options_set_fallback_charsets(made.get(), charsets);
    g_mime_parser_options_set_allow_addresses_without_domain(made.get(), TRUE);
    return made;
  }();
  return kept.get();
}

std::string taken(char* text) {
  if (text == nullptr) return {};
  const CString owner(text, g_free);
  return to_valid_utf8(text);
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// One line of UTF-8: folding undone, raw 8-bit text and raw escape sequences of ISO-2022 converted.
std::string one_line(std::string_view value, std::string_view charset) {
  std::string line;
  line.reserve(value.size());
  for (const char c : trimmed(value)) {
    if (c != '\r' && c != '\n') line += c == '\0' ? ' ' : c;
  }
  const bool plain =
      is_ascii(line) && (line.find('\x1B') == std::string::npos || charset.substr(0, 3) != "iso");
  return plain ? line : to_utf8(line, charset);
}

// An encoded word in base64 at `at`: "=?charset?B?text?=".
struct Base64Word {
  std::string_view charset;
  std::string_view text;
  std::size_t end = 0;
};
std::optional<Base64Word> base64_word(std::string_view line, std::size_t at) {
  const auto charset_end = line.find('?', at + 2);
  if (charset_end == std::string_view::npos || charset_end - at > 80 ||
      charset_end + 2 >= line.size())
    return std::nullopt;
  if ((line[charset_end + 1] != 'B' && line[charset_end + 1] != 'b') ||
      line[charset_end + 2] != '?')
    return std::nullopt;
  const auto text_end = line.find('?', charset_end + 3);
  if (text_end == std::string_view::npos || line.substr(text_end, 2) != "?=") return std::nullopt;
  return Base64Word{line.substr(at + 2, charset_end - at - 2),
                    line.substr(charset_end + 3, text_end - charset_end - 3), text_end + 2};
}

std::string decode_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 6, '\0');
  auto* const begin = reinterpret_cast<guchar*>(out.data());
  gint state = 0;
  guint save = 0;
  auto size = g_base64_decode_step(text.data(), text.size(), begin, &state, &save);
  // What is left of a last group without its padding.
  if (const int left = std::abs(state) & 3; left >= 2) {
    size += g_base64_decode_step("==", static_cast<gsize>(4 - left), begin + size, &state, &save);
  }
  out.resize(size);
  return out;
}

// GMime 3.2.13 stops decoding at the first padding of consecutive base64 words in one charset
// (jstedfast/gmime issue 133), so such words are made one before it sees them.
std::string joined_base64_words(std::string line) {
  if (line.find("?B?") == std::string::npos && line.find("?b?") == std::string::npos) return line;
  std::string out;
  std::size_t copied = 0;
  for (auto at = line.find("=?"); at != std::string::npos;) {
    const auto first = base64_word(line, at);
    if (!first) {
      at = line.find("=?", at + 2);
      continue;
    }
    std::string bytes;
    auto end = first->end;
    int words = 1;
    for (;;) {
      auto next = line.find_first_not_of(" \t", end);
      if (next == std::string::npos || line.compare(next, 2, "=?") != 0) break;
      const auto word = base64_word(line, next);
      if (!word || !equal_ignoring_case(word->charset, first->charset)) break;
      if (words++ == 1) bytes = decode_base64(first->text);
      bytes += decode_base64(word->text);
      end = word->end;
    }
    if (words > 1) {
      const CString text(
          g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size()), g_free);
      out.append(line, copied, at - copied)
          .append("=?")
          .append(first->charset)
          .append("?B?")
          .append(text.get())
          .append("?=");
      copied = end;
    }
    at = line.find("=?", end);
  }
  return out.append(line, copied);
}

// Groups do not nest, but GMime reads them as if they did, by recursion: a header of colons would use up the stack.
std::string with_few_groups(std::string line) {
  constexpr int kMaxColons = 100;
  int colons = 0;
  for (char& c : line) {
    if (c == ':' && ++colons > kMaxColons) c = ' ';
  }
  return line;
}

void append_addresses(InternetAddressList* list, std::size_t max, std::vector<Address>& out) {
  const int count = internet_address_list_length(list);
  for (int i = 0; i < count && out.size() < max; ++i) {
    auto* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {
      append_addresses(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), max,
                       out);
      continue;
    }
    const char* name = internet_address_get_name(address);
    const char* email = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
    Address read{to_valid_utf8(name == nullptr ? "" : trimmed(name)),
                 to_valid_utf8(email == nullptr ? "" : trimmed(email))};
    if (!read.name.empty() || !read.email.empty()) out.push_back(std::move(read));
  }
}

std::string decoded_text(std::string line) {
  line = joined_base64_words(std::move(line));
  if (line.find("=?") == std::string::npos) return to_valid_utf8(trimmed(line));
  const auto text = taken(g_mime_utils_header_decode_text(options(), line.c_str()));
  return std::string(trimmed(text));
}

std::string content_id_of(std::string_view value) {
  value = trimmed(value.substr(0, kMaxMessageId));
  if (value.starts_with("<")) value.remove_prefix(1);
  return to_valid_utf8(trimmed(value.substr(0, value.find('>'))));
}

std::string parameter(const char* value) {
  return value == nullptr ? std::string() : to_valid_utf8(trimmed(value));
}

// uuencode's lines, that is what follows "begin 644 name".
std::string_view after_begin_line(std::string_view body) {
  const auto begin = body.substr(0, 6) == "begin " ? 0 : body.find("\nbegin ");
  if (begin == std::string_view::npos) return body;
  return body.substr(std::min(body.find('\n', begin + 1), body.size()));
}

// "7bit", "8bit", "binary", and whatever nobody knows.
bool is_identity(std::string_view encoding) {
  return encoding != "quoted-printable" && encoding != "x-uuencode" && encoding != "uuencode" &&
         encoding != "x-uue";
}

std::size_t base64_size(std::string_view body) {
  std::size_t characters = 0;
  for (const char c : body) {
    characters += static_cast<std::size_t>((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                           (c >= '0' && c <= '9') || c == '+' || c == '/');
  }
  return characters * 3 / 4;
}

}  // namespace

void HeaderReader::cut(std::string what) {
  if (std::find(cuts_.begin(), cuts_.end(), what) == cuts_.end()) cuts_.push_back(std::move(what));
}

std::string HeaderReader::unfolded(const HeaderField& field) {
  auto value = trimmed(field.value);
  if (value.size() > max_value_bytes_) {
    value = value.substr(0, max_value_bytes_);
    cut("header " + to_valid_utf8(field.name.substr(0, 60)) + " is longer than " +
        std::to_string(max_value_bytes_) + " bytes");
  }
  return one_line(value, charset_);
}

std::string HeaderReader::text(const HeaderField& field) { return decoded_text(unfolded(field)); }

void HeaderReader::addresses(const HeaderField& field, std::vector<Address>& out) {
  const auto line = with_few_groups(joined_base64_words(unfolded(field)));
  if (line.empty()) return;
  const Ref<InternetAddressList> list(internet_address_list_parse(options(), line.c_str()));
  if (!list) {
    // No address at all: the words are all there is.
    if (out.size() < max_addresses_) out.push_back({decoded_text(line), {}});
    return;
  }
  append_addresses(list.get(), max_addresses_ + 1, out);
  if (out.size() > max_addresses_) {
    out.resize(max_addresses_);
    cut("header " + to_valid_utf8(field.name.substr(0, 60)) + " has more than " +
        std::to_string(max_addresses_) + " addresses");
  }
}

std::vector<std::string> HeaderReader::message_ids(const HeaderField& field) {
  std::vector<std::string> ids;
  const auto line = unfolded(field);
  const auto add = [&](std::string_view text) {
    std::string id = to_valid_utf8(text.substr(0, kMaxMessageId + 1));
    std::erase_if(id, [](char c) { return c == ' ' || c == '\t'; });  // folding inside an id
    if (id.empty() || id.size() > kMaxMessageId ||
        std::find(ids.begin(), ids.end(), id) != ids.end())
      return;
    ids.push_back(std::move(id));
  };
  const std::string_view view = line;
  auto open = view.find('<');
  if (open == std::string_view::npos) {
    // Ids that somebody wrote without brackets; prose ("your message of Monday") has no "@" in its
    // words.
    for (std::size_t at = 0; at < view.size() && ids.size() < kMaxMessageIds;) {
      const auto end = std::min(view.find_first_of(" \t,;", at), view.size());
      const auto word = view.substr(at, end - at);
      if (word.find('@') != std::string_view::npos || word.size() == view.size()) add(word);
      at = end + 1;
    }
  }
  while (open != std::string_view::npos && ids.size() < kMaxMessageIds) {
    auto close = view.find_first_of("<>", open + 1);
    if (close == std::string_view::npos) close = view.size();
    add(view.substr(open + 1, close - open - 1));
    open = view.find('<', close);
  }
  return ids;
}

std::optional<DateTime> parse_mail_date(std::string_view value) {
  constexpr std::int64_t kLatest = 1LL << 32;
  const auto line = one_line(value.substr(0, 200), {});
  if (line.empty()) return std::nullopt;
  GDateTime* const date = g_mime_utils_header_decode_date(line.c_str());
  if (date == nullptr) return std::nullopt;
  const std::unique_ptr<GDateTime, decltype(&g_date_time_unref)> owner(date, g_date_time_unref);
  const std::int64_t utc = g_date_time_to_unix(date);
  if (utc < 0 || utc >= kLatest) return std::nullopt;
  const auto offset = std::chrono::duration_cast<std::chrono::minutes>(
      std::chrono::microseconds(g_date_time_get_utc_offset(date)));
  return DateTime{std::chrono::sys_seconds{std::chrono::seconds{utc}}, offset};
}

ContentFields read_content_fields(const Entity& entity, std::string_view default_type) {
  ContentFields fields;
  fields.type = default_type;
  if (const auto value = entity.find("Content-Type"); !value.empty()) {
    const auto line = joined_base64_words(one_line(value.substr(0, kMaxContentField), {}));
    const Ref<GMimeContentType> type(g_mime_content_type_parse(options(), line.c_str()));
    if (type) {
      const char* const media = g_mime_content_type_get_media_type(type.get());
      const char* const subtype = g_mime_content_type_get_media_subtype(type.get());
      if (media != nullptr && subtype != nullptr && line.find('/') != std::string::npos) {
        fields.type = lower_ascii(to_valid_utf8(std::string(media) + "/" + subtype));
      }
      fields.charset =
          lower_ascii(parameter(g_mime_content_type_get_parameter(type.get(), "charset")));
      fields.boundary = parameter(g_mime_content_type_get_parameter(type.get(), "boundary"));
      fields.name = parameter(g_mime_content_type_get_parameter(type.get(), "name"));
    }
  }
  if (const auto value = entity.find("Content-Disposition"); !value.empty()) {
    const auto line =
        joined_base64_words(one_line(value.substr(0, kMaxContentField), fields.charset));
    const Ref<GMimeContentDisposition> disposition(
        g_mime_content_disposition_parse(options(), line.c_str()));
    if (disposition) {
      fields.disposition =
          lower_ascii(parameter(g_mime_content_disposition_get_disposition(disposition.get())));
      auto name =
          parameter(g_mime_content_disposition_get_parameter(disposition.get(), "filename"));
      if (!name.empty()) fields.name = std::move(name);
    }
  }
  const auto encoding = entity.find("Content-Transfer-Encoding");
  fields.encoding =
      lower_ascii(trimmed(encoding.substr(0, std::min(encoding.find(';'), std::size_t{40}))));
  fields.content_id = content_id_of(entity.find("Content-ID"));
  return fields;
}

std::string decode_transfer(std::string_view body, std::string_view encoding) {
  if (encoding == "base64")
    return decode_base64(body);  // GMime's stops at the first padding (its issue 150)
  if (is_identity(encoding)) return std::string(body);
  if (encoding != "quoted-printable") body = after_begin_line(body);
  const bool quoted = encoding == "quoted-printable";
  GMimeEncoding state;
  g_mime_encoding_init_decode(
      &state, quoted ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE : GMIME_CONTENT_ENCODING_UUENCODE);
  std::string out(g_mime_encoding_outlen(&state, body.size()) + 64, '\0');
  out.resize(g_mime_encoding_step(&state, body.data(), body.size(), out.data()));
  return out;
}

std::size_t decoded_size(std::string_view body, std::string_view encoding) {
  if (encoding == "base64") return base64_size(body);
  return is_identity(encoding) ? body.size() : decode_transfer(body, encoding).size();
}

}  // namespace mail
