#include "indexer/sort_keys.hpp"

#include <algorithm>

#include "indexer/octets.hpp"
#include "indexer/unicode.hpp"
#include "mail/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/text.hpp"
#include "mail/threads.hpp"

namespace indexer {
namespace {

// Of a text. Texts that begin with the same 200 octets are ordered by date: whole subjects differ
// before that, and a hostile one of a megabyte costs no more.
constexpr std::size_t kKeyOctets = 200;
constexpr int kNumberOctets = 5;
constexpr std::int64_t kHalf = std::int64_t{1} << (8 * kNumberOctets - 1);

// Numbers from -2^39 to 2^39 - 1, which compare as octets; what is beyond counts as the last.
void append_number(std::string& out, std::int64_t number) {
  const auto raised = std::clamp(number, -kHalf, kHalf - 1) + kHalf;
  append_big_endian(out, static_cast<std::uint64_t>(raised), kNumberOctets);
}

std::string number_key(std::int64_t number) {
  std::string key;
  append_number(key, number);
  return key;
}

void append_newest_first(std::string& out, std::int64_t date) { append_number(out, -1 - date); }

// Without case and accents; text that is not UTF-8 stays as it is.
std::string fold_for_sort(std::string_view text) {
  if (mail::is_ascii(text)) return mail::lower_ascii(text);
  const auto folded = map_unicode(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
                                            UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
  return folded ? *folded : std::string(text);
}

// A zero ends it, so that a text stands before what it begins.
std::string text_key(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n\"'([<");
  text.remove_prefix(std::min(begin, text.size()));
  auto key = fold_for_sort(mail::first_characters(text, kKeyOctets));
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
  const auto date = key.substr(0, kNumberOctets);
  const auto raised = static_cast<std::int64_t>(read_big_endian(date));
  return {-1 - (raised - kHalf), std::string(key.substr(date.size()))};
}

std::string sorted_key(std::string_view sort_key, const OrderKey& place) {
  std::string key(sort_key);
  append_newest_first(key, place.date);
  append_big_endian(key, fnv1a(place.id));
  return key;
}

std::string_view last_key() {
  static constexpr std::string_view kLast = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
  return kLast;
}

}  // namespace indexer
