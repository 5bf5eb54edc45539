#include "api/status_lines.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "api/message_lines.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

constexpr std::size_t kAccountsShown = 20;
constexpr std::size_t kDetailsShown = 3;  // of one kind, of an account
constexpr std::size_t kTasksShown = 5;
// An account is well when it is no further behind.
constexpr std::int64_t kUsualLag = 60;  // seconds

std::int64_t number(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

json member(const json& object, const char* name, json otherwise = json::object()) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? std::move(otherwise) : *found;
}

// A server that does not run follows nothing.
bool is_followed(const json& account) {
  return !account.value("local", false) && !member(account, "feeds", json::array()).empty();
}

bool has_lag(const json& account) { return !member(account, "lagSeconds", {}).is_null(); }

// The source has no database of the account: a name or a layout may be wrong.
bool is_absent(const json& account) {
  const json feeds = member(account, "feeds", json::array());
  return !has_lag(account) && std::all_of(feeds.begin(), feeds.end(), [](const json& feed) {
    return text_of(feed, "state") == "waiting";
  });
}

std::size_t erring_feeds(const json& account) {
  std::size_t erring = 0;
  for (const json& feed : member(account, "feeds", json::array())) {
    const std::string state = text_of(feed, "state");
    if (state == "crashing") ++erring;
  }
  return erring;
}

// How urgently an account needs attention: 0 when it is well.
std::int64_t badness(const json& account) {
  constexpr std::int64_t kCannotBeRead = 1'000'000'000, kErring = 1'000'000, kRefused = 10'000;
  if (account.contains("error")) return kCannotBeRead;
  std::int64_t bad = static_cast<std::int64_t>(erring_feeds(account)) * kErring;
  bad += static_cast<std::int64_t>(member(account, "quarantined", json::array()).size()) * kRefused;
  bad += number(member(account, "index"), "failed") * kRefused;
  const bool is_paused = account.value("paused", false);
  const bool is_behind =
      number(account, "lagSeconds") > kUsualLag || (is_followed(account) && !has_lag(account));
  if (!is_paused && is_behind)
    bad += std::clamp<std::int64_t>(number(account, "lagSeconds"), 1, kErring);
  if (!member(account, "index").value("complete", true)) ++bad;
  return bad;
}

// "alice      12 s behind   313 documents  148 messages ..."
std::string lag_in_words(const json& account) {
  if (account.value("paused", false)) return "paused";
  if (account.value("gone", false)) return "gone";
  if (account.value("local", false)) return "local";
  if (!is_followed(account)) return "not followed";
  if (!has_lag(account)) return is_absent(account) ? "not there" : "first pull";
  const auto lag = number(account, "lagSeconds");
  return lag == 0 ? "in step" : in_words(std::chrono::seconds(lag)) + " behind";
}

// The first few, and how many more there are.
template <typename Line>
std::string first_of(const json& rows, const char* what, const Line& line) {
  std::string lines;
  for (std::size_t i = 0; i < std::min(rows.size(), kDetailsShown); ++i) lines += line(rows[i]);
  if (rows.size() > kDetailsShown)
    lines += fmt::format("    and {} more {}\n", rows.size() - kDetailsShown, what);
  return lines;
}

std::string extraction_lines(const json& extractions) {
  const auto failed = number(extractions, "failed");
  if (failed == 0) return "";
  std::vector<std::pair<std::int64_t, std::string>> reasons;
  const json counts = member(extractions, "reasons");
  for (const auto& [reason, files] : counts.items())
    reasons.emplace_back(files.is_number_integer() ? files.get<std::int64_t>() : 0, reason);
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string lines = fmt::format("    the text of {} files cannot be read\n", failed);
  for (const auto& [files, reason] : reasons)
    lines += fmt::format("      {}: {}\n", files, for_terminal(reason));
  return lines;
}

std::string detail_lines(const json& account) {
  std::string lines;
  const json index = member(account, "index");
  if (!index.value("complete", true))
    lines += fmt::format("    index: {} entries pending\n", number(index, "pending"));
  if (const auto failed = number(index, "failed"); failed > 0)
    lines += fmt::format("    {} documents cannot be read\n", failed);
  json feeds = json::array();
  for (const json& feed : member(account, "feeds", json::array())) {
    if (!text_of(feed, "lastError").empty()) feeds.push_back(feed);
  }
  lines += first_of(feeds, "feeds", [](const json& feed) {
    return fmt::format("    {}: {} ({})\n", text_of(feed, "database"), text_of(feed, "state"),
                       text_of(feed, "lastError"));
  });
  lines += first_of(member(account, "quarantined", json::array()), "in quarantine",
                    [](const json& document) {
                      return fmt::format("    quarantined: {} {}: {}; tried {} times, {}\n",
                                         text_of(document, "database"), text_of(document, "docId"),
                                         text_of(document, "reason"), number(document, "attempts"),
                                         next_attempt_in_words(document));
                    });
  if (const auto ignored = number(account, "ignored"); ignored > 0)
    lines += fmt::format("    {} ignored in quarantine\n", ignored);
  const json conflicts = member(account, "conflicts");
  if (const auto count = number(conflicts, "count"); count > 0) {
    lines += fmt::format("    {} documents in conflict:", count);
    for (const json& document : member(conflicts, "first", json::array()))
      lines += fmt::format(" {}", text_of(document, "docId"));
    lines += '\n';
  }
  return lines + extraction_lines(member(account, "extractions"));
}

