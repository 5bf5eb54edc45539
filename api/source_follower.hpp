// Keeps the databases of one source in step with it. What is heard, asked for or due makes a database be looked at: its
// update sequence is compared with the one that was pulled up to, many databases in one request and no store opened. Only
// what moved is pulled, a bounded number at once. A database that is not due has no coroutine, no socket and no open store.
//
// A source that cannot be reached is one state: nothing is asked until the pause is over, then one request tries it.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "api/accounts.hpp"
#include "api/followed_databases.hpp"
#include "api/indexing.hpp"
#include "api/watcher.hpp"
#include "replica/replicator.hpp"

namespace api {

// What replication of all sources shares.
struct ReplicationParts {
  const Config& config;
  Accounts& accounts;
  Indexing& indexing;
  Metrics& metrics;
  boost::asio::io_context& context;
  boost::asio::thread_pool& workers;
};

// One database of a `sync`.
struct SyncedDatabase {
  std::string name;
  bool is_absent = false;  // at the source
  replica::PullSummary pulled;
  std::chrono::milliseconds duration{};
  std::exception_ptr error;
};

// Members are called on the context's thread, where its coroutines run; they have ended when the context has nothing to do.
class SourceFollower {
 public:
  // Throws std::invalid_argument for a URL that cannot be used, std::runtime_error for certificates that cannot be read.
  SourceFollower(ReplicationParts parts, const SourceConfig& source);

  // What the registry knows of the source; on any thread, before `start`.
  void restore();
  void start();
  void stop();
  // What had to wait is looked at again: there is room on the disk.
  void go_on() { pump(); }
  // On any thread, once the coroutines have ended: writes what was learnt last to the registry.
  void flush();

  [[nodiscard]] const SourceConfig& source() const { return source_; }
  // Somebody waits for the account: its databases are looked at and pulled as soon as the gap between two pulls allows. An
  // account that is not known is asked for where the source may have it; false where it cannot.
  bool wake(const std::string& account);
  // Somebody reads the account: it is looked at sooner where nothing tells when it changes.
  void used(const std::string& account);

  // Nothing of the account is looked at or pulled until `resume`; a pull under way ends before its next commit.
  void pause(const std::string& account);
  bool resume(const std::string& account);  // false when the source does not follow it
  // The account counts as removed; ends when nothing of it is being pulled or recorded any more.
  [[nodiscard]] boost::asio::awaitable<void> let_go(std::string account);
  // Compares all of the account's databases with the source anew, each after the pull that is under way: that is remembered
  // when this ends. Returns how many are there, as far as is known. Throws replica::sqlite::Error; then it is not done.
  [[nodiscard]] boost::asio::awaitable<std::size_t> compare_anew(std::string account);
  // Pulls the account's databases now, moved or not: what is due in quarantine is tried.
  void retry(const std::string& account);

  // Pulls all databases of an account until caught up, with everything that is quarantined; with `anew`, compares them.
  // Nothing is indexed. Its errors are in the answer, which is empty when the source has no such account.
  [[nodiscard]] boost::asio::awaitable<std::vector<SyncedDatabase>> sync(
      std::string account, std::function<void(const replica::PullSummary&)> on_commit, bool anew);

  // Fetches an attachment's bytes into the account's blobs. Throws SourceError.
  [[nodiscard]] boost::asio::awaitable<void> fetch_blob(std::shared_ptr<indexer::Account> account,
                                                        mail::Doctype doctype,
                                                        replica::WantedBlob wanted);

  [[nodiscard]] std::vector<FeedReport> feeds() const;
  [[nodiscard]] std::vector<FeedReport> feeds_of(const std::string& account) const;
  [[nodiscard]] SourceReport report() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Pulled {
    replica::PullSummary summary;
    std::uint32_t quarantined = 0;
    std::optional<std::chrono::sys_seconds> next_attempt;
  };
  struct Opened {
    std::shared_ptr<indexer::Account> account;
    replica::Store* store = nullptr;
  };
  struct PullQuestion {
    bool retries_all = false;  // of quarantine
    bool is_indexed = true;
    std::function<void(const replica::PullSummary&)> on_commit;
  };

