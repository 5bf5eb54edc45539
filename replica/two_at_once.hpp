// Work on many things, of which each waits for the source most of the time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <vector>

namespace replica {

namespace detail {

template <typename Item>
struct Queue {
  std::vector<Item>& items;
  const std::function<boost::asio::awaitable<void>(Item&)>& work;
  std::size_t next = 0;
  std::exception_ptr error;
};

template <typename Item>
[[nodiscard]] boost::asio::awaitable<void> work_through(Queue<Item>& queue) {
  while (queue.next < queue.items.size() && !queue.error) {
    try {
      co_await queue.work(queue.items[queue.next++]);
    } catch (...) {
      if (!queue.error) queue.error = std::current_exception();
    }
  }
}

}  // namespace detail

// Does `work` for each item, in order, two at a time, on one thread. After an error no more items are begun, and it is thrown
// when none is under way. `work` has a name where it is passed: g++ 12 destroys a temporary one twice (bug 107288).
template <typename Item>
[[nodiscard]] boost::asio::awaitable<void> two_at_once(
    std::vector<Item>& items, const std::function<boost::asio::awaitable<void>(Item&)>& work) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  detail::Queue<Item> queue{items, work, 0, {}};
  co_await (detail::work_through(queue) && detail::work_through(queue));
  if (queue.error) std::rethrow_exception(queue.error);
}

}  // namespace replica
