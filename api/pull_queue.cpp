#include "api/pull_queue.hpp"

#include <algorithm>

#include "replica/source_error.hpp"

namespace api {
namespace {

namespace net = boost::asio;

constexpr std::size_t kFirstPullsAtOnce = 2;

}  // namespace

PullQueue::PullQueue(net::io_context& context, const FollowedDatabases& databases,
                     Clock::duration gap)
    : databases_(databases), schedule_(gap), ended_(context) {}

void PullQueue::stop() {
  is_stopping_ = true;
  ended_.notify_all();
}

void PullQueue::put_off(DatabaseId id, Clock::time_point when) {
  schedule_.put_off(id, when);
  schedule_.due(id, when);
}

bool PullQueue::cancel(DatabaseId id) {
  schedule_.forget(id);
  if (std::erase(waiting_first_, id) > 0) schedule_.done(id);
  const auto flag = stop_flags_.find(id);
  if (flag == stop_flags_.end()) return false;
  *flag->second = true;
  return true;
}

std::optional<DatabaseId> PullQueue::take_next(Clock::time_point now) {
  while (const auto id = next_candidate(now)) {
    if (!databases_.is_followed(*id)) {
      schedule_.done(*id);
      continue;
    }
    const bool is_first = databases_[*id].seen == 0;
    if (is_first && !has_room_for_first()) {
      waiting_first_.push_back(*id);
      continue;
    }
    running_.insert(*id);
    if (is_first) running_first_.insert(*id);
    return id;
  }
  return std::nullopt;
}

std::optional<DatabaseId> PullQueue::next_candidate(Clock::time_point now) {
  if (waiting_first_.empty() || !has_room_for_first()) return schedule_.take(now);
  const DatabaseId id = waiting_first_.front();
  waiting_first_.pop_front();
  return id;
}

bool PullQueue::has_room_for_first() const { return running_first_.size() < kFirstPullsAtOnce; }

net::awaitable<void> PullQueue::claim(DatabaseId id) {
  if (std::erase(waiting_first_, id) > 0) co_return;  // taken already
  while (!schedule_.seize(id, Clock::now())) {
    if (is_stopping_)
      throw replica::SourceError(replica::SourceError::Kind::kNetwork, 0, "stopping");
    co_await ended_.wait();
  }
}

void PullQueue::end(DatabaseId id) {
  running_.erase(id);
  running_first_.erase(id);
  stop_flags_.erase(id);
  schedule_.done(id);
  ended_.notify_all();
}

net::awaitable<void> PullQueue::wait_until_ended(std::vector<DatabaseId> ids) {
  const auto is_pulled = [this](DatabaseId id) { return schedule_.is_taken(id); };
  while (std::any_of(ids.begin(), ids.end(), is_pulled) && !is_stopping_) co_await ended_.wait();
}

std::shared_ptr<std::atomic<bool>> PullQueue::stop_flag(DatabaseId id) {
  const auto flag = std::make_shared<std::atomic<bool>>(!databases_.is_followed(id));
  stop_flags_[id] = flag;
  return flag;
}

}  // namespace api
