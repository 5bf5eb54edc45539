#include "indexer/fulltext_query.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <variant>
#include <vector>

#include "indexer/analyzer.hpp"
#include "indexer/entry.hpp"

namespace indexer {
namespace {

// Words that a word with "*" stands for, the most frequent.
constexpr Xapian::termcount kMaxExpansion = 1'000;
// The same at the end of a phrase, where each costs a phrase.
constexpr std::size_t kMaxPhraseExpansion = 100;

Xapian::Query from_source(Xapian::PostingSource* source) {
  return Xapian::Query(source->release());
}

Xapian::Query phrase(const std::vector<std::string>& terms) {
  return Xapian::Query(Xapian::Query::OP_PHRASE, terms.begin(), terms.end(),
                       static_cast<Xapian::termcount>(terms.size()));
}

// Everything that is in the index, but for the empty entry.
Xapian::Query all_entries() {
  return Xapian::Query(Xapian::Query::OP_OR, Xapian::Query(kind_term(Kind::kMail)),
                       Xapian::Query(kind_term(Kind::kFile)));
}

}  // namespace

QueryTranslator::QueryTranslator(const Xapian::Database& database, const SearchScope& scope,
                                 std::function<Numbers(const MessageFilter&)> numbers,
                                 StemCache& stems, SearchOrder order)
    : database_(database),
      scope_(scope),
      numbers_(std::move(numbers)),
      stems_(stems),
      // For ranking, a word counts as one, whatever its fields and forms; for the order by date an OR is cheaper.
      either_(order == SearchOrder::kRelevance ? Xapian::Query::OP_SYNONYM : Xapian::Query::OP_OR) {
}

QueryResult<Xapian::Query> QueryTranslator::translate(const Query& query) {
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

Xapian::Query QueryTranslator::translate_node(const MatchAll&) { return all_entries(); }

Xapian::Query QueryTranslator::translate_node(const MatchWords& match) {
  const auto words = words_of(match.text);
  if (match.field != Field::kAny) return words_in(info(match.field), words, match);
  std::vector<Xapian::Query> fields;
  for (const auto& field : kFields) {
    if (field.field != Field::kAny) fields.push_back(words_in(field, words, match));
  }
  return Xapian::Query(either_, fields.begin(), fields.end());
}

Xapian::Query QueryTranslator::words_in(const FieldInfo& field,
                                        const std::vector<std::string>& words,
                                        const MatchWords& match) {
  const std::string prefix(field.prefix);
  std::vector<std::string> terms;
  terms.reserve(words.size());
  for (const auto& word : words) terms.push_back(prefix + word);
  if (terms.size() > 1)
    return match.prefix ? phrase_with_beginning(std::move(terms)) : phrase(terms);
  if (match.prefix) {
    return Xapian::Query(Xapian::Query::OP_WILDCARD, terms.front(), kMaxExpansion,
                         Xapian::Query::WILDCARD_LIMIT_MOST_FREQUENT, either_);
  }
  if (match.phrase || !field.stemmed) return Xapian::Query(terms.front());
  const std::string stem(stems_.stem(words.front()));
  Xapian::Query forms(fmt::format("{}{}{}", kStemPrefix, prefix, stem));
  if (stems_.stem(stem) == stem)
    forms = Xapian::Query(either_, forms, Xapian::Query(prefix + stem));
  return forms;
}

// Xapian takes no wildcard in a phrase: one phrase for each of the most frequent words that begin so.
Xapian::Query QueryTranslator::phrase_with_beginning(std::vector<std::string> terms) {
  struct Candidate {
    Xapian::doccount entries;
    std::string term;
  };
  std::vector<Candidate> candidates;
  const auto end = database_.allterms_end(terms.back());
  for (auto term = database_.allterms_begin(terms.back()); term != end; ++term) {
    candidates.push_back({term.get_termfreq(), *term});
  }
  const auto kept = std::min(candidates.size(), kMaxPhraseExpansion);
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept),
                    candidates.end(),
                    [](const Candidate& a, const Candidate& b) { return a.entries > b.entries; });
  std::vector<Xapian::Query> phrases;
  for (std::size_t i = 0; i < kept; ++i) {
    terms.back() = candidates[i].term;
    phrases.push_back(phrase(terms));
  }
  return Xapian::Query(Xapian::Query::OP_OR, phrases.begin(), phrases.end());
}

Xapian::Query QueryTranslator::translate_node(const MatchMailbox& mailbox) {
  const auto id = scope_.find_mailbox(mailbox.name);
  if (!id)
    throw QueryError{fmt::format("there is no mailbox \"{}\"", mailbox.name), mailbox.position};
  MessageFilter filter;
  filter.mailbox = *id;
  return members(filter);
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

Xapian::Query QueryTranslator::members(const MessageFilter& filter) {
  names_numbers_ = true;
  return from_source(new NumbersSource(numbers_(filter)));
}

// Numbers fall as dates rise. The places asked for are a second wide of the mark, so that how entries of one second are
// ordered does not matter; the source looks at the dates themselves.
Xapian::Query QueryTranslator::translate_node(const MatchDate& date) {
  DateSource::Bounds bounds{date.from, date.to, 1, kFirstOverflowNumber};
  if (date.to) bounds.first = scope_.number_after({*date.to, {}});
  if (date.from)
    bounds.end = std::min(kFirstOverflowNumber, scope_.number_after({*date.from - 1, {}}));
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

}  // namespace indexer
