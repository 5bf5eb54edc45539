// Limits the requests at the HTTP workers to one for each worker, first come, first served: a
// worker gets its next request only after the io thread has seen its last answer. On a busy machine
// the io thread can then send answers instead of letting workers run ahead of it. (With one processor and 32 connections, the
// slowest of 100 lists took two rounds of all connections without this, and takes little more than
// one with it.)
//
// Belongs to the io thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <deque>
#include <utility>

namespace api {

class WorkerSlots {
 public:
  // The right to one worker; the destructor gives it back.
  class Slot {
   public:
    explicit Slot(WorkerSlots& slots) : slots_(&slots) {}
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->release();
    }

   private:
    WorkerSlots* slots_;
  };

  explicit WorkerSlots(std::size_t workers) : workers_(workers) {}

  void resize(std::size_t workers) {
    workers_ = workers;
    while (taken_ < workers_ && !waiting_.empty()) give_to_next();
  }

  [[nodiscard]] boost::asio::awaitable<Slot> acquire() {
    if (taken_ < workers_) {
      ++taken_;
      co_return Slot(*this);
    }
    boost::asio::steady_timer freed(co_await boost::asio::this_coro::executor,
                                    boost::asio::steady_timer::time_point::max());
    const Waiter waiter(*this, freed);
    boost::system::error_code ignored;
    co_await freed.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return Slot(*this);
  }

 private:
  // A timer in the queue until it is cancelled, which gives it a slot, or its coroutine is destroyed.
  class Waiter {
   public:
    Waiter(WorkerSlots& slots, boost::asio::steady_timer& freed) : slots_(slots), freed_(freed) {
      slots_.waiting_.push_back(&freed_);
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { std::erase(slots_.waiting_, &freed_); }

   private:
    WorkerSlots& slots_;
    boost::asio::steady_timer& freed_;
  };

  void release() {
    --taken_;
    if (taken_ < workers_ && !waiting_.empty()) give_to_next();
  }

  void give_to_next() {
    ++taken_;
    waiting_.front()->cancel();
    waiting_.pop_front();
  }

  std::size_t workers_;
  std::size_t taken_ = 0;
  std::deque<boost::asio::steady_timer*> waiting_;
};

}  // namespace api
