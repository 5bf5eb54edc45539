// The tree of a query: its parts, and its text in the query language.
#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "indexer/query.hpp"

namespace indexer {
namespace {

constexpr std::int64_t kDay = 86'400;

std::string prefix_of(const FieldName& field) {
  const auto name = info(field.field).name;
  if (name.empty()) return {};
  return field.header.empty() ? fmt::format("{}:", name)
                              : fmt::format("{}:{}:", name, field.header);
}

std::string joined(const std::vector<QueryPtr>& parts, std::string_view with) {
  std::string text = "(";
  for (const auto& part : parts) {
    if (text.size() > 1) text += with;
    text += to_text(*part);
  }
  return text + ")";
}

// Seconds are written where a date is not the beginning of a day, which only JSON and ages give.
std::string date_text(std::int64_t seconds) {
  const auto time = fmt::gmtime(static_cast<std::time_t>(seconds));
  return seconds % kDay == 0 ? fmt::format("{:%Y-%m-%d}", time)
                             : fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time);
}

// Of what ends before `seconds`.
std::string last_date_text(std::int64_t seconds) {
  return date_text(seconds % kDay == 0 ? seconds - kDay : seconds - 1);
}

struct QueryWriter {
  std::string operator()(const MatchAll&) const { return "()"; }
  std::string operator()(const MatchWords& words) const {
    const std::string_view quote = words.phrase ? "\"" : "";
    return fmt::format("{}{}{}{}{}", prefix_of(words.field), quote, words.text, quote,
                       words.prefix ? "*" : "");
  }
  std::string operator()(const MatchNear& near) const {
    std::string text = prefix_of(near.field) + "(";
    for (std::size_t i = 0; i < near.words.size(); ++i) {
      if (i > 0) text += fmt::format(" NEAR/{} ", near.distance);
      text += near.words[i];
    }
    return text + ")";
  }
  std::string operator()(const MatchPart& part) const {
    return fmt::format("{}*{}{}", prefix_of(part.field), part.part, part.at_end ? "" : "*");
  }
  std::string operator()(const MatchHeader& header) const {
    return fmt::format("header:{}:*", header.name);
  }
  std::string operator()(const MatchMailbox& mailbox) const {
    return fmt::format("in:\"{}\"", mailbox.name);
  }
  std::string operator()(const MatchOtherMailbox& other) const {
    std::string text = "(in another mailbox than";
    for (const auto& id : other.ids) text += fmt::format(" \"{}\"", id);
    return text + ")";
  }
  std::string operator()(const MatchState& state) const {
    switch (state.what) {
      case MatchState::What::kUnread:
        return "is:unread";
      case MatchState::What::kFlagged:
        return "is:flagged";
      case MatchState::What::kAttachment:
        break;
    }
    return "has:attachment";
  }
  std::string operator()(const MatchKeyword& keyword) const {
    return fmt::format("keyword:\"{}\"", keyword.keyword);
  }
  std::string operator()(const MatchKind& kind) const {
    return kind.kind == Kind::kMail ? "kind:mail" : "kind:file";
  }
  std::string operator()(const MatchDate& date) const {
    if (date.from && date.to)
      return fmt::format("date:{}..{}", date_text(*date.from), last_date_text(*date.to));
    return date.from ? "after:" + date_text(*date.from) : "before:" + date_text(*date.to);
  }
  std::string operator()(const MatchSize& size) const {
    return fmt::format("size:{}..{}", size.from ? std::to_string(*size.from) : "",
                       size.to && *size.to > 0 ? std::to_string(*size.to - 1) : "");
  }
  std::string operator()(const MatchLanguage& language) const { return "lang:" + language.code; }
  std::string operator()(const MatchMessageId& message) const {
    return fmt::format("messageid:\"{}\"", message.id);
  }
  std::string operator()(const MatchThread& thread) const {
    return fmt::format("thread:\"{}\"", thread.id);
  }
  std::string operator()(const MatchThreadOf& threads) const {
    return fmt::format("thread:{{{}}}", to_text(*threads.of));
  }
  std::string operator()(const MatchAnd& both) const { return joined(both.all, " AND "); }
  std::string operator()(const MatchOr& either) const { return joined(either.any, " OR "); }
  std::string operator()(const MatchNot& negated) const { return "NOT " + to_text(*negated.of); }
};

}  // namespace

void for_each_part(const Query& query, const std::function<void(const Query&)>& visit) {
  const auto visit_all = [&](const std::vector<QueryPtr>& parts) {
    for (const auto& part : parts) for_each_part(*part, visit);
  };
  visit(query);
  if (const auto* both = std::get_if<MatchAnd>(&query.node)) {
    visit_all(both->all);
  } else if (const auto* either = std::get_if<MatchOr>(&query.node)) {
    visit_all(either->any);
  } else if (const auto* negated = std::get_if<MatchNot>(&query.node)) {
    for_each_part(*negated->of, visit);
  } else if (const auto* threads = std::get_if<MatchThreadOf>(&query.node)) {
    for_each_part(*threads->of, visit);
  }
}

std::string to_text(const Query& query) { return std::visit(QueryWriter{}, query.node); }

}  // namespace indexer
