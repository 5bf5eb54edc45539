// The query language: from text to a tree. Grammar, loosest first:
//
//   query   = or ;  or = and { "OR" and } ;  and = unary { ["AND"] unary } ;  unary = ["NOT" | "-"] primary
//   primary = [field ":"] ( "(" query ")" | word | word "*" | "\"" words "\"" )
//
// Fields are those of the table in fields.hpp and in, is, has, lang, before, after, larger, smaller, in any case; operators are
// capitals. A word that holds several (an address, a URL, a time) is a phrase of them. A mistake is an error with its
// position, never an empty result.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "indexer/fields.hpp"

namespace indexer {

struct QueryError {
  std::string message;  // what is wrong and what to write instead
  std::size_t position = 0;  // byte in the query
};
template <typename T>
using QueryResult = boost::system::result<T, QueryError>;
[[noreturn]] void throw_exception_from_error(const QueryError& error,
                                             const boost::source_location& where);

inline constexpr std::size_t kMaxQueryBytes = 4'096;
inline constexpr int kMaxQueryDepth = 50;
// What a query can cost: its words, and its words with "*", each of which stands for many.
inline constexpr std::size_t kMaxQueryWords = 256;
inline constexpr std::size_t kMaxQueryPrefixes = 16;

struct Query;
using QueryPtr = std::unique_ptr<Query>;

struct MatchAll {};
struct MatchWords {  // one word, or a phrase in order
  Field field = Field::kAny;
  std::string text;
  bool phrase = false;
  bool prefix = false;  // the last word is only its beginning
};
struct MatchMailbox {
  std::string name;  // as it was written
  std::size_t position = 0;  // of it in the query
};
struct MatchState {  // is:unread, is:flagged, has:attachment
  enum class What { kUnread, kFlagged, kAttachment } what{};
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
  std::variant<MatchAll, MatchWords, MatchMailbox, MatchState, MatchDate, MatchSize, MatchLanguage,
               MatchAnd, MatchOr, MatchNot>
      node;
};

// An empty text matches all.
[[nodiscard]] QueryResult<Query> parse_query(std::string_view text);

}  // namespace indexer
