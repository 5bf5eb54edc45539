#include "indexer/fulltext_query.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "indexer/analyzer.hpp"
#include "indexer/entry.hpp"

namespace indexer {
namespace {

// Words that a word with "*" stands for in a field, the most frequent; and those of a whole query, which opens a list for each.
constexpr std::size_t kMaxExpansion = 1'000;
constexpr std::size_t kLeastExpansion = 100;
constexpr std::size_t kMaxTermsOfQuery = 9'000;
// The same at the end of a phrase, where each costs a phrase.
constexpr std::size_t kMaxPhraseExpansion = 100;
// What explain() lists of them.
constexpr std::size_t kMaxExplainedTerms = 50;

Xapian::Query from_source(Xapian::PostingSource* source) {
  return Xapian::Query(source->release());
}

Xapian::Query together(Xapian::Query::op how, const std::vector<std::string>& terms,
                       std::size_t window) {
  return Xapian::Query(how, terms.begin(), terms.end(), static_cast<Xapian::termcount>(window));
}

// The most frequent terms that begin with `prefix`, of which the rest is as `wanted` says.
template <typename Wanted>
std::vector<std::string> frequent_terms(const Xapian::Database& database, const std::string& prefix,
                                        std::size_t limit, Deadline& deadline,
                                        const Wanted& wanted) {
  struct Candidate {
    Xapian::doccount entries;
    std::string term;
  };
  std::vector<Candidate> candidates;
  const auto end = database.allterms_end(prefix);
  for (auto term = database.allterms_begin(prefix); term != end && !deadline.is_over(); ++term) {
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

Xapian::doccount estimate(const Xapian::Database& database, const Xapian::Query& query) {
  Xapian::Enquire enquire(database);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_query(query);
  return enquire.get_mset(0, 0).get_matches_estimated();
}

std::size_t fields_of(const FieldName& name, bool with_parts) {
  std::size_t count = 0;
  for (const auto& field : kFields) {
    if (covers(name.field, field.field) && (!with_parts || field.has_parts)) ++count;
  }
  return count;
}

// How many times words with "*" are looked for in a field.
std::size_t count_expansions(const Query& query) {
  std::size_t count = 0;
  for_each_part(query, [&count](const Query& each) {
    if (const auto* words = std::get_if<MatchWords>(&each.node)) {
      if (words->prefix && !words->phrase) count += fields_of(words->field, false);
    } else if (const auto* part = std::get_if<MatchPart>(&each.node)) {
      count += fields_of(part->field, true);
    }
  });
  return count;
}

class Collector : public Xapian::MatchDecider {
 public:
  bool operator()(const Xapian::Document& entry) const override {
    numbers.push_back(entry.get_docid());
    return true;
  }
  mutable std::vector<std::uint32_t> numbers;
};

}  // namespace

Xapian::Query all_entries() {
  return Xapian::Query(Xapian::Query::OP_OR, Xapian::Query(kind_term(Kind::kMail)),
                       Xapian::Query(kind_term(Kind::kFile)));
}

std::vector<std::uint32_t> all_matches(const Xapian::Database& database, const Xapian::Query& query,
                                       Deadline& deadline) {
  Xapian::Enquire enquire(database);
  enquire.set_weighting_scheme(Xapian::BoolWeight());
  enquire.set_docid_order(Xapian::Enquire::ASCENDING);
  enquire.set_query(Xapian::Query(Xapian::Query::OP_FILTER, query,
                                  from_source(new RangeSource(RangeSource::kAll, deadline))));
  Collector collector;
  (void)enquire.get_mset(0, 1, database.get_doccount(), nullptr, &collector);
  std::sort(collector.numbers.begin(), collector.numbers.end());
  return std::move(collector.numbers);
}

QueryTranslator::QueryTranslator(const TranslationContext& context, bool for_relevance)
    : context_(context), for_relevance_(for_relevance) {}

QueryResult<Xapian::Query> QueryTranslator::translate(const Query& query) {
  const auto expansions = std::max<std::size_t>(count_expansions(query), 1);
  expansion_ = std::clamp(kMaxTermsOfQuery / expansions, kLeastExpansion, kMaxExpansion);
  try {
    auto translated = part(query);
    // The catalog can be ahead of the index.
    if (names_numbers_)
      translated = Xapian::Query(Xapian::Query::OP_FILTER, translated, all_entries());
    return translated;
  } catch (QueryError& error) {
    return std::move(error);
  }
}

Xapian::Query QueryTranslator::part(const Query& query) {
  return std::visit([&](const auto& node) { return translate_node(node); }, query.node);
}

Xapian::Query QueryTranslator::any_of(const std::vector<Xapian::Query>& forms) const {
  // By date an OR is cheaper.
  return Xapian::Query(for_relevance_ ? Xapian::Query::OP_SYNONYM : Xapian::Query::OP_OR,
                       forms.begin(), forms.end());
}

Xapian::Query QueryTranslator::translate_node(const MatchAll&) { return all_entries(); }

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
    for (const auto& word : words) terms.push_back(prefix + word.folded);
    if (terms.size() > 1 && match.prefix) {
      add_phrases_with_beginning(std::move(terms), forms);
    } else if (terms.size() > 1) {
      forms.push_back(together(Xapian::Query::OP_PHRASE, terms, terms.size()));
    } else if (match.prefix) {
      add_beginning(terms.front(), forms);
    } else {
      add_word(prefix, field.stemmed && !match.phrase, words.front(), forms);
    }
    if (!for_relevance_ || match.prefix) continue;
    for (const auto& word : words) {
      if (word.exact != word.folded)
        exact.emplace_back(std::string(kExactPrefix) + prefix + word.exact);
    }
  }
  auto query = any_of(forms);
  if (exact.empty()) return query;
  return Xapian::Query(Xapian::Query::OP_AND_MAYBE, query, any_of(exact));
}

// A word, and the words with the same stem. A language's forms are not looked for in what is known to be in another: its stem may be
// a word of that one (German takes "notes" for a form of "not").
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

// Xapian takes no wildcard in a phrase: one phrase for each of the most frequent words that begin so.
void QueryTranslator::add_phrases_with_beginning(std::vector<std::string> terms,
                                                 std::vector<Xapian::Query>& forms) const {
  for (auto& last : frequent_terms(context_.database, terms.back(), kMaxPhraseExpansion,
                                   context_.deadline, [](std::string_view) { return true; })) {
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
    const auto terms = frequent_terms(context_.database, word_prefix(field.field), kMaxExpansion,
                                      context_.deadline, [&](std::string_view word) {
                                        return part.at_end ? word.ends_with(part.part)
                                                           : word.find(part.part) != word.npos;
                                      });
    for (const auto& term : terms) forms.emplace_back(term);
  }
  return any_of(forms);
}

Xapian::Query QueryTranslator::translate_node(const MatchHeader& header) {
  require_indexed(header.name, header.position);
  return Xapian::Query(header_term(header.name));
}

Xapian::Query QueryTranslator::translate_node(const MatchMailbox& mailbox) {
  const auto id = context_.scope.find_mailbox(mailbox.name);
  if (!mailbox.means(id)) {
    if (context_.is_one_of_several) return Xapian::Query::MatchNothing;
    throw QueryError{fmt::format("there is no mailbox {}\"{}\"", mailbox.is_id ? "of the id " : "",
                                 mailbox.name),
                     mailbox.position};
  }
  MessageFilter filter;
  filter.mailbox = *id;
  return members(filter);
}

Xapian::Query QueryTranslator::translate_node(const MatchOtherMailbox& other) {
  std::vector<Xapian::Query> any;
  for (auto& id : context_.scope.mailbox_ids()) {
    if (std::find(other.ids.begin(), other.ids.end(), id) != other.ids.end()) continue;
    MessageFilter filter;
    filter.mailbox = std::move(id);
    any.push_back(members(filter));
  }
  return Xapian::Query(Xapian::Query::OP_OR, any.begin(), any.end());
}

Xapian::Query QueryTranslator::translate_node(const MatchState& state) {
  MessageFilter filter;
  switch (state.what) {
    case MatchState::What::kUnread:
      filter.unread = true;
      break;
    case MatchState::What::kFlagged:
      filter.flagged = true;
      break;
    case MatchState::What::kAttachment:
      filter.attachment = true;
      break;
  }
  return members(filter);
}

Xapian::Query QueryTranslator::translate_node(const MatchKeyword& keyword) {
  MessageFilter filter;
  filter.keyword = keyword.keyword;
  return members(filter);
}

Xapian::Query QueryTranslator::members(const MessageFilter& filter) {
  return members(context_.scope.numbers(filter));
}

Xapian::Query QueryTranslator::members(EntryNumbers numbers) {
  names_numbers_ = true;
  return from_source(new NumbersSource(std::move(numbers)));
}

Xapian::Query QueryTranslator::translate_node(const MatchKind& kind) {
  return Xapian::Query(kind_term(kind.kind));
}

// Numbers fall as dates rise. The places asked for are a second wide of the mark, so that how entries of one second are
// ordered does not matter; the source looks at the dates themselves.
Xapian::Query QueryTranslator::translate_node(const MatchDate& date) {
  using Dates = std::numeric_limits<std::int64_t>;
  DateSource::Bounds bounds{date.from, date.to, 1, kFirstOverflowNumber};
  bounds.all_first = context_.scope.number_after({Dates::max(), {}});
  bounds.all_end = context_.scope.number_after({Dates::min(), {}});
  if (date.to) bounds.first = context_.scope.number_after({*date.to, {}});
  if (date.from)
    bounds.end = std::min(kFirstOverflowNumber, context_.scope.number_after({*date.from - 1, {}}));
  return from_source(new DateSource(bounds));
}

Xapian::Query QueryTranslator::translate_node(const MatchSize& size) {
  const auto value = [](std::uint64_t octets) {
    return Xapian::sortable_serialise(static_cast<double>(octets));
  };
  if (size.from && size.to) {
    if (*size.from >= *size.to) return Xapian::Query::MatchNothing;
    return Xapian::Query(Xapian::Query::OP_VALUE_RANGE, kSizeSlot, value(*size.from),
                         value(*size.to - 1));
  }
  if (size.from) return Xapian::Query(Xapian::Query::OP_VALUE_GE, kSizeSlot, value(*size.from));
  if (size.to && *size.to == 0) return Xapian::Query::MatchNothing;
  if (size.to) return Xapian::Query(Xapian::Query::OP_VALUE_LE, kSizeSlot, value(*size.to - 1));
  return all_entries();
}

Xapian::Query QueryTranslator::translate_node(const MatchLanguage& language) {
  return Xapian::Query(language_term(language.code));
}

Xapian::Query QueryTranslator::translate_node(const MatchMessageId& message) {
  return Xapian::Query(message_id_term(message.id));
}

Xapian::Query QueryTranslator::translate_node(const MatchThread& thread) {
  auto numbers = context_.scope.thread_numbers(thread.id);
  if (numbers.empty() && context_.is_one_of_several) return Xapian::Query::MatchNothing;
  if (numbers.empty())
    throw QueryError{fmt::format("there is no thread \"{}\"", thread.id), thread.position};
  return members(std::make_shared<const std::vector<std::uint32_t>>(std::move(numbers)));
}

Xapian::Query QueryTranslator::translate_node(const MatchThreadOf& threads) {
  const auto found = all_matches(context_.database, part(*threads.of), context_.deadline);
  return members(
      std::make_shared<const std::vector<std::uint32_t>>(context_.scope.same_threads(found)));
}

Xapian::Query QueryTranslator::translate_node(const MatchAnd& both) {
  std::vector<Xapian::Query> wanted, unwanted;
  for (const auto& query : both.all) {
    if (const auto* negated = std::get_if<MatchNot>(&query->node)) {
      unwanted.push_back(part(*negated->of));
    } else {
      wanted.push_back(part(*query));
    }
  }
  if (wanted.empty()) wanted.push_back(all_entries());
  Xapian::Query all(Xapian::Query::OP_AND, wanted.begin(), wanted.end());
  if (unwanted.empty()) return all;
  return Xapian::Query(Xapian::Query::OP_AND_NOT, all,
                       Xapian::Query(Xapian::Query::OP_OR, unwanted.begin(), unwanted.end()));
}

Xapian::Query QueryTranslator::translate_node(const MatchOr& either) {
  std::vector<Xapian::Query> any;
  for (const auto& query : either.any) any.push_back(part(*query));
  return Xapian::Query(Xapian::Query::OP_OR, any.begin(), any.end());
}

Xapian::Query QueryTranslator::translate_node(const MatchNot& negated) {
  return Xapian::Query(Xapian::Query::OP_AND_NOT, all_entries(), part(*negated.of));
}

std::vector<ExplainedPart> QueryTranslator::explain(const Query& query) {
  std::vector<ExplainedPart> parts;
  explain_part(query, parts);
  return parts;
}

void QueryTranslator::explain_part(const Query& query, std::vector<ExplainedPart>& parts) {
  if (const auto* both = std::get_if<MatchAnd>(&query.node)) {
    for (const auto& each : both->all) explain_part(*each, parts);
  } else if (const auto* either = std::get_if<MatchOr>(&query.node)) {
    for (const auto& each : either->any) explain_part(*each, parts);
  } else if (const auto* negated = std::get_if<MatchNot>(&query.node)) {
    explain_part(*negated->of, parts);
  } else {
    const auto translated = part(query);
    ExplainedPart explained{to_text(query), {}, 0};
    explained.matches = estimate(context_.database, translated);
    const auto add = [&](const std::string& term) {
      const bool is_searched =
          !term.starts_with(kLanguagePrefix) || std::holds_alternative<MatchLanguage>(query.node);
      if (is_searched && explained.terms.size() < kMaxExplainedTerms &&
          context_.database.term_exists(term))
        explained.terms.emplace_back(term, context_.database.get_termfreq(term));
    };
    for (auto term = translated.get_unique_terms_begin(); term != translated.get_terms_end();
         ++term)
      add(*term);
    const auto* words = std::get_if<MatchWords>(&query.node);
    if (words != nullptr && words->prefix && !words->phrase) {
      const auto beginning = words_of(words->text).front();
      for (const auto& prefix : prefixes_of(words->field)) {
        for (const auto& term :
             frequent_terms(context_.database, prefix + beginning, kMaxExplainedTerms,
                            context_.deadline, [](std::string_view) { return true; }))
          add(term);
      }
    }
    parts.push_back(std::move(explained));
  }
}

}  // namespace indexer
