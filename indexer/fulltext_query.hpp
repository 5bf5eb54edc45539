// From the tree of the query language to Xapian's. For sources of this folder only.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>
#include <xapian.h>

#include "indexer/fulltext.hpp"
#include "indexer/posting_sources.hpp"
#include "indexer/stems.hpp"

namespace indexer {

// What a query is translated with; all of it outlives the translator.
struct TranslationContext {
  const Xapian::Database& database;
  const SearchableCatalog& catalog;
  Stems& stems;
  const QueryLanguages& languages;
  const std::vector<std::string>& headers;  // that are indexed
  Deadline& deadline;
  bool is_one_of_several;  // as of the SearchRequest
};

// Words that a word with "*" stands for in one field, at most: the most frequent ones.
inline constexpr std::size_t kMaxExpansion = 1'000;
// What a word weighs more in the form that was typed, with its accents: once in a long text stands
// before many times in a short one without them.
inline constexpr double kAccentWeight = 10;

class QueryTranslator {
 public:
  // For relevance, accents that were typed count, and a word counts as one, whatever its fields and
  // forms.
  QueryTranslator(const TranslationContext& context, bool for_relevance);

  // Refuses a mailbox or thread that is not known, but of one of several accounts, and a header
  // that is not indexed.
  [[nodiscard]] QueryResult<Xapian::Query> translate(const Query& query);
  // Whether the weights of the translated query hold kAccentWeight.
  [[nodiscard]] bool boosts_accents() const { return boosts_accents_; }
  // What each part of the query that translate() was given became, and how often it matches.
  [[nodiscard]] std::vector<ExplainedPart> explain(const Query& query);

 private:
  Xapian::Query part(const Query& query);
  // A part of which only the matches count.
  Xapian::Query weightless(const Query& query);
  Xapian::Query translate_node(const MatchAll&);
  Xapian::Query translate_node(const MatchWords& words);
  Xapian::Query translate_node(const MatchNear& near);
  Xapian::Query translate_node(const MatchPart& part);
  Xapian::Query translate_node(const MatchHeader& header);
  Xapian::Query translate_node(const MatchMailbox& mailbox);
  Xapian::Query translate_node(const MatchOtherMailbox& other);
  Xapian::Query translate_node(const MatchState& state);
  Xapian::Query translate_node(const MatchKeyword& keyword);
  static Xapian::Query translate_node(const MatchKind& kind);
  Xapian::Query translate_node(const MatchDate& date);
  Xapian::Query translate_node(const MatchSize& size);
  static Xapian::Query translate_node(const MatchLanguage& language);
  static Xapian::Query translate_node(const MatchMessageId& message);
  Xapian::Query translate_node(const MatchThread& thread);
  Xapian::Query translate_node(const MatchThreadOf& threads);
  Xapian::Query translate_node(const MatchAnd& all);
  Xapian::Query translate_node(const MatchOr& any);
  Xapian::Query translate_node(const MatchNot& negated);

  struct QueryWord {
    std::string folded, exact;
  };
  // Words (fulltext_query_words.cpp). `forms` gets what a word may be in the index.
  void add_word(const std::string& prefix, bool stemmed, const QueryWord& word,
                std::vector<Xapian::Query>& forms);
  void add_umlauts(const std::string& prefix, bool stemmed, const QueryWord& word,
                   std::vector<Xapian::Query>& forms);
  void add_rare_forms(const std::string& prefix, const QueryWord& word,
                      const std::set<std::string>& known, std::vector<Xapian::Query>& forms) const;
  [[nodiscard]] std::set<std::string> terms_of_stem(const std::string& prefix,
                                                    const QueryWord& word,
                                                    const std::string& language) const;
  // Entries known to be in one of the dominant languages other than this one.
  [[nodiscard]] Xapian::Query in_another_language(const std::string& than) const;
  void add_beginning(const std::string& term, std::vector<Xapian::Query>& forms) const;
  void add_phrases_with_beginning(std::vector<std::string> terms,
                                  std::vector<Xapian::Query>& forms) const;
  [[nodiscard]] std::vector<std::string> prefixes_of(const FieldName& field) const;
  void require_indexed(const std::string& header, std::size_t position) const;
  Xapian::Query members(const MessageFilter& filter);
  Xapian::Query members(EntryNumbers numbers);
  Xapian::Query any_of(const std::vector<Xapian::Query>& forms) const;
  // The most frequent terms that begin with `prefix` and go on as `wanted` says, at most `limit`.
  [[nodiscard]] std::vector<std::string> frequent_terms(
      const std::string& prefix, std::size_t limit,
      const std::function<bool(std::string_view rest)>& wanted = [](std::string_view) {
        return true;
      }) const;

  // The conditions of the query, one after the other (fulltext_explain.cpp).
  void explain(const Query& query, std::vector<ExplainedPart>& parts);
  [[nodiscard]] ExplainedPart explain_condition(const Query& condition);
  [[nodiscard]] std::vector<std::string> terms_of(const Query& condition,
                                                  const Xapian::Query& translated) const;

  TranslationContext context_;
  bool for_relevance_;
  bool boosts_accents_ = false;
  bool names_numbers_ = false;
  std::size_t expansion_ = 0;  // words that a word with "*" stands for
};

// Everything that is in the index, but for the empty entry.
[[nodiscard]] Xapian::Query all_entries();

// The numbers of all entries that match, ascending; those found until the deadline.
[[nodiscard]] std::vector<std::uint32_t> all_matches(const Xapian::Database& database,
                                                     const Xapian::Query& query,
                                                     Deadline& deadline);

}  // namespace indexer
