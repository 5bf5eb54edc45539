#include "api/followed_databases.hpp"

#include <algorithm>
#include <utility>

#include "api/clock.hpp"

namespace api {

std::string_view feed_state_name(FeedState state) {
  switch (state) {
    case FeedState::kInitializing:
      return "initializing";
    case FeedState::kRunning:
      return "running";
    case FeedState::kWaiting:
      return "waiting";
    case FeedState::kCrashing:
      return "crashing";
    case FeedState::kGone:
      return "gone";
    case FeedState::kPaused:
      break;
  }
  return "paused";
}

std::uint64_t fingerprint(std::string_view update_seq, std::string_view incarnation) {
  const std::hash<std::string> hash;
  const std::uint64_t value = hash(std::string(update_seq).append("\n").append(incarnation));
  return std::max<std::uint64_t>(value, 1);
}

std::uint64_t resync_fingerprint() { return fingerprint(kResyncPending, ""); }

FollowedDatabases::FollowedDatabases(const SourceConfig& source)
    : source_(source), doctypes_(source.databases_of_account()) {}

void FollowedDatabases::add(std::string_view account) {
  if (numbers_.contains(account)) return;
  const auto [entry, is_new] =
      numbers_.emplace(std::string(account), static_cast<std::uint32_t>(accounts_.size()));
  accounts_.push_back(&entry->first);
  account_states_.push_back(AccountState::kFollowed);
  for (std::size_t i = 0; i < doctypes_.size(); ++i)
    databases_.emplace_back().since = current_time();
}

bool FollowedDatabases::contains(std::string_view account) const {
  return numbers_.contains(account);
}

std::optional<DatabaseId> FollowedDatabases::find(std::string_view database) const {
  const auto place = source_.layout.parse(
      database, source_.accounts.empty() ? std::string_view() : source_.accounts.front());
  if (!place) return std::nullopt;
  const auto account = numbers_.find(place->account);
  if (account == numbers_.end()) return std::nullopt;
  const auto doctype =
      std::find(doctypes_.begin(), doctypes_.end(), place->doctype.value_or(doctypes_.front()));
  if (doctype == doctypes_.end()) return std::nullopt;
  return account->second * static_cast<DatabaseId>(doctypes_.size()) +
         static_cast<DatabaseId>(doctype - doctypes_.begin());
}

std::vector<DatabaseId> FollowedDatabases::of_account(std::string_view account) const {
  std::vector<DatabaseId> ids;
  const auto found = numbers_.find(account);
  if (found == numbers_.end()) return ids;
  const auto count = static_cast<DatabaseId>(doctypes_.size());
  for (DatabaseId i = 0; i < count; ++i) ids.push_back(found->second * count + i);
  return ids;
}

std::size_t FollowedDatabases::account_count() const {
  return accounts_.size() -
         static_cast<std::size_t>(
             std::count(account_states_.begin(), account_states_.end(), AccountState::kRemoved));
}

AccountState FollowedDatabases::account_state(DatabaseId id) const {
  return account_states_[id / doctypes_.size()];
}

void FollowedDatabases::set_account_state(std::string_view account, AccountState state) {
  const auto found = numbers_.find(account);
  if (found == numbers_.end()) return;
  const AccountState before = std::exchange(account_states_[found->second], state);
  for (const DatabaseId id : of_account(account)) {
    if (before == AccountState::kRemoved && state != before) databases_[id] = FollowedDatabase();
    databases_[id].since = current_time();
  }
}

void FollowedDatabases::restore(const KnownDatabase& known) {
  const auto id = find(known.name);
  if (!id) return;
  FollowedDatabase& database = databases_[*id];
  database.is_present = !known.is_gone;
  if (known.is_gone) enter(*id, FeedState::kGone);
  if (!known.seen.empty()) database.seen = fingerprint(known.seen, known.incarnation);
  database.quarantined = static_cast<std::uint32_t>(known.quarantined);
}

KnownDatabase FollowedDatabases::known(DatabaseId id, std::string seen, std::string incarnation,
                                       std::optional<std::chrono::sys_seconds> next_attempt) const {
  KnownDatabase known;
  known.source = source_.name;
  known.name = name(id);
  known.account = account(id);
  if (!source_.layout.has_all_doctypes_in_one()) known.doctype = doctype(id);
  known.is_gone = databases_[id].state == FeedState::kGone;
  if (databases_[id].is_resync_pending) {
    known.seen = kResyncPending;
  } else {
    known.seen = std::move(seen);
    known.incarnation = std::move(incarnation);
  }
  known.quarantined = databases_[id].quarantined;
  known.next_attempt = next_attempt;
  return known;
}

std::string FollowedDatabases::name(DatabaseId id) const {
  return source_.layout.database(account(id), doctype(id));
}

const std::string& FollowedDatabases::account(DatabaseId id) const {
  return *accounts_[id / doctypes_.size()];
}

mail::Doctype FollowedDatabases::doctype(DatabaseId id) const {
  return doctypes_[id % doctypes_.size()];
}

bool FollowedDatabases::has_text(DatabaseId id) const {
  return doctype(id) == mail::Doctype::kEmails || doctype(id) == mail::Doctype::kContents;
}

bool FollowedDatabases::is_required(DatabaseId id) const {
  return doctype(id) == mail::Doctype::kEmails;
}

void FollowedDatabases::enter(DatabaseId id, FeedState state) {
  FollowedDatabase& database = databases_[id];
  if (database.state == state) return;
  database.state = state;
  database.since = current_time();
}

FeedState FollowedDatabases::state(DatabaseId id) const {
  const FeedState state = databases_[id].state;
  const bool is_held = account_state(id) == AccountState::kPaused && state != FeedState::kGone;
  return is_held ? FeedState::kPaused : state;
}

bool FollowedDatabases::set_error(DatabaseId id, const std::string& error) {
  auto& last = databases_[id].last_error;
  const bool is_new = !last || *last != error;
  if (is_new) last = std::make_unique<std::string>(error);
  return is_new;
}

FeedReport FollowedDatabases::report(DatabaseId id) const {
  const FollowedDatabase& database = databases_[id];
  FeedReport report;
  report.source = source_.name;
  report.account = account(id);
  report.database = name(id);
  report.state = state(id);
  report.since = database.since;
  report.is_present = database.is_present;
  if (database.last_error) report.last_error = *database.last_error;
  return report;
}

}  // namespace api
