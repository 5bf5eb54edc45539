// From the tree of the query language to Xapian's. For sources of this folder only.
#pragma once

#include <functional>
#include <string>
#include <vector>
#include <xapian.h>

#include "indexer/fulltext.hpp"
#include "indexer/posting_sources.hpp"
#include "indexer/stems.hpp"

namespace indexer {

class QueryTranslator {
 public:
  // `numbers` gives the messages of a filter; `order` decides how the fields of a word are put together.
  QueryTranslator(const Xapian::Database& database, const SearchScope& scope,
                  std::function<Numbers(const MessageFilter&)> numbers, StemCache& stems,
                  SearchOrder order);

  // Refuses a mailbox that is not known.
  [[nodiscard]] QueryResult<Xapian::Query> translate(const Query& query);

 private:
  Xapian::Query part(const Query& query);
  Xapian::Query translate_node(const MatchAll&);
  Xapian::Query translate_node(const MatchWords& words);
  Xapian::Query translate_node(const MatchMailbox& mailbox);
  Xapian::Query translate_node(const MatchState& state);
  Xapian::Query translate_node(const MatchDate& date);
  Xapian::Query translate_node(const MatchSize& size);
  static Xapian::Query translate_node(const MatchLanguage& language);
  Xapian::Query translate_node(const MatchAnd& all);
  Xapian::Query translate_node(const MatchOr& any);
  Xapian::Query translate_node(const MatchNot& negated);

  Xapian::Query words_in(const FieldInfo& field, const std::vector<std::string>& words,
                         const MatchWords& match);
  Xapian::Query phrase_with_beginning(std::vector<std::string> terms);
  Xapian::Query members(const MessageFilter& filter);

  const Xapian::Database& database_;
  const SearchScope& scope_;
  std::function<Numbers(const MessageFilter&)> numbers_;
  StemCache& stems_;
  Xapian::Query::op either_;
  bool names_numbers_ = false;
};

}  // namespace indexer
