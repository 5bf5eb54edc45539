#include "api/search_cursor.hpp"

#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "indexer/base64url.hpp"

namespace api {
namespace {

using indexer::SearchOrder;
using nlohmann::json;

constexpr std::size_t kMaxCursorBytes = 1'024;
constexpr std::size_t kMaxHits = 1'000'000;

// The order of kSorted, both ways.
std::string order_name(const indexer::SearchRequest& request) {
  return fmt::format("{}{}", request.ascending ? "+" : "-", static_cast<int>(request.sort));
}

std::optional<std::int64_t> date_of(const json& value) {
  const bool is_too_large = value.is_number_unsigned() &&
                            value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
  if (!value.is_number_integer() || is_too_large) return std::nullopt;
  return value.get<std::int64_t>();
}

}  // namespace

std::string to_cursor(const indexer::SearchRequest& request, const indexer::SearchPlace& place) {
  json content;
  switch (request.order) {
    case SearchOrder::kDate:
      content = {{"date", place.newest_first.date}, {"id", place.newest_first.id}};
      break;
    case SearchOrder::kRelevance:
      content = {{"hits", place.hits}};
      break;
    case SearchOrder::kSorted:
      content = {{"sort", order_name(request)}, {"key", indexer::to_base64url(place.key)}};
      break;
  }
  return indexer::to_base64url(content.dump());
}

std::optional<indexer::SearchPlace> from_cursor(const indexer::SearchRequest& request,
                                                std::string_view cursor) {
  if (cursor.size() > kMaxCursorBytes) return std::nullopt;
  const auto text = indexer::from_base64url(cursor);
  const auto content = text ? json::parse(*text, nullptr, false) : json();
  if (!content.is_object()) return std::nullopt;
  const auto member = [&](const char* name) { return content.value(name, json()); };
  indexer::SearchPlace place;
  switch (request.order) {
    case SearchOrder::kDate: {
      const auto date = date_of(member("date"));
      if (content.size() != 2 || !date || !member("id").is_string()) return std::nullopt;
      place.newest_first = {*date, member("id").get<std::string>()};
      break;
    }
    case SearchOrder::kRelevance: {
      const auto hits = member("hits");
      if (content.size() != 1 || !hits.is_number_unsigned() || hits.get<std::uint64_t>() > kMaxHits)
        return std::nullopt;
      place.hits = hits.get<std::size_t>();
      break;
    }
    case SearchOrder::kSorted: {
      const auto key = member("key");
      if (member("sort") != order_name(request) || !key.is_string()) return std::nullopt;
      auto bytes = indexer::from_base64url(key.get<std::string>());
      if (!bytes || bytes->empty()) return std::nullopt;
      place.key = std::move(*bytes);
      break;
    }
  }
  return place;
}

}  // namespace api
