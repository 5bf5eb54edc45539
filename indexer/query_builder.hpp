// Builds the tree of a query for both the text and the JSON parser: checks values, and the limits
// of a whole query. For sources of this folder only; throws QueryError.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "indexer/query.hpp"
#include "indexer/query_values.hpp"

namespace indexer {

// A condition of the text language: a name before a colon that is no field of words.
enum class QueryCondition {
  kIn,
  kIs,
  kHas,
  kKeyword,
  kKind,
  kLanguage,
  kBefore,
  kAfter,
  kOn,
  kDate,
  kNewerThan,
  kOlderThan,
  kLarger,
  kSmaller,
  kSize,
  kMessageId,
  kThread
};

// Finds fields and conditions by name, in any case; nothing for an unknown name.
[[nodiscard]] std::optional<Field> find_field(std::string_view name);
[[nodiscard]] std::optional<QueryCondition> find_condition(std::string_view name);
[[nodiscard]] std::string known_names();

// One for each query: it counts what the query costs.
class QueryBuilder {
 public:
  explicit QueryBuilder(std::chrono::sys_seconds now) : now_(now) {}

  // `position` is that of `text` in the query, for errors.
  [[nodiscard]] QueryPtr words(const FieldName& field, std::string_view text, std::size_t position,
                               bool quoted, bool prefix);
  [[nodiscard]] QueryPtr part(const FieldName& field, std::string_view text, std::size_t position,
                              bool at_end);
  // `operand` must be a single word; `field` becomes its field where `words` is empty.
  void add_near(MatchNear& near, const Query& operand, std::size_t position) const;
  [[nodiscard]] QueryPtr condition(QueryCondition condition, std::string_view text,
                                   std::size_t position);
  [[nodiscard]] QueryPtr threads_of(QueryPtr of, std::size_t position);
  void count_condition(std::size_t position);

 private:
  QueryPtr state(std::string_view text, std::size_t position) const;
  static QueryPtr language(std::string_view text, std::size_t position);
  QueryPtr date(QueryCondition condition, std::string_view text, std::size_t position) const;
  QueryPtr age(QueryCondition condition, std::string_view text, std::size_t position) const;
  QueryPtr size(QueryCondition condition, std::string_view text, std::size_t position) const;
  [[nodiscard]] Period period(std::string_view text, std::size_t position) const;
  void count_words(std::size_t count, std::size_t position);
  void count_prefix(std::size_t position);

  std::chrono::sys_seconds now_;
  std::size_t words_ = 0, prefixes_ = 0, threads_ = 0;
};

}  // namespace indexer
