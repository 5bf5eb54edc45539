// Coroutines awaited by plain tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

namespace support {

// Runs `context` until it has nothing to do; the result of `coroutine`, or what it throws.
template <typename T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> coroutine) {
  auto result = boost::asio::co_spawn(context, std::move(coroutine), boost::asio::use_future);
  context.restart();
  context.run();
  return result.get();
}

}  // namespace support
