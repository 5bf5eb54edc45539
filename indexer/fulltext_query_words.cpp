// Words of a query and what they stand for in the index: fields, stems, accents, words with "*".
#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "indexer/analyzer.hpp"
#include "indexer/entry.hpp"
#include "indexer/fulltext_query.hpp"
#include "indexer/umlauts.hpp"

namespace indexer {
namespace {

// Words that a word with "*" stands for at the end of a phrase, where each costs a phrase.
constexpr std::size_t kMaxPhraseExpansion = 100;

Xapian::Query together(Xapian::Query::op how, const std::vector<std::string>& terms,
                       std::size_t window) {
  return Xapian::Query(how, terms.begin(), terms.end(), static_cast<Xapian::termcount>(window));
}

}  // namespace

std::vector<std::string> QueryTranslator::prefixes_of(const FieldName& field) const {
  if (field.field == Field::kHeader) {
    require_indexed(field.header, field.header_position);
    return {word_prefix(Field::kHeader, field.header)};
  }
  std::vector<std::string> prefixes;
  for (const auto& each : kFields) {
    if (each.field != Field::kHeader && covers(field.field, each.field) &&
        each.field != Field::kRecipient)
      prefixes.push_back(word_prefix(each.field));
  }
  return prefixes;
}

void QueryTranslator::require_indexed(const std::string& header, std::size_t position) const {
  const auto& indexed = context_.headers;
  if (std::find(indexed.begin(), indexed.end(), header) != indexed.end()) return;
  throw QueryError{
      fmt::format("the header \"{}\" is not indexed; indexed are {} (add it to headers under "
                  "[index] in the configuration, then import again what was imported)",
                  header, fmt::join(indexed, ", ")),
      position};
}

Xapian::Query QueryTranslator::translate_node(const MatchWords& match) {
  std::vector<QueryWord> words;
  for_each_word(match.text, [&](const Word& word) {
    words.push_back({std::string(word.folded), std::string(word.exact)});
  });
  std::vector<Xapian::Query> forms, exact;
  for (const auto& field : kFields) {
    if (!covers(match.field.field, field.field) || field.field == Field::kRecipient) continue;
    if (field.field == Field::kHeader)
      require_indexed(match.field.header, match.field.header_position);
    const auto prefix = word_prefix(field.field, match.field.header);
    std::vector<std::string> terms;
    terms.reserve(words.size());
    for (const auto& word : words) terms.push_back(prefix + word.folded);
    if (terms.size() > 1 && match.prefix) {
      add_phrases_with_beginning(std::move(terms), forms);
    } else if (terms.size() > 1) {
      forms.push_back(together(Xapian::Query::OP_PHRASE, terms, terms.size()));
    } else if (match.prefix) {
      add_beginning(terms.front(), forms);
    } else {
      const bool stemmed = field.stemmed && !match.phrase;
      add_word(prefix, stemmed, words.front(), forms);
      add_umlauts(prefix, stemmed, words.front(), forms);
    }
    if (!for_relevance_ || match.prefix) continue;
    for (const auto& word : words) {
      if (word.exact != word.folded)
        exact.emplace_back(std::string(kExactPrefix) + prefix + word.exact);
    }
  }
  auto query = any_of(forms);
  if (exact.empty()) return query;
  boosts_accents_ = true;
  return Xapian::Query(Xapian::Query::OP_AND_MAYBE, query,
                       Xapian::Query(Xapian::Query::OP_SCALE_WEIGHT, any_of(exact), kAccentWeight));
}

// A word, and the words with the same stem. A language's forms are not looked for in what is known
// to be in another: its stem may be a word of that one (German takes "notes" for a form of "not").
void QueryTranslator::add_word(const std::string& prefix, bool stemmed, const QueryWord& word,
                               std::vector<Xapian::Query>& forms) {
  const std::string itself = prefix + word.folded;
  forms.emplace_back(itself);
  if (!stemmed) return;
  std::set<std::string> known{itself};
  for (const auto& language : context_.languages.dominant) {
    const bool is_own = language == context_.languages.dominant.front();
    std::vector<Xapian::Query> others;
    for (const auto& term : terms_of_stem(prefix, word, language)) {
      if (!known.contains(term)) others.emplace_back(term);
      if (is_own) known.insert(term);
    }
    if (others.empty()) continue;
    forms.push_back(is_own ? any_of(others)
                           : Xapian::Query(Xapian::Query::OP_AND_NOT, any_of(others),
                                           in_another_language(language)));
  }
  add_rare_forms(prefix, word, known, forms);
}

// Words with umlauts that begin as this one may have been meant; "quelle" is no "qülle".
void QueryTranslator::add_umlauts(const std::string& prefix, bool stemmed, const QueryWord& word,
                                  std::vector<Xapian::Query>& forms) {
  for (const auto& spelled : umlaut_spellings(word.exact)) {
    const auto beginning = fmt::format("{}{}{}", kExactPrefix, prefix, spelled);
    if (context_.database.allterms_begin(beginning) == context_.database.allterms_end(beginning))
      continue;
    add_word(prefix, stemmed, {without_accents(spelled), spelled}, forms);
  }
}

void QueryTranslator::add_rare_forms(const std::string& prefix, const QueryWord& word,
                                     const std::set<std::string>& known,
                                     std::vector<Xapian::Query>& forms) const {
  std::map<std::string, std::vector<Xapian::Query>> languages_by_term;
  for (const auto& language : context_.languages.rare) {
    for (const auto& term : terms_of_stem(prefix, word, language)) {
      if (!known.contains(term)) languages_by_term[term].emplace_back(language_term(language));
    }
  }
  for (const auto& [term, languages] : languages_by_term) {
    if (!context_.database.term_exists(term)) continue;
    forms.emplace_back(Xapian::Query::OP_FILTER, Xapian::Query(term),
                       Xapian::Query(Xapian::Query::OP_OR, languages.begin(), languages.end()));
  }
}

// What is its own stem has no term for it.
std::set<std::string> QueryTranslator::terms_of_stem(const std::string& prefix,
                                                     const QueryWord& word,
                                                     const std::string& language) const {
  auto* const stems = context_.stems.of(language);
  if (stems == nullptr) return {};
  const std::string stem(stems->stem(word.exact));
  std::set<std::string> terms{fmt::format("{}{}{}", kStemPrefix, prefix, stem)};
  if (stems->stem(stem) == stem) terms.insert(prefix + stem);
  return terms;
}

Xapian::Query QueryTranslator::in_another_language(const std::string& than) const {
  std::vector<Xapian::Query> others;
  for (const auto& language : context_.languages.dominant) {
    if (language != than) others.emplace_back(language_term(language));
  }
  return Xapian::Query(Xapian::Query::OP_OR, others.begin(), others.end());
}

void QueryTranslator::add_beginning(const std::string& term,
                                    std::vector<Xapian::Query>& forms) const {
  forms.emplace_back(Xapian::Query::OP_WILDCARD, term, static_cast<Xapian::termcount>(expansion_),
                     Xapian::Query::WILDCARD_LIMIT_MOST_FREQUENT,
                     for_relevance_ ? Xapian::Query::OP_SYNONYM : Xapian::Query::OP_OR);
}

// Xapian takes no wildcard in a phrase: one phrase for each of the most frequent words that begin
// so.
void QueryTranslator::add_phrases_with_beginning(std::vector<std::string> terms,
                                                 std::vector<Xapian::Query>& forms) const {
  for (auto& last : frequent_terms(terms.back(), kMaxPhraseExpansion)) {
    terms.back() = std::move(last);
    forms.push_back(together(Xapian::Query::OP_PHRASE, terms, terms.size()));
  }
}

Xapian::Query QueryTranslator::translate_node(const MatchNear& near) {
  std::vector<Xapian::Query> forms;
  for (const auto& prefix : prefixes_of(near.field)) {
    std::vector<std::string> terms;
    for (const auto& word : near.words) terms.push_back(prefix + word);
    forms.push_back(together(Xapian::Query::OP_NEAR, terms, near.distance + terms.size() - 1));
  }
  return any_of(forms);
}

Xapian::Query QueryTranslator::translate_node(const MatchPart& part) {
  std::vector<Xapian::Query> forms;
  for (const auto& field : kFields) {
    if (!field.has_parts || field.field == Field::kRecipient ||
        (part.field.field != Field::kAny && !covers(part.field.field, field.field)))
      continue;
    const auto holds_part = [&part](std::string_view word) {
      return part.at_end ? word.ends_with(part.part) : word.find(part.part) != word.npos;
    };
    for (const auto& term : frequent_terms(word_prefix(field.field), kMaxExpansion, holds_part))
      forms.emplace_back(term);
  }
  return any_of(forms);
}

std::vector<std::string> QueryTranslator::frequent_terms(
    const std::string& prefix, std::size_t limit,
    const std::function<bool(std::string_view rest)>& wanted) const {
  struct Candidate {
    Xapian::doccount entries;
    std::string term;
  };
  std::vector<Candidate> candidates;
  const auto end = context_.database.allterms_end(prefix);
  for (auto term = context_.database.allterms_begin(prefix);
       term != end && !context_.deadline.is_over(); ++term) {
    auto text = *term;
    if (wanted(std::string_view(text).substr(prefix.size())))
      candidates.push_back({term.get_termfreq(), std::move(text)});
  }
  const auto kept = std::min(candidates.size(), limit);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                    candidates.end(), [](const Candidate& a, const Candidate& b) {
                      return a.entries != b.entries ? a.entries > b.entries : a.term < b.term;
                    });
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < kept; ++i) terms.push_back(std::move(candidates[i].term));
  return terms;
}

}  // namespace indexer
