// Work that must not run on an io_context thread (SQLite, fsync), awaited from one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace replica {

// Runs `work` on a worker and resumes the caller on its own executor; an exception of `work` is thrown there. `work` must own
// what it uses, or refer to what outlives the pool's work: it runs to its end even when the coroutine that waits for it is
// cancelled or destroyed meanwhile. Join the pool before the io_context that waits is destroyed.
[[nodiscard]] boost::asio::awaitable<void> run_on(boost::asio::thread_pool& workers,
                                                  std::function<void()> work);

// The same, for work that returns something. A lambda that captures has a name before it is awaited: g++ 12 destroys a
// temporary one twice (bug 107288).
template <typename Work>
requires(!std::is_void_v<std::invoke_result_t<Work&>>)
    [[nodiscard]] auto run_on(boost::asio::thread_pool& workers, Work work)
        -> boost::asio::awaitable<std::invoke_result_t<Work&>> {
  const auto result = std::make_shared<std::optional<std::invoke_result_t<Work&>>>();
  std::function<void()> job = [result, work = std::move(work)]() mutable {
    result->emplace(work());
  };
  co_await run_on(workers, std::move(job));
  co_return std::move(**result);
}

}  // namespace replica
