#include "indexer/fulltext_query.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "indexer/entry.hpp"

namespace indexer {
namespace {

// Words that all words with "*" of a query stand for together: a list is opened for each.
constexpr std::size_t kMaxTermsOfQuery = 9'000;
// Words that one of them stands for at least.
constexpr std::size_t kLeastExpansion = 100;

Xapian::Query from_source(Xapian::PostingSource* source) {
  return Xapian::Query(source->release());
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

Xapian::Query QueryTranslator::translate_node(const MatchHeader& header) {
  require_indexed(header.name, header.position);
  return Xapian::Query(header_term(header.name));
}

Xapian::Query QueryTranslator::translate_node(const MatchMailbox& mailbox) {
  const auto id = context_.catalog.find_mailbox(mailbox.name);
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
  for (auto& id : context_.catalog.mailbox_ids()) {
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
  return members(context_.catalog.numbers(filter));
}

Xapian::Query QueryTranslator::members(EntryNumbers numbers) {
  names_numbers_ = true;
  return from_source(new NumbersSource(std::move(numbers)));
}

Xapian::Query QueryTranslator::translate_node(const MatchKind& kind) {
  return Xapian::Query(kind_term(kind.kind));
}

// Numbers fall as dates rise. The places asked for are a second wide of the mark, so that how
// entries of one second are ordered does not matter; the source looks at the dates themselves.
Xapian::Query QueryTranslator::translate_node(const MatchDate& date) {
  using Dates = std::numeric_limits<std::int64_t>;
  DateSource::Bounds bounds{date.from, date.to, 1, kFirstOverflowNumber};
  bounds.all_first = context_.catalog.number_after({Dates::max(), {}});
  bounds.all_end = context_.catalog.number_after({Dates::min(), {}});
  if (date.to) bounds.first = context_.catalog.number_after({*date.to, {}});
  if (date.from)
    bounds.end =
        std::min(kFirstOverflowNumber, context_.catalog.number_after({*date.from - 1, {}}));
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
  auto numbers = context_.catalog.thread_numbers(thread.id);
  if (numbers.empty() && context_.is_one_of_several) return Xapian::Query::MatchNothing;
  if (numbers.empty())
    throw QueryError{fmt::format("there is no thread \"{}\"", thread.id), thread.position};
  return members(std::make_shared<const std::vector<std::uint32_t>>(std::move(numbers)));
}

Xapian::Query QueryTranslator::translate_node(const MatchThreadOf& threads) {
  const auto found = all_matches(context_.database, weightless(*threads.of), context_.deadline);
  return members(
      std::make_shared<const std::vector<std::uint32_t>>(context_.catalog.same_threads(found)));
}

Xapian::Query QueryTranslator::translate_node(const MatchAnd& both) {
  std::vector<Xapian::Query> wanted, unwanted;
  for (const auto& query : both.all) {
    if (const auto* negated = std::get_if<MatchNot>(&query->node)) {
      unwanted.push_back(weightless(*negated->of));
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
  return Xapian::Query(Xapian::Query::OP_AND_NOT, all_entries(), weightless(*negated.of));
}

// In what is negated, Xapian 1.4.22 at times takes an optional part (AND_MAYBE) for a required one:
// it compares weights there that it never set.
Xapian::Query QueryTranslator::weightless(const Query& query) {
  const bool for_relevance = std::exchange(for_relevance_, false);
  auto translated = part(query);
  for_relevance_ = for_relevance;
  return translated;
}

}  // namespace indexer
