// A condition variable for the coroutines of one thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace api {

class AsyncCondition {
 public:
  explicit AsyncCondition(boost::asio::io_context& context)
      : timer_(context, boost::asio::steady_timer::time_point::max()) {}

  // Ends at the next `notify_all`. Call it in a loop that checks what is waited for.
  [[nodiscard]] boost::asio::awaitable<void> wait() {
    boost::system::error_code cancelled;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  }
  void notify_all() { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;  // never runs out
};

}  // namespace api
