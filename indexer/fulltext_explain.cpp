// What the parts of a query became, for `explain`.
#include "indexer/analyzer.hpp"
#include "indexer/entry.hpp"
#include "indexer/fulltext_query.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxExplainedTerms = 50;

Xapian::doccount estimate(const Xapian::Database& database, const Xapian::Query& query) {
  Xapian::Enquire enquire(database);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_query(query);
  return enquire.get_mset(0, 0).get_matches_estimated();
}

}  // namespace

std::vector<ExplainedPart> QueryTranslator::explain(const Query& query) {
  std::vector<ExplainedPart> parts;
  explain(query, parts);
  return parts;
}

void QueryTranslator::explain(const Query& query, std::vector<ExplainedPart>& parts) {
  if (const auto* both = std::get_if<MatchAnd>(&query.node)) {
    for (const auto& each : both->all) explain(*each, parts);
  } else if (const auto* either = std::get_if<MatchOr>(&query.node)) {
    for (const auto& each : either->any) explain(*each, parts);
  } else if (const auto* negated = std::get_if<MatchNot>(&query.node)) {
    explain(*negated->of, parts);
  } else {
    parts.push_back(explain_condition(query));
  }
}

ExplainedPart QueryTranslator::explain_condition(const Query& condition) {
  const auto translated = part(condition);
  ExplainedPart explained{to_text(condition), {}, 0};
  explained.matches = estimate(context_.database, translated);
  for (const auto& term : terms_of(condition, translated)) {
    if (explained.terms.size() == kMaxExplainedTerms) break;
    if (context_.database.term_exists(term))
      explained.terms.emplace_back(term, context_.database.get_termfreq(term));
  }
  return explained;
}

// The terms that a condition is looked for as. Xapian does not tell those of a word with "*".
std::vector<std::string> QueryTranslator::terms_of(const Query& condition,
                                                   const Xapian::Query& translated) const {
  const bool is_language = std::holds_alternative<MatchLanguage>(condition.node);
  std::vector<std::string> terms;
  const auto end = translated.get_terms_end();
  for (auto term = translated.get_unique_terms_begin(); term != end; ++term) {
    // Stems bring along the languages that they are not looked for in.
    if (is_language || !(*term).starts_with(kLanguagePrefix)) terms.push_back(*term);
  }
  const auto* words = std::get_if<MatchWords>(&condition.node);
  if (words == nullptr || !words->prefix || words->phrase) return terms;
  const auto beginning = words_of(words->text).front();
  for (const auto& prefix : prefixes_of(words->field)) {
    for (auto& term : frequent_terms(prefix + beginning, kMaxExplainedTerms))
      terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace indexer
