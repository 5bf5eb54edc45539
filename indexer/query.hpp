// The query language: from text, or from a JSON filter, to a tree. Both are described in
// data/QUERY.md.
//
// The fields are those of the table in fields.hpp. Text that holds several words (an address, a
// URL, a time) is a phrase of them. A mistake is an error with its position, never an empty result.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "indexer/fields.hpp"
#include "indexer/kind.hpp"

namespace indexer {

struct QueryError {
  std::string message;  // what is wrong and what to write instead
  // Byte in the query; of no meaning where it is JSON, whose member the message names.
  std::size_t position = 0;
};
template <typename T>
using QueryResult = boost::system::result<T, QueryError>;
[[noreturn]] void throw_exception_from_error(const QueryError& error,
                                             const boost::source_location& where);

inline constexpr std::size_t kMaxQueryBytes = 4'096;
inline constexpr int kMaxQueryDepth = 50;
// Limits of a query: its words, its words with "*" (each stands for many), and its sets of threads.
inline constexpr std::size_t kMaxQueryWords = 256;
inline constexpr std::size_t kMaxQueryPrefixes = 16;
inline constexpr std::size_t kMaxQueryThreads = 8;

struct Query;
using QueryPtr = std::unique_ptr<Query>;

// Where words are looked for.
struct FieldName {
  Field field = Field::kAny;
  std::string header;  // lower case; of Field::kHeader
  std::size_t header_position = 0;  // of `header` in the query
  friend bool operator==(const FieldName& a, const FieldName& b) {
    return a.field == b.field && a.header == b.header;
  }
};

struct MatchAll {};
struct MatchWords {  // one word, or a phrase in order
  FieldName field;
  std::string text;
  bool phrase = false;
  bool prefix = false;  // the last word is only its beginning
  std::size_t position = 0;  // of `text` in the query
};
struct MatchNear {  // all of these words within a stretch of distance + words - 1
  FieldName field;
  std::vector<std::string> words;
  unsigned distance = 10;
};
struct MatchPart {  // words that hold `part`, or end so
  FieldName field;
  std::string part;
  bool at_end = false;
};
struct MatchHeader {  // a header of that name is there
  std::string name;
  std::size_t position = 0;
};
struct MatchMailbox {
  std::string name;  // as it was written
  std::size_t position = 0;  // of it in the query
  bool is_id = false;  // `name` is; else it may be a name or role as well
  // Whether the mailbox that is found by `name` is meant.
  [[nodiscard]] bool means(const std::optional<std::string>& found_id) const {
    return found_id && (!is_id || *found_id == name);
  }
};
struct MatchOtherMailbox {  // in a mailbox that is none of these
  std::vector<std::string> ids;
};
struct MatchState {  // is:unread, is:flagged, has:attachment
  enum class What { kUnread, kFlagged, kAttachment } what{};
};
struct MatchKeyword {
  std::string keyword;  // lower case
};
struct MatchKind {
  Kind kind{};
};
struct MatchDate {  // from <= date < to, seconds since 1970
  std::optional<std::int64_t> from, to;
};
struct MatchSize {  // from <= octets < to
  std::optional<std::uint64_t> from, to;
};
struct MatchLanguage {
  std::string code;  // as language_of() gives it
};
struct MatchMessageId {
  std::string id;  // without angle brackets
};
struct MatchThread {
  std::string id;  // of the thread, or of a message in it
  std::size_t position = 0;
};
struct MatchThreadOf {  // messages in a thread of which a message matches
  QueryPtr of;
};
struct MatchAnd {
  std::vector<QueryPtr> all;
};
struct MatchOr {
  std::vector<QueryPtr> any;
};
struct MatchNot {
  QueryPtr of;
};

struct Query {
  std::variant<MatchAll, MatchWords, MatchNear, MatchPart, MatchHeader, MatchMailbox,
               MatchOtherMailbox, MatchState, MatchKeyword, MatchKind, MatchDate, MatchSize,
               MatchLanguage, MatchMessageId, MatchThread, MatchThreadOf, MatchAnd, MatchOr,
               MatchNot>
      node;
};

[[nodiscard]] QueryPtr make_query(auto node) {
  auto query = std::make_unique<Query>();
  query->node = std::move(node);
  return query;
}

[[nodiscard]] inline QueryPtr negation(QueryPtr of) { return make_query(MatchNot{std::move(of)}); }

[[nodiscard]] inline std::chrono::sys_seconds current_time() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// An empty text matches all. Ages and days such as "yesterday" count from `now`.
[[nodiscard]] QueryResult<Query> parse_query(std::string_view text,
                                             std::chrono::sys_seconds now = current_time());
// A FilterCondition or FilterOperator (RFC 8621 section 4.4.1) with davenport's members.
[[nodiscard]] QueryResult<Query> parse_filter(std::string_view json,
                                              std::chrono::sys_seconds now = current_time());
// Calls `visit` with the query and with each query inside it.
void for_each_part(const Query& query, const std::function<void(const Query&)>& visit);
// The tree in the text language, with every operator and parenthesis written.
[[nodiscard]] std::string to_text(const Query& query);

}  // namespace indexer
