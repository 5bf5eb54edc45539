// A bounded number of places, given in the order in which they were asked for. Belongs to one thread or strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <utility>

namespace replica {

namespace net = boost::asio;

class Places {
 public:
  // A long stay gets no more than its share, so that short ones always find a place.
  enum class Stay { kShort, kLong };

  // `long_stays` of the `limit` places may be held for long.
  Places(net::any_io_executor executor, std::size_t limit, std::size_t long_stays);

  // Gives the place back when it is destroyed. `Places` outlives it.
  class Place {
   public:
    Place(Places& places, Stay stay) : places_(&places), stay_(stay) {}
    Place(Place&& other) noexcept
        : places_(std::exchange(other.places_, nullptr)), stay_(other.stay_) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->give_back(stay_);
    }

   private:
    Places* places_;
    Stay stay_;
  };

  // Waits until there is a place. Throws SourceError kNetwork once closed. `Places` must live until it returns.
  [[nodiscard]] net::awaitable<Place> take(Stay stay);
  // Sends away all who wait and all who come.
  void close();

 private:
  struct Waiter {
    Waiter(const net::any_io_executor& executor, Stay wanted)
        : timer(executor, net::steady_timer::time_point::max()), stay(wanted) {}
    net::steady_timer timer;  // never expires: it is cancelled to wake the waiter
    Stay stay;
    bool admitted = false;
  };

  [[nodiscard]] bool is_free(Stay stay) const;
  void occupy(Stay stay);
  void give_back(Stay stay);
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
