// Which databases of a source are to be pulled, in which order, and which are being pulled.
//
// First pulls are long and heavy for both sides: few of them run at once, so that what is followed
// already goes on beside them. Those that find no room wait in a line of their own.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "api/async_condition.hpp"
#include "api/followed_databases.hpp"
#include "replica/schedule.hpp"

namespace api {

// Members are called on the context's thread. A pull begins with `take_next` or `claim`, and its caller
// ends it with `end`.
class PullQueue {
 public:
  using Clock = replica::Schedule::Clock;

  // `gap`: the least time between the starts of two pulls of one database.
  PullQueue(boost::asio::io_context& context, const FollowedDatabases& databases,
            Clock::duration gap);

  void stop();  // ends `claim` and `wait_until_ended`

  // Makes the database due at `when` at the latest, but not before `put_off` and the gap allow.
  void due(DatabaseId id, Clock::time_point when) { schedule_.due(id, when); }
  // Makes it due at `when`, and not sooner, except by `urge`.
  void put_off(DatabaseId id, Clock::time_point when);
  // Makes it due as soon as the gap allows: somebody waits for it.
  void urge(DatabaseId id, Clock::time_point now) { schedule_.urge(id, now); }
  void forget(DatabaseId id) { schedule_.forget(id); }  // not due any more
  // Takes the database out of the queue. True when a pull of it is under way, which is told to end
  // before its next commit.
  bool cancel(DatabaseId id);

  // Begins the pull of the followed database that has been due for longest; nothing when none is due.
  [[nodiscard]] std::optional<DatabaseId> take_next(Clock::time_point now);
  // Begins the pull of this database, due or not, once nobody else pulls it. `running` does not count
  // it. Throws replica::SourceError when there is a pull under way at `stop`.
  [[nodiscard]] boost::asio::awaitable<void> claim(DatabaseId id);
  void end(DatabaseId id);
  // Ends when none of the databases is being pulled, or at `stop`.
  [[nodiscard]] boost::asio::awaitable<void> wait_until_ended(std::vector<DatabaseId> ids);
  // Becomes true when the pull that was begun is to end.
  [[nodiscard]] std::shared_ptr<std::atomic<bool>> stop_flag(DatabaseId id);

  [[nodiscard]] bool is_due(DatabaseId id) const { return schedule_.is_due(id); }  // now or later
  [[nodiscard]] bool is_taken(DatabaseId id) const { return schedule_.is_taken(id); }
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t waiting() const { return schedule_.size() + waiting_first_.size(); }
  // When the schedule has something due next; first pulls in line do not count.
  [[nodiscard]] std::optional<Clock::time_point> next() const { return schedule_.next(); }

 private:
  [[nodiscard]] std::optional<DatabaseId> next_candidate(Clock::time_point now);
  [[nodiscard]] bool has_room_for_first() const;

  const FollowedDatabases& databases_;
  replica::Schedule schedule_;
  std::deque<DatabaseId> waiting_first_;  // taken from the schedule, with no room for a first pull
  std::set<DatabaseId> running_;  // begun by `take_next`
  std::set<DatabaseId> running_first_;
  std::map<DatabaseId, std::shared_ptr<std::atomic<bool>>> stop_flags_;
  bool is_stopping_ = false;
  AsyncCondition ended_;
};

}  // namespace api