std::string account_lines(const json& account) {
  const std::string name = text_of(account, "account");
  if (account.contains("error")) return fmt::format("{}: {}\n", name, text_of(account, "error"));
  const json levels = member(account, "levels");
  const json bytes = member(account, "bytes");
  const auto size = [&](const char* what) {
    return bytes_in_words(static_cast<std::uint64_t>(number(bytes, what)));
  };
  return fmt::format(
             "{}  {}  {} documents, {} messages (text of {}, with attachments {}); store "
             "{}, lists {}, index {}\n",
             fit(name, 16), fit(lag_in_words(account), 14), number(account, "documents"),
             number(account, "messages"), number(levels, "body") + number(levels, "attachments"),
             number(levels, "attachments"), size("store"), size("catalog"), size("index")) +
         detail_lines(account);
}

std::string accounts_lines(json accounts) {
  std::vector<std::pair<std::int64_t, const json*>> worst_first;
  for (const json& account : accounts) worst_first.emplace_back(badness(account), &account);
  std::stable_sort(worst_first.begin(), worst_first.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string lines;
  const std::size_t shown = std::min(worst_first.size(), kAccountsShown);
  for (std::size_t i = 0; i < shown; ++i) lines += account_lines(*worst_first[i].second);
  const auto is_bad = [](const auto& each) { return each.first > 0; };
  const auto rest = worst_first.begin() + static_cast<std::ptrdiff_t>(shown);
  const auto bad = std::count_if(rest, worst_first.end(), is_bad);
  const auto well = static_cast<std::int64_t>(worst_first.size() - shown) - bad;
  if (bad > 0) lines += fmt::format("and {} more that are not well: --json has them\n", bad);
  if (well > 0) lines += fmt::format("and {} more are well\n", well);
  return lines;
}

std::string source_lines(const json& source) {
  const json databases = member(source, "databases");
  std::string lines = fmt::format(
      "source {} ({}): {}, watch {}, {} feeds; {} accounts, {} databases idle, {} crashing, {} "
      "gone, {} paused\n",
      text_of(source, "source"), text_of(source, "url"), text_of(source, "state"),
      text_of(source, "watch"), number(source, "openFeeds"), number(source, "accounts"),
      number(source, "idle"), number(databases, "crashing"), number(databases, "gone"),
      number(databases, "paused"));
  if (const std::string error = text_of(source, "lastError"); !error.empty())
    lines += fmt::format("    {}\n", error);
  return lines;
}

std::string disk_line(const json& disk) {
  const std::string folder = text_of(disk, "folder");
  const std::string free = bytes_in_words(static_cast<std::uint64_t>(number(disk, "free")));
  if (text_of(disk, "state") == "noSpace") {
    return fmt::format("PAUSED: no space left on {} since {} ({} free)\n", folder,
                       text_of(disk, "since"), free);
  }
  return fmt::format("{}: {} free\n", folder, free);
}

std::string tasks_lines(const json& tasks) {
  std::string lines;
  std::size_t shown = 0;
  for (const json& task : tasks) {
    if (++shown > kTasksShown) break;
    const auto of = number(task, "of");
    const std::string progress =
        of > 0 ? fmt::format(" {} of {}", number(task, "done"), of) : std::string();
    lines +=
        fmt::format("task {} {}: {}{} {}\n", text_of(task, "kind"), text_of(task, "account"),
                    text_of(task, "state"), progress, outcome_in_words(text_of(task, "outcome")));
  }
  return lines;
}

}  // namespace

std::string outcome_in_words(const std::string& outcome) {
  return outcome.starts_with('{') ? "a report, which davenport task show --json prints" : outcome;
}

std::string next_attempt_in_words(const json& document) {
  if (document.value("ignored", false)) return "ignored until it changes";
  const std::string at = text_of(document, "nextAttempt");
  return "again " + (at.empty() ? "now" : at);
}

std::string status_lines(const json& status, bool is_served) {
  std::string lines = fmt::format("davenport {}: {}\n", text_of(status, "version"),
                                  is_served ? "a server is running" : "no server is running");
  lines += disk_line(member(status, "disk"));
  for (const json& source : member(status, "sources", json::array())) lines += source_lines(source);
  lines += accounts_lines(member(status, "accounts", json::array()));
  return lines + tasks_lines(member(status, "tasks", json::array()));
}

}  // namespace api
