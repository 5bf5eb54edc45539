#include "replica/workers.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace replica {

namespace net = boost::asio;

net::awaitable<void> run_on(net::thread_pool& workers, std::function<void()> work) {
  auto initiate = [](auto handler, net::thread_pool* pool, std::function<void()> job) {
    auto guard = net::make_work_guard(net::get_associated_executor(handler));
    net::post(*pool, [handler = std::move(handler), job = std::move(job),
                      guard = std::move(guard)]() mutable {
      std::exception_ptr error;
      try {
        job();
      } catch (...) {
        error = std::current_exception();
      }
      job = nullptr;
      const auto executor = guard.get_executor();
      net::post(executor,
                [handler = std::move(handler), error]() mutable { std::move(handler)(error); });
    });
  };
  co_await net::async_initiate<const net::use_awaitable_t<>, void(std::exception_ptr)>(
      initiate, net::use_awaitable, &workers, std::move(work));
}

}  // namespace replica
