#include "replica/semaphore.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "replica/source_error.hpp"

namespace replica {

Semaphore::Semaphore(net::any_io_executor executor, std::size_t limit, std::size_t long_limit)
    : executor_(std::move(executor)), limit_(limit), long_limit_(long_limit) {}

net::awaitable<Semaphore::Permit> Semaphore::acquire(Hold hold) {
  const auto closed = [] { return SourceError(SourceError::Kind::kNetwork, 0, "stopped asking"); };
  if (closed_) throw closed();
  const bool is_first = std::none_of(waiting_.begin(), waiting_.end(), [hold](const Waiter& other) {
    return !other.admitted && (other.hold == hold || other.hold == Hold::kShort);
  });
  if (is_first && is_free(hold)) {
    occupy(hold);
    co_return Permit(*this, hold);
  }

  const auto self = waiting_.emplace(waiting_.end(), executor_, hold);
  struct Leave {  // also when the coroutine is destroyed while it waits
    std::list<Waiter>& waiting;
    std::list<Waiter>::iterator self;
    ~Leave() { waiting.erase(self); }
  };
  const Leave leave{waiting_, self};
  boost::system::error_code woken;
  co_await self->timer.async_wait(net::redirect_error(net::use_awaitable, woken));
  if (!self->admitted) throw closed();
  co_return Permit(*this, hold);
}

void Semaphore::close() {
  closed_ = true;
  for (Waiter& waiter : waiting_) waiter.timer.cancel();
}

bool Semaphore::is_free(Hold hold) const {
  return taken_ < limit_ && (hold == Hold::kShort || long_taken_ < long_limit_);
}

void Semaphore::occupy(Hold hold) {
  ++taken_;
  if (hold == Hold::kLong) ++long_taken_;
}

void Semaphore::release(Hold hold) {
  --taken_;
  if (hold == Hold::kLong) --long_taken_;
  admit();
}

void Semaphore::admit() {
  for (Waiter& waiter : waiting_) {
    if (taken_ == limit_) return;
    if (waiter.admitted || !is_free(waiter.hold)) continue;
    waiter.admitted = true;
    occupy(waiter.hold);
    waiter.timer.cancel();
  }
}

}  // namespace replica
