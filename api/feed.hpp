// One database of one account that is kept in step with its source: pulls until caught up, waits for a change, pulls again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

#include "api/config.hpp"
#include "api/replication.hpp"
#include "indexer/account.hpp"
#include "replica/replicator.hpp"

namespace api {

// Growing pauses between attempts, with jitter so that many do not come back at once.
class Backoff {
 public:
  [[nodiscard]] std::chrono::milliseconds next();
  void reset();

 private:
  std::chrono::milliseconds pause_{0};
  std::minstd_rand random_{std::random_device{}()};
};

class Feed {
 public:
  struct Events {
    std::function<void(const replica::PullSummary&)> on_commit;  // on a worker, after each batch
    std::function<void()> on_caught_up;  // each time; a database that is absent counts as well
  };

  // Everything given by reference outlives the feed's coroutine and the workers' last piece of work.
  Feed(replica::CouchClient& client, const SourceConfig& source,
       std::shared_ptr<indexer::Account> account, mail::Doctype doctype,
       const boost::asio::any_io_executor& executor, boost::asio::thread_pool& workers,
       Events events);

  // Until `stop`. What goes wrong is logged, reported and tried again.
  [[nodiscard]] boost::asio::awaitable<void> follow();

  // On the executor's thread.
  void wake();  // ends a pause
  void stop();  // the client must be closed as well, which ends a request under way

  [[nodiscard]] FeedReport report() const;  // any thread

 private:
  [[nodiscard]] boost::asio::awaitable<void> turn();
  [[nodiscard]] boost::asio::awaitable<void> begin();
  [[nodiscard]] boost::asio::awaitable<void> pause(std::chrono::milliseconds duration);
  void enter(std::string state);
  void caught_up();
  void absent();
  void failed(const std::string& error, std::chrono::milliseconds pause);

  replica::CouchClient& client_;
  const SourceConfig& source_;
  const std::shared_ptr<indexer::Account> account_;
  const mail::Doctype doctype_;
  const std::string database_;
  boost::asio::thread_pool& workers_;
  Events events_;
  std::optional<replica::Replicator> replicator_;  // once the database is there
  boost::asio::steady_timer timer_;
  bool woken_ = false;
  bool stopping_ = false;

  mutable std::mutex mutex_;
  FeedReport report_;
};

// The store of a database that is there at the source; made when it is not there yet. Throws SourceError kNotFound when
// the source has no such database. `account` must outlive the worker's last piece of work.
[[nodiscard]] boost::asio::awaitable<replica::Store*> open_store(replica::CouchClient& client,
                                                                 std::string database,
                                                                 indexer::Account& account,
                                                                 mail::Doctype doctype,
                                                                 boost::asio::thread_pool& workers);

// Only the messages' database must be there: mail without mailboxes, contents or files is mail.
[[nodiscard]] bool may_be_absent(mail::Doctype doctype, const replica::SourceError& error);

}  // namespace api
