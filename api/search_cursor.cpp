#include "api/search_cursor.hpp"

#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "indexer/base64url.hpp"
#include "indexer/sha256.hpp"

namespace api {
namespace {

using indexer::SearchOrder;
using nlohmann::json;

constexpr std::size_t kMaxCursorBytes = 1'024;
constexpr std::size_t kMaxHits = 1'000'000;
constexpr std::size_t kMaxNumber = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::size_t kNameDigits = 10;

// Differs between searches: what they ask, of what, and in which order.
std::string name_of(const indexer::SearchRequest& request) {
  const auto text =
      fmt::format("{} {}{} {} {}\n{}", static_cast<int>(request.order),
                  request.ascending ? "+" : "-", static_cast<int>(request.sort), request.threads,
                  request.kind ? static_cast<int>(*request.kind) : -1, request.written);
  return indexer::sha256_hex(text).substr(0, kNameDigits);
}

std::optional<std::int64_t> date_of(const json& value) {
  const bool is_too_large = value.is_number_unsigned() &&
                            value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max();
  if (!value.is_number_integer() || is_too_large) return std::nullopt;
  return value.get<std::int64_t>();
}

std::optional<std::size_t> count_of(const json& value, std::size_t most) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) return std::nullopt;
  return value.get<std::size_t>();
}

}  // namespace

std::string to_cursor(const indexer::SearchRequest& request, const indexer::SearchPlace& place) {
  json content;
  switch (request.order) {
    case SearchOrder::kDate:
      content = {{"date", place.newest_first.date}, {"id", place.newest_first.id}};
      break;
    case SearchOrder::kRelevance:
      content = {{"hits", place.hits}, {"number", place.number}, {"id", place.newest_first.id}};
      break;
    case SearchOrder::kSorted:
      content = {{"key", indexer::to_base64url(place.key)}};
      break;
  }
  content["of"] = name_of(request);
  return indexer::to_base64url(content.dump());
}

std::optional<indexer::SearchPlace> from_cursor(const indexer::SearchRequest& request,
                                                std::string_view cursor) {
  if (cursor.size() > kMaxCursorBytes) return std::nullopt;
  const auto text = indexer::from_base64url(cursor);
  const auto content = text ? json::parse(*text, nullptr, false) : json();
  if (!content.is_object()) return std::nullopt;
  const auto member = [&](const char* name) { return content.value(name, json()); };
  if (member("of") != name_of(request)) return std::nullopt;
  indexer::SearchPlace place;
  switch (request.order) {
    case SearchOrder::kDate: {
      const auto date = date_of(member("date"));
      if (!date || !member("id").is_string()) return std::nullopt;
      place.newest_first = {*date, member("id").get<std::string>()};
      break;
    }
    case SearchOrder::kRelevance: {
      const auto hits = count_of(member("hits"), kMaxHits);
      const auto number = count_of(member("number"), kMaxNumber);
      if (!hits || !number || !member("id").is_string()) return std::nullopt;
      place.hits = *hits;
      place.number = static_cast<std::uint32_t>(*number);
      place.newest_first.id = member("id").get<std::string>();
      break;
    }
    case SearchOrder::kSorted: {
      const auto key = member("key");
      if (!key.is_string()) return std::nullopt;
      auto bytes = indexer::from_base64url(key.get<std::string>());
      if (!bytes || bytes->empty()) return std::nullopt;
      place.key = std::move(*bytes);
      break;
    }
  }
  return place;
}

}  // namespace api
