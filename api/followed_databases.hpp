// The databases of one source that are followed, with a small record of each: there may be tens of
// thousands, most of them idle. Belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.hpp"
#include "api/registry.hpp"
#include "api/reports.hpp"
#include "replica/couch_client.hpp"
#include "replica/schedule.hpp"

namespace api {

using DatabaseId = replica::Schedule::Id;

struct FollowedDatabase {
  FeedState state = FeedState::kInitializing;
  bool is_present = false;  // at the source, as far as is known
  bool is_filling = false;  // in its first pull; text is indexed afterwards
  bool is_reported_deleted = false;  // by a feed, since the last probe
  // A comparison with the source was asked for; the next pull begins with it.
  bool is_resync_pending = false;
  // Known, since the start, to be the same database that was pulled before.
  bool is_identity_verified = false;
  std::uint8_t failures = 0;  // in a row
  std::uint32_t quarantined = 0;
  std::int64_t pending = 0;  // rows that the pull under way has still to read
  std::uint64_t seen = 0;  // fingerprint of what was pulled up to; 0: never pulled
  std::chrono::sys_seconds since{};  // when it entered its state
  std::chrono::steady_clock::time_point caught_up{};  // when it last had everything; 0: never
  std::chrono::steady_clock::time_point probed{};  // when it was last compared with the source
  // Since when its feed has ended elsewhere than at its sequence; 0: it does not. See replica::FeedEnd.
  std::chrono::steady_clock::time_point ends_early_since{};
  std::uint64_t greatest_seq = 0;  // replica::sum_of_shards, of those that the source has told
  std::chrono::steady_clock::time_point moved{};  // when it last changed there, or was used
  std::unique_ptr<std::string> last_error;
  // The state at the source that the last probe found; recorded once it is pulled. Null: no change.
  std::unique_ptr<replica::DatabaseInfo> info_at_source;
};

// A short hash of an update sequence and the incarnation of its database. Never 0.
[[nodiscard]] std::uint64_t fingerprint(std::string_view update_seq, std::string_view incarnation);
// The fingerprint of a database that is to be compared, or is being compared, with its source.
[[nodiscard]] std::uint64_t resync_fingerprint();

class FollowedDatabases {
 public:
  explicit FollowedDatabases(const SourceConfig& source);

  // Adds the account's databases, of which nothing is known yet. An account that is already here
  // stays as it is.
  void add(std::string_view account);
  [[nodiscard]] bool contains(std::string_view account) const;
  // Nothing for a database that is not followed, or whose name does not fit the source's layout.
  [[nodiscard]] std::optional<DatabaseId> find(std::string_view database) const;
  [[nodiscard]] std::vector<DatabaseId> of_account(std::string_view account) const;
  [[nodiscard]] AccountState account_state(DatabaseId id) const;
  // True for those that are neither paused nor removed: only they are looked at and pulled.
  [[nodiscard]] bool is_followed(DatabaseId id) const {
    return account_state(id) == AccountState::kFollowed;
  }
  // When a removed account comes back, what was known of its databases is forgotten.
  void set_account_state(std::string_view account, AccountState state);
  // Takes over what an earlier program recorded of a database.
  void restore(const KnownDatabase& known);
  // The record to keep of a database. `seen` is replaced by kResyncPending when it is to be
  // compared.
  [[nodiscard]] KnownDatabase known(DatabaseId id, std::string seen, std::string incarnation,
                                    std::optional<std::chrono::sys_seconds> next_attempt) const;

  [[nodiscard]] std::size_t size() const { return databases_.size(); }
  [[nodiscard]] std::size_t account_count() const;  // without those that were removed
  [[nodiscard]] FollowedDatabase& operator[](DatabaseId id) { return databases_[id]; }
  [[nodiscard]] const FollowedDatabase& operator[](DatabaseId id) const { return databases_[id]; }
  [[nodiscard]] std::string name(DatabaseId id) const;
  [[nodiscard]] const std::string& account(DatabaseId id) const;
  [[nodiscard]] mail::Doctype doctype(DatabaseId id) const;
  // `has_text`: the database holds messages or bodies, of which the text index is made.
  // `is_required`: it holds messages, which every account has.
  [[nodiscard]] bool has_text(DatabaseId id) const;
  [[nodiscard]] bool is_required(DatabaseId id) const;

  void enter(DatabaseId id, FeedState state);
  // The state to report: kPaused for all databases of a paused account.
  [[nodiscard]] FeedState state(DatabaseId id) const;
  // Remembers the error. True when it differs from the one before.
  bool set_error(DatabaseId id, const std::string& error);
  [[nodiscard]] FeedReport report(DatabaseId id) const;

 private:
  const SourceConfig& source_;
  const std::vector<mail::Doctype> doctypes_;  // of each account, in this order
  std::vector<const std::string*> accounts_;  // names, in `numbers_`
  std::vector<AccountState> account_states_;  // of the accounts
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::deque<FollowedDatabase> databases_;  // only grows, so references stay valid
};

}  // namespace api
