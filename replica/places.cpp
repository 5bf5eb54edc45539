#include "replica/places.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "replica/source_error.hpp"

namespace replica {

Places::Places(net::any_io_executor executor, std::size_t limit, std::size_t long_stays)
    : executor_(std::move(executor)), limit_(limit), long_limit_(long_stays) {}

net::awaitable<Places::Place> Places::take(Stay stay) {
  const auto closed = [] { return SourceError(SourceError::Kind::kNetwork, 0, "stopped asking"); };
  if (closed_) throw closed();
  const bool is_first = std::none_of(waiting_.begin(), waiting_.end(), [stay](const Waiter& other) {
    return !other.admitted && (other.stay == stay || other.stay == Stay::kShort);
  });
  if (is_first && is_free(stay)) {
    occupy(stay);
    co_return Place(*this, stay);
  }

  const auto self = waiting_.emplace(waiting_.end(), executor_, stay);
  struct Leave {  // also when the coroutine is destroyed while it waits
    std::list<Waiter>& waiting;
    std::list<Waiter>::iterator self;
    ~Leave() { waiting.erase(self); }
  };
  const Leave leave{waiting_, self};
  boost::system::error_code woken;
  co_await self->timer.async_wait(net::redirect_error(net::use_awaitable, woken));
  if (!self->admitted) throw closed();
  co_return Place(*this, stay);
}

void Places::close() {
  closed_ = true;
  for (Waiter& waiter : waiting_) waiter.timer.cancel();
}

bool Places::is_free(Stay stay) const {
  return taken_ < limit_ && (stay == Stay::kShort || long_taken_ < long_limit_);
}

void Places::occupy(Stay stay) {
  ++taken_;
  if (stay == Stay::kLong) ++long_taken_;
}

void Places::give_back(Stay stay) {
  --taken_;
  if (stay == Stay::kLong) --long_taken_;
  admit();
}

void Places::admit() {
  for (Waiter& waiter : waiting_) {
    if (taken_ == limit_) return;
    if (waiter.admitted || !is_free(waiter.stay)) continue;
    waiter.admitted = true;
    occupy(waiter.stay);
    waiter.timer.cancel();
  }
}

}  // namespace replica
