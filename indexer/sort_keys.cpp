#include "indexer/sort_keys.hpp"

#include <algorithm>
#include <cstdlib>
#include <utf8proc.h>

#include "mail/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/text.hpp"
#include "mail/threads.hpp"

namespace indexer {
namespace {

// Of a text. Texts that begin with the same 200 octets are ordered by date: whole subjects differ
// before that, and a hostile one of a megabyte costs no more.
constexpr std::size_t kKeyOctets = 200;
constexpr std::size_t kNumberOctets = 5;
constexpr std::int64_t kHalf = std::int64_t{1} << (8 * kNumberOctets - 1);

// Numbers from -2^39 to 2^39 - 1, which compare as octets; what is beyond counts as the last.
void append_number(std::string& out, std::int64_t number) {
  const auto raised = std::clamp(number, -kHalf, kHalf - 1) + kHalf;
  for (int shift = 8 * (kNumberOctets - 1); shift >= 0; shift -= 8)
    out += static_cast<char>((raised >> shift) & 255);
}

std::string number_key(std::int64_t number) {
  std::string key;
  append_number(key, number);
  return key;
}

void append_newest_first(std::string& out, std::int64_t date) { append_number(out, -1 - date); }

// FNV-1a, 64 bits. Keys are kept in catalogs: another hash means another catalog format.
void append_hash(std::string& out, std::string_view id) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : id) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((hash >> shift) & 255);
}

// Case, accents and ways to write the same character made one; the text itself where it is no
// UTF-8.
std::string fold(std::string_view text) {
  if (mail::is_ascii(text)) return mail::lower_ascii(text);
  utf8proc_uint8_t* folded = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &folded,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                     UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK));
  if (size < 0) return std::string(text);
  std::string result(reinterpret_cast<const char*>(folded), static_cast<std::size_t>(size));
  std::free(folded);
  return result;
}

// A zero ends it, so that a text stands before what it begins.
std::string text_key(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n\"'([<");
  text.remove_prefix(std::min(begin, text.size()));
  auto key = fold(mail::first_characters(text, kKeyOctets));
  key.resize(std::min(key.size(), kKeyOctets));
  for (char& c : key) {
    if (c >= '\0' && c < ' ') c = ' ';
  }
  key += '\0';
  return key;
}

std::string first_of(const std::vector<mail::Address>& addresses) {
  if (addresses.empty()) return text_key("");
  const auto& first = addresses.front();
  return text_key(first.name.empty() ? first.email : first.name);
}

}  // namespace

std::vector<std::string> sort_keys(const mail::MetadataDocument& message, const OrderKey& place) {
  const auto sent = message.sent_at ? message.sent_at->utc.time_since_epoch().count() : place.date;
  return {number_key(sent), first_of(message.from), first_of(message.to),
          text_key(mail::base_subject(message.subject)),
          number_key(static_cast<std::int64_t>(message.size))};
}

std::vector<std::string> sort_keys(const mail::FileDocument& file, const OrderKey& place) {
  return {number_key(place.date), text_key(""), text_key(""), text_key(file.name),
          number_key(static_cast<std::int64_t>(file.size))};
}

std::string place_key(const OrderKey& place) {
  std::string key;
  key.reserve(kNumberOctets + place.id.size());
  append_newest_first(key, place.date);
  key += place.id;
  return key;
}

OrderKey place_of(std::string_view key) {
  std::int64_t raised = 0;
  for (const char c : key.substr(0, kNumberOctets))
    raised = (raised << 8) | static_cast<unsigned char>(c);
  return {-1 - (raised - kHalf), std::string(key.substr(std::min(key.size(), kNumberOctets)))};
}

std::string sorted_key(std::string_view sort_key, const OrderKey& place) {
  std::string key(sort_key);
  append_newest_first(key, place.date);
  append_hash(key, place.id);
  return key;
}

std::string_view last_key() {
  static constexpr std::string_view kLast = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
  return kLast;
}

}  // namespace indexer
