// Hears what moves at a source, by the best feed that it allows: one for all databases; else one each for the databases that
// are most in use; else none, and the databases are polled. What is heard is only a reason to look: it may come twice.
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
  struct Events {
    std::function<void(const replica::FeedEvent&)> moved;
    // From now on nothing is missed that this mode can hear: what moved before is the caller's to find out.
    std::function<void()> settled;
    std::function<void(const replica::SourceError&)> failed;  // tried again by itself
    // The feed of this database fails: who looks at it learns whether the database, or the source, has more than that.
    std::function<void(DatabaseId)> failed_for;
    // The databases, at most so many, that get a feed of their own.
    std::function<std::vector<DatabaseId>(std::size_t most)> choose;
  };

  // What is given by reference must live until `run` has ended.
  Watcher(replica::CouchClient& client, const SourceConfig& source,
          const FollowedDatabases& databases, const boost::asio::any_io_executor& executor,
          Events events);

  // Until `stop`; the client must be closed as well.
  [[nodiscard]] boost::asio::awaitable<void> run();
  void stop();
  // There are other databases to choose from.
  void reconsider();

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

  [[nodiscard]] boost::asio::awaitable<void> follow_in_order();
  [[nodiscard]] boost::asio::awaitable<void> follow_all(replica::FeedKind kind);
  [[nodiscard]] boost::asio::awaitable<void> follow_some();
  [[nodiscard]] boost::asio::awaitable<void> follow_database(DatabaseId id,
                                                             std::shared_ptr<Feed> feed);
  void refuse(DatabaseId id, Feed& feed, const replica::SourceError& error);
  [[nodiscard]] bool are_all_refused() const;
  [[nodiscard]] boost::asio::awaitable<void> listen(replica::WatchQuery& query, DatabaseId id);
  [[nodiscard]] boost::asio::awaitable<void> pause(std::chrono::milliseconds duration);
  void enter(Watch watch);
  void settle_soon();
  void choose_feeds();
  void end_feeds();
  [[nodiscard]] std::size_t most_feeds() const;
  [[nodiscard]] std::chrono::milliseconds pause_after(const replica::SourceError& error,
                                                      Clock::time_point began, unsigned& failures);

  replica::CouchClient& client_;
  const SourceConfig& source_;
  const FollowedDatabases& databases_;
  boost::asio::any_io_executor executor_;
  Events events_;
  Watch in_use_;
  std::size_t open_feeds_ = 0;
  std::map<DatabaseId, std::shared_ptr<Feed>> feeds_;
  bool is_refused_ = false;  // what is in use
  bool is_gap_ = true;  // something may have moved unheard
  bool is_stopping_ = false;
  boost::asio::steady_timer timer_;  // of `run`
  boost::asio::steady_timer settling_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace api
