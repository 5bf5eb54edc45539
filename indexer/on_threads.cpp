#include "indexer/on_threads.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace indexer {

void on_threads(int threads, const std::function<void()>& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> running;
    for (int i = 0; i < std::max(threads, 1); ++i) running.emplace_back(run);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace indexer
