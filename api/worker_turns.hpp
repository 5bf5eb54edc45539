// Hands requests to the HTTP workers, first come, first served. A worker gets its next request only
// after the io thread has seen its last answer. On a busy machine the io thread can then send
// answers instead of letting workers run ahead of it. (With one processor and 32 connections, the
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

class WorkerTurns {
 public:
  // The right to one worker; the destructor gives it back.
  class Turn {
   public:
    explicit Turn(WorkerTurns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->give_back();
    }

   private:
    WorkerTurns* turns_;
  };

  explicit WorkerTurns(std::size_t workers) : free_(workers) {}

  [[nodiscard]] boost::asio::awaitable<Turn> take() {
    if (free_ > 0) {
      --free_;
      co_return Turn(*this);
    }
    boost::asio::steady_timer called(co_await boost::asio::this_coro::executor,
                                     boost::asio::steady_timer::time_point::max());
    const Place place(*this, called);
    boost::system::error_code ignored;
    co_await called.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return Turn(*this);
  }

 private:
  // In the queue until it is called, or its coroutine is destroyed.
  class Place {
   public:
    Place(WorkerTurns& turns, boost::asio::steady_timer& called) : turns_(turns), called_(called) {
      turns_.waiting_.push_back(&called_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { std::erase(turns_.waiting_, &called_); }

   private:
    WorkerTurns& turns_;
    boost::asio::steady_timer& called_;
  };

  void give_back() {
    if (waiting_.empty()) {
      ++free_;
    } else {
      waiting_.front()->cancel();
      waiting_.pop_front();
    }
  }

  std::size_t free_;
  std::deque<boost::asio::steady_timer*> waiting_;
};

}  // namespace api
