#include "api/list_parameters.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "mail/ascii.hpp"

namespace api {
namespace {

using indexer::Sort;

constexpr std::array<std::string_view, 12> kMessageSorts = {
    "-received", "received", "-sent",    "sent",    "-from", "from",
    "-to",       "to",       "-subject", "subject", "-size", "size"};
constexpr std::array<std::string_view, 6> kFileSorts = {"-updated", "updated", "-name",
                                                        "name",     "-size",   "size"};

struct NamedSort {
  std::string_view name;
  Sort sort;
};
constexpr NamedSort kSorts[] = {{"received", Sort::kReceived},
                                {"updated", Sort::kReceived},
                                {"sent", Sort::kSent},
                                {"from", Sort::kFrom},
                                {"to", Sort::kTo},
                                {"subject", Sort::kSubject},
                                {"name", Sort::kSubject},
                                {"size", Sort::kSize}};

// Rows that an anchor may be away from its page.
constexpr std::int64_t kMaxAnchorOffset = 500;

void read_place(Parameters& parameters, indexer::ListQuery& query) {
  query.after = parameters.cursor("after");
  query.before = parameters.cursor("before");
  const bool anchored = parameters.has("anchor"), around = parameters.has("around");
  const auto offset =
      parameters.whole_number("anchorOffset", -kMaxAnchorOffset, kMaxAnchorOffset, 0);
  if (anchored) query.anchor = {parameters.text("anchor"), offset};
  if (around) query.anchor = anchor_around(parameters.text("around"), query.limit);
  if (static_cast<int>(query.after.has_value()) + static_cast<int>(query.before.has_value()) +
          static_cast<int>(anchored) + static_cast<int>(around) >
      1) {
    parameters.refuse("badParameter",
                      "only one of 'after', 'before', 'anchor' and 'around' says where a page is");
  }
  if (parameters.has("anchorOffset") && !anchored)
    parameters.refuse("badParameter", "'anchorOffset' goes with 'anchor'");
}

}  // namespace

std::span<const std::string_view> message_sorts() { return kMessageSorts; }
std::span<const std::string_view> file_sorts() { return kFileSorts; }

void set_sort(indexer::ListQuery& query, std::string_view name) {
  query.ascending = !name.starts_with('-');
  if (!query.ascending) name.remove_prefix(1);
  for (const auto& each : kSorts) {
    if (each.name == name) query.sort = each.sort;
  }
}

indexer::ListQuery::Anchor anchor_around(std::string id, std::size_t limit) {
  return {std::move(id), -static_cast<std::int64_t>(limit / 2), true};
}

std::optional<std::string> contradiction(const indexer::MessageFilter& filter) {
  const std::pair<std::string_view, std::optional<bool>> states[] = {{"$seen", filter.seen},
                                                                     {"$flagged", filter.flagged},
                                                                     {"$answered", filter.answered},
                                                                     {"$draft", filter.draft}};
  for (const auto& [keyword, state] : states) {
    if (filter.keyword == keyword && state == false)
      return fmt::format("keyword={} and {}=false exclude each other", keyword, keyword.substr(1));
  }
  const bool unread = filter.unread == true;
  if (unread && (filter.seen == true || filter.keyword == "$seen"))
    return "what is seen is not unread: leave one of the two out";
  if (unread && (filter.draft == true || filter.keyword == "$draft"))
    return "a draft does not count as unread: leave one of the two out";
  return std::nullopt;
}

indexer::MessageFilter read_filter(Parameters& parameters) {
  indexer::MessageFilter filter;
  filter.mailbox = parameters.filled_text("mailbox");
  filter.keyword = mail::lower_ascii(parameters.filled_text("keyword"));
  filter.unread = parameters.flag("unread");
  filter.seen = parameters.flag("seen");
  filter.flagged = parameters.flag("flagged");
  filter.answered = parameters.flag("answered");
  filter.draft = parameters.flag("draft");
  filter.attachment = parameters.flag("attachment");
  if (const auto wrong = contradiction(filter)) parameters.refuse("badParameter", *wrong);
  return filter;
}

indexer::ListQuery read_list(Parameters& parameters) {
  indexer::ListQuery query;
  query.filter = read_filter(parameters);
  query.threads = parameters.flag("threads", false);
  set_sort(query, parameters.choice("sort", message_sorts()));
  query.limit = parameters.number("limit", 1, kMaxRows, kDefaultRows);
  read_place(parameters, query);
  return query;
}

indexer::ListQuery read_file_list(Parameters& parameters) {
  indexer::ListQuery query;
  set_sort(query, parameters.choice("sort", file_sorts()));
  query.limit = parameters.number("limit", 1, kMaxRows, kDefaultRows);
  read_place(parameters, query);
  return query;
}

HttpResponse refused(indexer::ListRefusal refusal) {
  if (refusal == indexer::ListRefusal::kAnchorNotFound) {
    return error_response(404, "anchorNotFound",
                          "the message that the page was asked around is not in this list");
  }
  return error_response(400, "badCursor",
                        "'after' must be the 'next', and 'before' the 'previous', of an answer to "
                        "the same list: the same filters, threads and sort");
}

}  // namespace api
