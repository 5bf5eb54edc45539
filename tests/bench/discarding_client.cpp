#include "tests/bench/discarding_client.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <limits>

#include "replica/http_client.hpp"

namespace bench {

namespace net = boost::asio;
using support::PassedRequest;

namespace {

struct Replay {
  const std::vector<PassedRequest>& requests;
  std::shared_ptr<replica::HttpClient> client;
  net::steady_timer changed;  // wakes those who wait for others to end
  std::vector<bool> ended;
  std::uint64_t bytes = 0;
  std::exception_ptr error;

  [[nodiscard]] bool may_begin(std::size_t index) const {
    for (std::size_t i = 0; i < requests.size() && requests[i].began < requests[index].began; ++i) {
      const bool had_ended = requests[i].ended != 0 && requests[i].ended < requests[index].began;
      if (had_ended && !ended[i]) return false;
    }
    return true;
  }

  net::awaitable<void> make(std::size_t index) {
    while (!may_begin(index) && !error) {
      boost::system::error_code woken;
      co_await changed.async_wait(net::redirect_error(net::use_awaitable, woken));
    }
    if (error) co_return;
    try {
      replica::HttpClient::Request request;
      request.method = boost::beast::http::string_to_verb(requests[index].method);
      request.path = requests[index].target;
      request.body = requests[index].payload;
      auto answer = co_await client->send(std::move(request));
      std::string piece(64 * 1024, '\0');
      std::size_t size = 1;
      while (size > 0)
        size = co_await answer.read(piece, std::numeric_limits<std::uint64_t>::max());
      bytes += answer.bytes();
    } catch (...) {
      error = std::current_exception();
    }
    ended[index] = true;
    changed.cancel();
    // Kept connections would keep the context.
    if (std::find(ended.begin(), ended.end(), false) == ended.end()) client->close();
  }
};

}  // namespace

Discarded discard(const std::string& url, const std::vector<PassedRequest>& requests) {
  net::io_context context{1};
  Replay replay{requests,
                std::make_shared<replica::HttpClient>(context.get_executor(),
                                                      replica::SourceAddress{url, {}, {}, {}, {}},
                                                      replica::Timeouts{}, replica::ClientLimits{}),
                net::steady_timer(context, net::steady_timer::time_point::max()),
                std::vector<bool>(requests.size()),
                0,
                nullptr};
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < requests.size(); ++i)
    net::co_spawn(context, replay.make(i), [](const std::exception_ptr&) {});
  context.run();
  if (replay.error) std::rethrow_exception(replay.error);
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          replay.bytes};
}

}  // namespace bench
