#include "tests/oracle/matcher.hpp"

#include <algorithm>

#include "tests/oracle/passages.hpp"

namespace oracle {
namespace {

bool has_forms(const std::string& field) {
  return field == "subject" || field == "body" || field == "attachment" || field == "filename" ||
         field == "tag";
}

// In any passage of any field.
template <typename Holds>
Truth in_a_field(const Entry& entry, const std::string& wanted, const Holds& holds) {
  Truth best = Truth::kNo;
  for (const auto& field : fields_of(wanted)) {
    const auto found = entry.fields.find(field);
    if (found == entry.fields.end()) continue;
    for (const auto& passage : found->second) best = either(best, holds(field, passage));
  }
  return best;
}

// What is said of states that are not set holds for files as well.
bool is_in(const Entry& entry, State state) {
  const auto& keywords = entry.keywords;
  switch (state) {
    case State::kUnread:
      return entry.is_unread();
    case State::kRead:
      return !entry.is_unread();
    case State::kFlagged:
      return keywords.contains("$flagged");
    case State::kUnflagged:
      return !keywords.contains("$flagged");
    case State::kAnswered:
      return keywords.contains("$answered");
    case State::kUnanswered:
      return !keywords.contains("$answered");
    case State::kDraft:
      break;
  }
  return keywords.contains("$draft");
}

template <typename Number>
Truth is_within(Number number, const std::optional<Number>& from, const std::optional<Number>& to) {
  return truth_of((!from || number >= *from) && (!to || number < *to));
}

}  // namespace

Matcher::Matcher(const Account& account) : account_(account) {
  for (std::size_t i = 0; i < account.entries.size(); ++i) {
    if (!account.entries[i].is_file) threads_[account.entries[i].thread].push_back(i);
  }
}

std::vector<Truth> Matcher::match(const Query& query) const {
  return std::visit([this](const auto& node) { return match_node(node); }, query.node);
}

template <typename Holds>
Matcher::Truths Matcher::each(const Holds& holds) const {
  Truths truths;
  for (const auto& entry : account_.entries) truths.push_back(holds(entry));
  return truths;
}

Matcher::Truths Matcher::match_node(const Everything&) const {
  return each([](const Entry&) { return Truth::kYes; });
}

Matcher::Truths Matcher::match_node(const Words& words) const {
  return each([&](const Entry& entry) {
    return in_a_field(entry, words.field, [&](const auto& field, const Passage& passage) {
      return holds_words(passage, words, {has_forms(field), entry.language, &account_.languages});
    });
  });
}

Matcher::Truths Matcher::match_node(const Near& near) const {
  return each([&](const Entry& entry) {
    return in_a_field(entry, near.field, [&](const auto&, const Passage& passage) {
      return holds_near(passage, near);
    });
  });
}

Matcher::Truths Matcher::match_node(const Part& part) const {
  return each([&](const Entry& entry) {
    return in_a_field(entry, part.field, [&](const auto& field, const Passage& passage) {
      return has_parts(field) ? holds_part(passage, part) : Truth::kNo;
    });
  });
}

Matcher::Truths Matcher::match_node(const InMailbox& mailbox) const {
  return each([&](const Entry& entry) { return truth_of(entry.mailboxes.contains(mailbox.id)); });
}

Matcher::Truths Matcher::match_node(const InOtherMailbox& other) const {
  return each([&](const Entry& entry) {
    return truth_of(
        std::any_of(entry.mailboxes.begin(), entry.mailboxes.end(), [&](const std::string& id) {
          return std::find(other.ids.begin(), other.ids.end(), id) == other.ids.end();
        }));
  });
}

Matcher::Truths Matcher::match_node(const HasKeyword& keyword) const {
  return each(
      [&](const Entry& entry) { return truth_of(entry.keywords.contains(keyword.keyword)); });
}

Matcher::Truths Matcher::match_node(const InState& wanted) const {
  return each([&](const Entry& entry) { return truth_of(is_in(entry, wanted.state)); });
}

Matcher::Truths Matcher::match_node(const HasAttachment&) const {
  return each([](const Entry& entry) { return truth_of(entry.has_attachment); });
}

Matcher::Truths Matcher::match_node(const OfKind& kind) const {
  return each([&](const Entry& entry) { return truth_of(entry.is_file != kind.is_mail); });
}

Matcher::Truths Matcher::match_node(const InLanguage& language) const {
  return each([&](const Entry& entry) {
    return entry.language.empty() ? Truth::kOpen : truth_of(entry.language == language.code);
  });
}

Matcher::Truths Matcher::match_node(const Dated& date) const {
  return each([&](const Entry& entry) {
    const Truth now = is_within(entry.date, date.from, date.to);
    const Truth earlier = is_within(entry.date - date.slack, date.from, date.to);
    const Truth later = is_within(entry.date + date.slack, date.from, date.to);
    return now == earlier && now == later ? now : Truth::kOpen;
  });
}

Matcher::Truths Matcher::match_node(const Sized& size) const {
  return each([&](const Entry& entry) { return is_within(entry.size, size.from, size.to); });
}

Matcher::Truths Matcher::match_node(const WithMessageId& wanted) const {
  return each([&](const Entry& entry) {
    const auto& ids = entry.message_ids;
    return truth_of(std::find(ids.begin(), ids.end(), wanted.id) != ids.end());
  });
}

Matcher::Truths Matcher::match_node(const HasHeader& header) const {
  return each([&](const Entry& entry) { return truth_of(entry.headers.contains(header.name)); });
}

Matcher::Truths Matcher::match_node(const InThread& thread) const {
  return in_threads(each([&](const Entry& entry) {
    return truth_of(!entry.is_file && (entry.thread == thread.id || entry.id == thread.id));
  }));
}

Matcher::Truths Matcher::match_node(const ThreadOf& threads) const {
  return in_threads(match(*threads.of));
}

Matcher::Truths Matcher::in_threads(const Truths& matching) const {
  Truths truths(matching.size(), Truth::kNo);
  for (const auto& [thread, members] : threads_) {
    Truth best = Truth::kNo;
    for (const auto member : members) best = either(best, matching[member]);
    for (const auto member : members) truths[member] = best;
  }
  return truths;
}

Matcher::Truths Matcher::match_node(const All& all) const {
  Truths truths(account_.entries.size(), Truth::kYes);
  for (const auto& part : all.of) {
    const auto more = match(*part);
    std::transform(truths.begin(), truths.end(), more.begin(), truths.begin(), both);
  }
  return truths;
}

Matcher::Truths Matcher::match_node(const Any& any) const {
  Truths truths(account_.entries.size(), Truth::kNo);
  for (const auto& part : any.of) {
    const auto more = match(*part);
    std::transform(truths.begin(), truths.end(), more.begin(), truths.begin(), either);
  }
  return truths;
}

Matcher::Truths Matcher::match_node(const Not& negation) const {
  auto truths = match(*negation.of);
  std::transform(truths.begin(), truths.end(), truths.begin(), negated);
  return truths;
}

}  // namespace oracle
