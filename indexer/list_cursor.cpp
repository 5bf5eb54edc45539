#include "indexer/list_cursor.hpp"

#include <fmt/format.h>

#include "indexer/base64url.hpp"
#include "indexer/octets.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxCursor = 1'024;

char letter(const std::optional<bool>& wanted) { return !wanted ? '-' : *wanted ? '1' : '0'; }

// 8 octets that differ between lists; the format is part of it, since keys depend on it.
std::string name_of(const ListQuery& query, Kind kind) {
  const auto& filter = query.filter;
  const auto text = fmt::format(
      "{} {} {} {} {} {}{}{}{}{}{} {}\n{}", kCatalogFormat, static_cast<int>(kind),
      static_cast<int>(query.sort), query.ascending, query.threads, letter(filter.unread),
      letter(filter.flagged), letter(filter.attachment), letter(filter.seen),
      letter(filter.answered), letter(filter.draft), filter.mailbox, filter.keyword);
  std::string name;
  append_big_endian(name, fnv1a(text));
  return name;
}

}  // namespace

std::string to_cursor(const ListQuery& query, Kind kind, std::string_view key) {
  return to_base64url(name_of(query, kind).append(key));
}

std::optional<std::string> from_cursor(const ListQuery& query, Kind kind, std::string_view cursor) {
  if (cursor.size() > kMaxCursor) return {};
  const auto bytes = from_base64url(cursor);
  const auto name = name_of(query, kind);
  if (!bytes || !bytes->starts_with(name) || bytes->size() == name.size()) return {};
  return bytes->substr(name.size());
}

}  // namespace indexer
