// A counting semaphore for coroutines: permits are given in the order in which they were asked for. Belongs to one thread or
// strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <utility>

namespace replica {

namespace net = boost::asio;

class Semaphore {
 public:
  // How long a permit is kept. Those kept long are limited, so that the others never wait for all of them.
  enum class Hold { kShort, kLong };

  // `limit` permits, of which `long_limit` may be held for long.
  Semaphore(net::any_io_executor executor, std::size_t limit, std::size_t long_limit);

  // Releases its share of the semaphore, which must outlive it, when it is destroyed.
  class Permit {
   public:
    Permit(Semaphore& semaphore, Hold hold) : semaphore_(&semaphore), hold_(hold) {}
    Permit(Permit&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)), hold_(other.hold_) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (semaphore_ != nullptr) semaphore_->release(hold_);
    }

   private:
    Semaphore* semaphore_;
    Hold hold_;
  };

  // Waits for a permit. Throws SourceError kNetwork once closed. The semaphore must live until it returns.
  [[nodiscard]] net::awaitable<Permit> acquire(Hold hold);
  // Ends all waiting, now and later.
  void close();

 private:
  struct Waiter {
    Waiter(const net::any_io_executor& executor, Hold wanted)
        : timer(executor, net::steady_timer::time_point::max()), hold(wanted) {}
    net::steady_timer timer;  // never expires: it is cancelled to wake the waiter
    Hold hold;
    bool admitted = false;
  };

  [[nodiscard]] bool is_free(Hold hold) const;
  void occupy(Hold hold);
  void release(Hold hold);
  void admit();

  net::any_io_executor executor_;
  std::size_t limit_;
  std::size_t long_limit_;
  std::size_t taken_ = 0;
  std::size_t long_taken_ = 0;
  std::list<Waiter> waiting_;
  bool closed_ = false;
};

}  // namespace replica
