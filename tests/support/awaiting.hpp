// Coroutines awaited by plain tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <utility>

namespace support {

// Runs `context` until `coroutine` has ended; its result, or what it throws.
template <typename T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> coroutine) {
  auto result = boost::asio::co_spawn(context, std::move(coroutine), boost::asio::use_future);
  context.restart();
  const auto has_ended = [&result] {
    return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  while (!has_ended() && context.run_one() > 0) {
  }
  return result.get();
}

}  // namespace support
