// Watches for changes at a source, by the best kind of feed that it allows: one feed for all
// databases; else a feed each for the databases most in use; else none, and databases are polled. A
// report is only a reason to probe a database, and may come twice.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "api/config.hpp"
#include "api/followed_databases.hpp"
#include "replica/couch_client.hpp"

namespace api {

// Belongs to the executor's thread.
class Watcher {
 public:
  struct Callbacks {
    std::function<void(const replica::FeedEvent&)> on_change;
    // From now on no change is missed that this kind of feed reports. Earlier changes are for the
    // caller to find.
    std::function<void()> on_settled;
    std::function<void(const replica::SourceError&)> on_error;  // tried again by itself
    // The feed of this database fails; a probe tells whether the database or the source does, too.
    std::function<void(DatabaseId)> on_feed_failed;
    // The databases that get a feed of their own, `most` at most.
    std::function<std::vector<DatabaseId>(std::size_t most)> choose_databases;
  };

  // The references must be valid until `run` has ended.
  Watcher(replica::CouchClient& client, const SourceConfig& source,
          const FollowedDatabases& databases, const boost::asio::any_io_executor& executor,
          Callbacks callbacks);

  // Runs until `stop`; the client must be closed as well.
  [[nodiscard]] boost::asio::awaitable<void> run();
  void stop();
  // Call when other databases are to be chosen from.
  void choose_again();

  [[nodiscard]] Watch in_use() const { return in_use_; }
  [[nodiscard]] std::size_t open_feeds() const { return open_feeds_; }

 private:
  using Clock = std::chrono::steady_clock;
  // A feed of one database.
  struct Feed {
    boost::asio::cancellation_signal signal;
    bool is_unwanted = false;
    bool has_ended = false;
    std::optional<Clock::time_point> refused_until;
  };

  [[nodiscard]] boost::asio::awaitable<void> try_kinds();
  [[nodiscard]] boost::asio::awaitable<void> follow_server_feed(replica::FeedKind kind);
  [[nodiscard]] boost::asio::awaitable<void> follow_database_feeds();
  [[nodiscard]] boost::asio::awaitable<void> follow_database(DatabaseId id,
                                                             std::shared_ptr<Feed> feed);
  void on_feed_refused(DatabaseId id, Feed& feed, const replica::SourceError& error);
  [[nodiscard]] bool are_all_refused() const;
  [[nodiscard]] boost::asio::awaitable<void> read_feed(replica::WatchQuery& query, DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<void> pause(std::chrono::milliseconds duration);
  void enter(Watch watch);
  void settle_soon();
  void choose_feeds();
  void end_feeds();
  [[nodiscard]] std::size_t max_feeds() const;
  [[nodiscard]] std::chrono::milliseconds pause_after(const replica::SourceError& error,
                                                      Clock::time_point began, unsigned& failures);

  replica::CouchClient& client_;
  const SourceConfig& source_;
  const FollowedDatabases& databases_;
  boost::asio::any_io_executor executor_;
  Callbacks callbacks_;
  Watch in_use_;
  std::size_t open_feeds_ = 0;
  std::map<DatabaseId, std::shared_ptr<Feed>> feeds_;
  bool is_refused_ = false;  // the kind of feed in use
  bool has_gap_ = true;  // changes may have been missed
  bool is_stopping_ = false;
  boost::asio::steady_timer timer_;  // of `run`
  boost::asio::steady_timer settling_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace api
