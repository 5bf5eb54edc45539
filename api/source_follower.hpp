// Keeps the databases of one source up to date here.
//
// A database becomes due when a feed reports a change, when the poll interval is over, when somebody
// asks for it, or after a start. What is due is first probed: its update sequence at the source is
// compared with the one up to which it was pulled, many databases in one request and without opening
// a store. Only databases that changed are pulled, a bounded number at once. A database that is not
// due has no coroutine, no socket and no open store.
//
// When a source cannot be reached, nothing is sent until a growing pause is over; then one request
// tries it again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/account_discovery.hpp"
#include "api/blob_transfer.hpp"
#include "api/database_puller.hpp"
#include "api/database_records.hpp"
#include "api/followed_databases.hpp"
#include "api/identity_check.hpp"
#include "api/pull_queue.hpp"
#include "api/source_health.hpp"
#include "api/source_parts.hpp"
#include "api/watcher.hpp"
#include "replica/replicator.hpp"

namespace api {

// One database of a `sync`.
struct SyncedDatabase {
  std::string name;
  bool is_absent = false;  // at the source
  replica::PullSummary pulled;
  std::chrono::milliseconds duration{};
  std::exception_ptr error;
};

// Except where it says otherwise, members are called on the context's thread, where its coroutines
// run too. The coroutines have ended when the context has nothing left to do.
class SourceFollower {
 public:
  // Throws std::invalid_argument for a URL that cannot be used, std::runtime_error for certificates
  // that cannot be read.
  SourceFollower(ReplicationParts parts, const SourceConfig& source);

  // Takes over what the registry knows of the source. Any thread, before `start`.
  void restore();
  void start();
  void stop();
  // Starts due work as far as the bounds allow, and arms the timer for the rest. Call it when there
  // may be room on the disk again.
  void run_due();
  // Writes the records that are not yet written to the registry. Any thread, after the coroutines
  // have ended.
  void flush() { records_.flush(); }

  [[nodiscard]] const SourceConfig& source() const { return source_; }
  // Probes the account's databases now, and pulls those that changed, as soon as the minimum interval
  // between two pulls allows. An unknown account is looked for at the source if it may be there; false
  // when it cannot be.
  bool wake(const std::string& account);
  // Call when somebody reads the account: it is probed sooner, unless a feed reports all changes.
  void mark_used(const std::string& account);

  // Nothing of the account is probed or pulled until `resume`; a pull under way ends before its next
  // commit.
  void pause(const std::string& account);
  bool resume(const std::string& account);  // false when the source does not follow it
  // Marks the account as removed. Ends when nothing of it is being pulled or recorded any more.
  [[nodiscard]] boost::asio::awaitable<void> remove(std::string account);
  // Has all of the account's databases compared with the source, each after the pull that is under
  // way. Durable when this ends. Returns how many databases are at the source, as far as is known.
  // Throws replica::sqlite::Error; then nothing is compared.
  [[nodiscard]] boost::asio::awaitable<std::size_t> resync(std::string account);
  // Pulls the account's databases now, changed or not, so that due documents in quarantine are tried.
  void retry(const std::string& account);

  // Pulls all databases of an account until caught up, and tries everything in quarantine. With
  // `resync_first` they are compared with the source. Indexes nothing. Errors of single databases are
  // in the answer, which is empty when the source has no such account.
  [[nodiscard]] boost::asio::awaitable<std::vector<SyncedDatabase>> sync(
      std::string account, std::function<void(const replica::PullSummary&)> on_commit,
      bool resync_first);

  // Fetches an attachment's bytes into the account's blobs. Throws SourceError.
  [[nodiscard]] boost::asio::awaitable<void> fetch_blob(std::shared_ptr<indexer::Account> account,
                                                        mail::Doctype doctype,
                                                        replica::WantedBlob wanted) {
    return transfer_blob(parts_, std::move(account), doctype, std::move(wanted));
  }

  [[nodiscard]] std::vector<FeedReport> feeds() const;
  [[nodiscard]] std::vector<FeedReport> feeds_of(const std::string& account) const;
  [[nodiscard]] SourceReport report() const;

 private:
  using Clock = std::chrono::steady_clock;

  // source_follower.cpp: schedules due work
  void start_probes(Clock::time_point now);
  void start_pulls(Clock::time_point now);
  void arm_timer();
  [[nodiscard]] bool may_send() const;
  [[nodiscard]] std::vector<DatabaseId> most_active(std::size_t most) const;

  // source_probes.cpp: which databases there are, and which of them changed
  void probe_all();
  void on_feed_change(const replica::FeedEvent& moved);
  void on_feed_failed(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<void> discover();
  void compare_with_list(const std::vector<std::string>& names);
  [[nodiscard]] boost::asio::awaitable<void> look_for(std::string account);
  [[nodiscard]] boost::asio::awaitable<void> probe(std::vector<DatabaseId> ids);
  void on_present(DatabaseId id, const replica::DatabaseInfo& info);
  void on_absent(DatabaseId id);
  void on_caught_up(DatabaseId id);

  // source_pulls.cpp: pulls
  void enter_running(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<void> pull(DatabaseId id);
  void on_pulled(DatabaseId id, const PullResult& pulled);
  void on_pull_failed(DatabaseId id, const std::exception_ptr& error);
  void on_pull_cancelled(DatabaseId id);
  void begin_first_pull(DatabaseId id);
  void end_first_pull(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<PullResult> pull_for_sync(DatabaseId id,
                                                                 PullOptions options);
  [[nodiscard]] boost::asio::awaitable<void> sync_database(
      DatabaseId id, std::function<void(const replica::PullSummary&)> on_commit,
      SyncedDatabase& outcome);

  // source_report.cpp: reports
  [[nodiscard]] FeedState state_of(DatabaseId id) const;
  [[nodiscard]] FeedReport feed(DatabaseId id) const;

  // source_accounts.cpp: accounts that are paused, resumed, compared or removed
  [[nodiscard]] boost::asio::awaitable<void> restore_account(std::string account);
  void suspend(const std::string& account, AccountState state);

  const SourceConfig& source_;
  replica::CouchClient client_;
  SourceHealth health_;
  FollowedDatabases databases_;
  const SourceParts parts_;
  DatabaseRecords records_;
  Watcher watcher_;
  AccountDiscovery discovery_;
  IdentityCheck identity_;
  replica::Schedule probes_;
  std::size_t probes_running_ = 0;  // requests
  PullQueue pulls_;
  DatabasePuller puller_;
  bool is_started_ = false;
  bool is_stopping_ = false;
  boost::asio::steady_timer timer_;  // of `run_due`
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace api
