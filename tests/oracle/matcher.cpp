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
Truth in_a_field(const Message& message, const std::string& wanted, const Holds& holds) {
  Truth best = Truth::kNo;
  for (const auto& field : fields_of(wanted)) {
    const auto found = message.fields.find(field);
    if (found == message.fields.end()) continue;
    for (const auto& passage : found->second) best = either(best, holds(field, passage));
  }
  return best;
}

template <typename Number>
Truth is_within(Number number, const std::optional<Number>& from, const std::optional<Number>& to) {
  return truth_of((!from || number >= *from) && (!to || number < *to));
}

}  // namespace

Matcher::Matcher(const Account& account) : account_(account) {
  for (std::size_t i = 0; i < account.messages.size(); ++i)
    threads_[account.messages[i].thread].push_back(i);
}

std::vector<Truth> Matcher::match(const Query& query) const {
  return std::visit([this](const auto& node) { return match_node(node); }, query.node);
}

template <typename Holds>
Matcher::Truths Matcher::each(const Holds& holds) const {
  Truths truths;
  for (const auto& message : account_.messages) truths.push_back(holds(message));
  return truths;
}

Matcher::Truths Matcher::match_node(const Everything&) const {
  return each([](const Message&) { return Truth::kYes; });
}

Matcher::Truths Matcher::match_node(const Words& words) const {
  return each([&](const Message& message) {
    return in_a_field(message, words.field, [&](const auto& field, const Passage& passage) {
      return holds_words(passage, words, {has_forms(field), message.language, &account_.languages});
    });
  });
}

Matcher::Truths Matcher::match_node(const Near& near) const {
  return each([&](const Message& message) {
    return in_a_field(message, near.field, [&](const auto&, const Passage& passage) {
      return holds_near(passage, near);
    });
  });
}

Matcher::Truths Matcher::match_node(const Part& part) const {
  return each([&](const Message& message) {
    return in_a_field(message, part.field, [&](const auto& field, const Passage& passage) {
      return has_parts(field) ? holds_part(passage, part) : Truth::kNo;
    });
  });
}

Matcher::Truths Matcher::match_node(const InMailbox& mailbox) const {
  return each(
      [&](const Message& message) { return truth_of(message.mailboxes.contains(mailbox.id)); });
}

Matcher::Truths Matcher::match_node(const InOtherMailbox& other) const {
  return each([&](const Message& message) {
    return truth_of(
        std::any_of(message.mailboxes.begin(), message.mailboxes.end(), [&](const std::string& id) {
          return std::find(other.ids.begin(), other.ids.end(), id) == other.ids.end();
        }));
  });
}

Matcher::Truths Matcher::match_node(const HasKeyword& keyword) const {
  return each(
      [&](const Message& message) { return truth_of(message.keywords.contains(keyword.keyword)); });
}

Matcher::Truths Matcher::match_node(const HasAttachment&) const {
  return each([](const Message& message) { return truth_of(message.has_attachment); });
}

Matcher::Truths Matcher::match_node(const OfKind& kind) const {
  return each([&](const Message&) { return truth_of(kind.is_mail); });
}

Matcher::Truths Matcher::match_node(const InLanguage& language) const {
  return each([&](const Message& message) {
    return message.language.empty() ? Truth::kOpen : truth_of(message.language == language.code);
  });
}

Matcher::Truths Matcher::match_node(const Dated& date) const {
  return each([&](const Message& message) {
    const Truth now = is_within(message.date, date.from, date.to);
    const Truth earlier = is_within(message.date - date.slack, date.from, date.to);
    const Truth later = is_within(message.date + date.slack, date.from, date.to);
    return now == earlier && now == later ? now : Truth::kOpen;
  });
}

Matcher::Truths Matcher::match_node(const Sized& size) const {
  return each([&](const Message& message) { return is_within(message.size, size.from, size.to); });
}

Matcher::Truths Matcher::match_node(const WithMessageId& wanted) const {
  return each([&](const Message& message) {
    const auto& ids = message.message_ids;
    return truth_of(std::find(ids.begin(), ids.end(), wanted.id) != ids.end());
  });
}

Matcher::Truths Matcher::match_node(const InThread& thread) const {
  return in_threads(each([&](const Message& message) {
    return truth_of(message.thread == thread.id || message.id == thread.id);
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
  Truths truths(account_.messages.size(), Truth::kYes);
  for (const auto& part : all.of) {
    const auto more = match(*part);
    std::transform(truths.begin(), truths.end(), more.begin(), truths.begin(), both);
  }
  return truths;
}

Matcher::Truths Matcher::match_node(const Any& any) const {
  Truths truths(account_.messages.size(), Truth::kNo);
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