  // source_follower.cpp: what is due
  void pump();
  void start_looks(Clock::time_point now);
  void start_pulls(Clock::time_point now);
  void wait_for_what_is_due();
  [[nodiscard]] bool may_ask() const;
  void answered();  // the source is up
  void failed(const replica::SourceError& error);
  // "; again in 0.4 s"; nothing where it only pulls once.
  [[nodiscard]] std::string again_in_words(std::chrono::milliseconds pause) const;
  void remember(KnownDatabase known);
  void write_soon();
  [[nodiscard]] boost::asio::awaitable<void> write_registry();
  [[nodiscard]] std::vector<DatabaseId> most_active(std::size_t most) const;
  [[nodiscard]] FeedState state_of(DatabaseId id) const;  // source_report.cpp
  [[nodiscard]] FeedReport feed(DatabaseId id) const;

  // source_looks.cpp: what is there, and what moved
  void compare_all();
  void heard(const replica::FeedEvent& moved);
  void suspect(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<void> discover();
  [[nodiscard]] boost::asio::awaitable<void> compare_with(const std::vector<std::string>& names);
  [[nodiscard]] boost::asio::awaitable<void> adopt(std::string account);
  [[nodiscard]] boost::asio::awaitable<bool> may_adopt(std::string account);
  void follow(const std::string& account);
  [[nodiscard]] boost::asio::awaitable<void> look(std::vector<DatabaseId> ids);
  void found(DatabaseId id, const replica::DatabaseInfo& info);
  [[nodiscard]] boost::asio::awaitable<bool> is_another(DatabaseId id, replica::DatabaseInfo info);
  [[nodiscard]] boost::asio::awaitable<bool> has_our_log(DatabaseId id);
  [[nodiscard]] std::filesystem::path store_file(DatabaseId id) const;
  void absent(DatabaseId id);
  void caught_up(DatabaseId id);

  // source_pulls.cpp
  [[nodiscard]] boost::asio::awaitable<void> pull(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<Pulled> pull_database(DatabaseId id, PullQuestion question);
  [[nodiscard]] boost::asio::awaitable<Opened> open_store(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<Pulled> replicate(DatabaseId id, Opened opened,
                                                         PullQuestion question);
  void remember_pull(DatabaseId id, const replica::DatabaseInfo& began, const Pulled& pulled);
  void pulled(DatabaseId id, const Pulled& pulled);
  void pull_failed(DatabaseId id, const std::exception_ptr& error);
  void pull_broken_off(DatabaseId id);
  void end_first(DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<void> sync_database(
      DatabaseId id, std::function<void(const replica::PullSummary&)> on_commit,
      SyncedDatabase& outcome);
  [[nodiscard]] boost::asio::awaitable<void> take_turn(DatabaseId id);

  // source_report.cpp
  void add_lags(SourceReport& report) const;

  // source_standing.cpp
  [[nodiscard]] boost::asio::awaitable<void> recall(std::string account);
  [[nodiscard]] boost::asio::awaitable<void> forget_sequences(std::vector<DatabaseId> ids);
  void stop_following(const std::string& account, Standing standing);
  void begin_first(const std::string& account);

  ReplicationParts parts_;
  const SourceConfig& source_;
  replica::CouchClient client_;
  FollowedDatabases databases_;
  Watcher watcher_;
  replica::Schedule looks_;
  replica::Schedule pulls_;
  std::map<DatabaseId, std::shared_ptr<std::atomic<bool>>> stops_;  // of pulls under way
  std::deque<DatabaseId> first_pulls_;  // taken, and waiting for another first pull to end
  std::size_t looks_running_ = 0;
  std::size_t pulls_running_ = 0;
  std::size_t first_pulls_running_ = 0;
  bool is_discovering_ = false;
  std::optional<Clock::time_point> next_discovery_;
  bool is_started_ = false;
  bool is_stopping_ = false;

  // Of the source as a whole.
  bool has_answered_ = false;  // since the start
  unsigned failures_ = 0;
  Clock::time_point down_until_{};
  std::chrono::sys_seconds since_{};
  std::string last_error_;
  std::string logged_error_;

  std::vector<KnownDatabase> to_record_;
  bool is_recording_ = false;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer turn_ended_;  // cancelled whenever a pull ends
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace api
