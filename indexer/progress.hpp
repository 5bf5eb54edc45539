// The progress of a long piece of work, and how it is cancelled or slowed down. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stdexcept>

namespace indexer {

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

struct Progress {
  std::atomic<std::int64_t> done{0}, of{0};  // of: 0 while it is not known
  std::atomic<bool> cancelled{false};
  // Of what is cancelled: what was done so far is to be kept.
  std::atomic<bool> goes_on_later{false};
  std::atomic<std::int64_t> rate{0};  // entries a second at most; 0: as many as can be

  // Throws Cancelled.
  void check() const {
    if (cancelled) throw Cancelled();
  }
  // Called by the work before each entry: waits as long as the rate requires. Throws Cancelled.
  void pace();

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};  // when the next entry may begin
};

}  // namespace indexer
