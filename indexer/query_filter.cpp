// The JSON spelling of a query.
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "indexer/query_builder.hpp"
#include "indexer/strict_json.hpp"
#include "mail/ascii.hpp"
#include "mail/documents.hpp"

namespace indexer {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFilterBytes = 64 << 10;

[[noreturn]] void fail(std::string message) { throw QueryError{std::move(message), 0}; }

std::string text_of(std::string_view name, const json& value) {
  if (!value.is_string()) fail(fmt::format("\"{}\" must be a string", name));
  return value.get<std::string>();
}

bool boolean_of(std::string_view name, const json& value) {
  if (!value.is_boolean()) fail(fmt::format("\"{}\" must be true or false", name));
  return value.get<bool>();
}

std::uint64_t octets_of(std::string_view name, const json& value) {
  constexpr std::uint64_t kLargest = std::uint64_t{1} << 53;
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kLargest)
    fail(fmt::format("\"{}\" must be a number of octets", name));
  return value.get<std::uint64_t>();
}

std::int64_t time_of(std::string_view name, const json& value) {
  const auto time = mail::parse_rfc3339(text_of(name, value));
  if (!time) fail(fmt::format("\"{}\" must be a date such as \"2024-01-31T00:00:00Z\"", name));
  return time->utc.time_since_epoch().count();
}

std::vector<std::string> texts_of(std::string_view name, const json& value) {
  if (!value.is_array()) fail(fmt::format("\"{}\" must be a list of strings", name));
  std::vector<std::string> texts;
  for (const auto& item : value) texts.push_back(text_of(name, item));
  return texts;
}

// What is wrong with a value is said of its member.
template <typename Build>
QueryPtr of_member(std::string_view name, Build build) {
  try {
    return build();
  } catch (const QueryError& error) {
    fail(fmt::format("\"{}\": {}", name, error.message));
  }
}

class FilterReader {
 public:
  explicit FilterReader(std::chrono::sys_seconds now) : now_(now), build_(now) {}

  QueryPtr read(const json& filter) {
    if (depth_ > kMaxQueryDepth) fail(fmt::format("filters nest deeper than {}", kMaxQueryDepth));
    if (!filter.is_object()) fail("a filter must be an object");
    ++depth_;
    auto query = filter.contains("operator") ? read_operator(filter) : read_condition(filter);
    --depth_;
    return query;
  }

 private:
  QueryPtr read_operator(const json& filter) {
    const auto name = text_of("operator", filter.at("operator"));
    if (name != "AND" && name != "OR" && name != "NOT")
      fail(fmt::format("\"operator\" must be AND, OR or NOT, not \"{}\"", name));
    for (const auto& [member, value] : filter.items()) {
      if (member != "operator" && member != "conditions")
        fail(fmt::format("unknown member \"{}\" beside \"operator\"; \"conditions\" is known",
                         member));
    }
    const auto conditions = filter.find("conditions");
    if (conditions == filter.end() || !conditions->is_array() || conditions->empty())
      fail("\"conditions\" must be a list of filters, at least one");
    std::vector<QueryPtr> parts;
    for (const auto& condition : *conditions) {
      build_.count_condition(0);
      parts.push_back(read(condition));
    }
    if (name == "AND") return make_query(MatchAnd{std::move(parts)});
    if (name == "OR") return make_query(MatchOr{std::move(parts)});
    return negation(make_query(MatchOr{std::move(parts)}));
  }

  QueryPtr read_condition(const json& filter) {
    MatchAnd both;
    for (const auto& [name, value] : filter.items()) both.all.push_back(read_member(name, value));
    if (both.all.empty()) return make_query(MatchAll{});
    if (both.all.size() == 1) return std::move(both.all.front());
    return make_query(std::move(both));
  }

  QueryPtr read_member(const std::string& name, const json& value) {
    build_.count_condition(0);
    if (name == "text") return words(name, {Field::kAny, {}}, text_of(name, value));
    if (name == "header") return read_header(value);
    if (const auto field = find_field(name)) return words(name, {*field, {}}, text_of(name, value));
    if (name == "inMailbox")
      return make_query(MatchMailbox{text_of(name, value), 0, /*is_id=*/true});
    if (name == "inMailboxOtherThan") return make_query(MatchOtherMailbox{texts_of(name, value)});
    if (name == "before") return make_query(MatchDate{std::nullopt, time_of(name, value)});
    if (name == "after") return make_query(MatchDate{time_of(name, value), std::nullopt});
    if (name == "minSize") return make_query(MatchSize{octets_of(name, value), std::nullopt});
    if (name == "maxSize") return make_query(MatchSize{std::nullopt, octets_of(name, value)});
    if (name == "hasAttachment") {
      auto has = make_query(MatchState{MatchState::What::kAttachment});
      return boolean_of(name, value) ? std::move(has) : negation(std::move(has));
    }
    if (auto query = read_keyword(name, value)) return query;
    if (auto query = read_own_member(name, value)) return query;
    fail(
        fmt::format("unknown condition \"{}\"; those of RFC 8621 section 4.4.1 are known, and "
                    "recipient, attachment, filename, tag, type, list, kind, lang, messageId, "
                    "threadId, inThread and query",
                    name));
  }

