#include "mail/parser_headers.hpp"

#include "mail/addresses.hpp"
#include "mail/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/encoded_words.hpp"
#include "mail/parameters.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

// Bytes of Content-Type and Content-Disposition that are read.
constexpr std::size_t kMaxContentField = 16 << 10;
constexpr std::size_t kMaxMessageId = 1'000;  // bytes; RFC 5322 allows a line of 998
constexpr std::size_t kMaxMessageIds = 1'000;

std::string_view without_outer_space(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

// One line of UTF-8: folding undone, raw 8-bit text and raw escape sequences of ISO-2022 converted.
std::string one_line(std::string_view value, std::string_view charset) {
  std::string line;
  line.reserve(value.size());
  for (const char c : without_outer_space(value)) {
    if (c != '\r' && c != '\n') line += c == '\0' ? ' ' : c;
  }
  const bool plain = is_ascii(line) && (line.find('\x1B') == std::string::npos ||
                                        !equal_ignoring_case(charset.substr(0, 3), "iso"));
  return plain ? line : to_utf8(line, charset);
}

// "type/subtype" of two tokens (RFC 2045 section 5.1).
bool is_media_type(std::string_view type) {
  const auto slash = type.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == type.size()) return false;
  return is_ascii(type) && type.find('/', slash + 1) == std::string_view::npos &&
         type.find_first_of("=,;:\"<>()@[]\\?") == std::string_view::npos;
}

void read_content_type(std::string_view value, std::string_view charset, ContentFields& fields) {
  value = value.substr(0, kMaxContentField);
  auto read = read_parameters(one_line(value, {}));
  if (!is_ascii(value)) {
    const std::string own(read.find("charset"));
    read = read_parameters(one_line(value, own.empty() ? charset : own));
  }
  if (is_media_type(read.value)) fields.type = read.value;
  fields.charset = lower_ascii(read.find("charset"));
  fields.boundary = read.find("boundary");
  fields.name = without_outer_space(read.find("name"));
  fields.is_flowed = equal_ignoring_case(read.find("format"), "flowed");
  fields.deletes_space = equal_ignoring_case(read.find("delsp"), "yes");
}

void read_content_disposition(std::string_view value, std::string_view charset,
                              ContentFields& fields) {
  auto read = read_parameters(
      one_line(value.substr(0, kMaxContentField),
               fields.charset.empty() ? charset : std::string_view(fields.charset)));
  fields.disposition = std::move(read.value);
  if (const auto name = without_outer_space(read.find("filename")); !name.empty())
    fields.name = name;
}

std::string content_id_of(std::string_view value) {
  value = without_outer_space(value.substr(0, kMaxMessageId));
  if (value.starts_with("<")) value.remove_prefix(1);
  return to_valid_utf8(without_outer_space(value.substr(0, value.find('>'))));
}

}  // namespace

void HeaderReader::cut(std::string what) {
  if (std::find(cuts_.begin(), cuts_.end(), what) == cuts_.end()) cuts_.push_back(std::move(what));
}

std::string HeaderReader::unfolded(const HeaderField& field) {
  auto value = without_outer_space(field.value);
  if (value.size() > max_value_bytes_) {
    value = value.substr(0, max_value_bytes_);
    cut("header " + to_valid_utf8(field.name.substr(0, 60)) + " is longer than " +
        std::to_string(max_value_bytes_) + " bytes");
  }
  return one_line(value, charset_);
}

std::string HeaderReader::text(const HeaderField& field) {
  const auto text = decode_words(unfolded(field));
  return std::string(without_outer_space(text));
}

void HeaderReader::addresses(const HeaderField& field, std::vector<Address>& out) {
  read_addresses(unfolded(field), max_addresses_ + 1, out);
  if (out.size() <= max_addresses_) return;
  out.resize(max_addresses_);
  cut("header " + to_valid_utf8(field.name.substr(0, 60)) + " has more than " +
      std::to_string(max_addresses_) + " addresses");
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

ContentFields read_content_fields(const Entity& entity, std::string_view default_type,
                                  std::string_view charset) {
  ContentFields fields;
  fields.type = default_type;
  if (const auto value = entity.find("Content-Type"); !value.empty())
    read_content_type(value, charset, fields);
  if (const auto value = entity.find("Content-Disposition"); !value.empty())
    read_content_disposition(value, charset, fields);
  const auto encoding = entity.find("Content-Transfer-Encoding").substr(0, 40);
  fields.encoding =
      lower_ascii(without_outer_space(encoding.substr(0, encoding.find_first_of(";("))));
  fields.content_id = content_id_of(entity.find("Content-ID"));
  return fields;
}

}  // namespace mail