  QueryPtr read_keyword(std::string_view name, const json& value) {
    const auto keyword = [&] {
      auto text = mail::lower_ascii(text_of(name, value));
      if (text.empty()) fail(fmt::format("\"{}\" must name a keyword", name));
      return make_query(MatchKeyword{std::move(text)});
    };
    const auto threads = [&](QueryPtr of) { return build_.threads_of(std::move(of), 0); };
    if (name == "hasKeyword") return keyword();
    if (name == "notKeyword") return negation(keyword());
    if (name == "someInThreadHaveKeyword") return threads(keyword());
    if (name == "noneInThreadHaveKeyword") return negation(threads(keyword()));
    if (name == "allInThreadHaveKeyword") return negation(threads(negation(keyword())));
    return nullptr;
  }

  // What davenport knows beyond the RFC.
  QueryPtr read_own_member(std::string_view name, const json& value) {
    const auto condition = [&](QueryCondition which) {
      const auto text = text_of(name, value);
      return of_member(name, [&] { return build_.condition(which, text, 0); });
    };
    if (name == "kind") return condition(QueryCondition::kKind);
    if (name == "lang") return condition(QueryCondition::kLanguage);
    if (name == "messageId") return condition(QueryCondition::kMessageId);
    if (name == "threadId") return condition(QueryCondition::kThread);
    if (name == "inThread") return build_.threads_of(read(value), 0);
    if (name == "query") {
      auto query = parse_query(text_of(name, value), now_);
      if (query) return std::make_unique<Query>(std::move(*query));
      fail(fmt::format("\"query\": {} (position {} of it)", query.error().message,
                       query.error().position));
    }
    return nullptr;
  }

  QueryPtr read_header(const json& value) {
    const auto texts = texts_of("header", value);
    if (texts.empty() || texts.size() > 2 || texts.front().empty())
      fail("\"header\" must be [name] or [name, text]");
    auto name = mail::lower_ascii(texts.front());
    if (texts.size() == 1 || texts.back().empty())
      return make_query(MatchHeader{std::move(name), 0});
    return words("header", {Field::kHeader, std::move(name)}, texts.back());
  }

  // Words and "phrases", all of which must be there; a "*" at the end of one is a beginning.
  QueryPtr words(std::string_view member, const FieldName& field, std::string_view text) {
    MatchAnd both;
    while (true) {
      const auto begin = text.find_first_not_of(" \t\r\n");
      if (begin == std::string_view::npos) break;
      text.remove_prefix(begin);
      const bool quoted = text.front() == '"' && text.find('"', 1) != std::string_view::npos;
      if (quoted) text.remove_prefix(1);
      auto item = text.substr(0, text.find_first_of(quoted ? "\"" : " \t\r\n"));
      text.remove_prefix(std::min(item.size() + (quoted ? 1 : 0), text.size()));
      const bool prefix = quoted ? text.starts_with('*') : item.ends_with('*') && item.size() > 1;
      if (prefix && quoted) text.remove_prefix(1);
      if (prefix && !quoted) item.remove_suffix(1);
      both.all.push_back(
          of_member(member, [&] { return build_.words(field, item, 0, quoted, prefix); }));
    }
    if (both.all.empty()) return make_query(MatchAll{});
    if (both.all.size() == 1) return std::move(both.all.front());
    return make_query(std::move(both));
  }

  std::chrono::sys_seconds now_;
  QueryBuilder build_;
  int depth_ = 0;  // filters that the one being read is in
};

}  // namespace

QueryResult<Query> parse_filter(std::string_view text, std::chrono::sys_seconds now) {
  if (text.size() > kMaxFilterBytes)
    return QueryError{fmt::format("the filter is longer than {} bytes", kMaxFilterBytes), 0};
  // A filter has two levels of JSON for each of its own, and lists in the innermost.
  auto read = read_strict_json(text, 3 * kMaxQueryDepth);
  if (const auto* mistake = std::get_if<std::string>(&read))
    return QueryError{"the filter " + *mistake, 0};
  try {
    return std::move(*FilterReader(now).read(std::get<json>(read)));
  } catch (QueryError& error) {
    return std::move(error);
  }
}

}  // namespace indexer
