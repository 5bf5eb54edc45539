// Whether there is room for what davenport writes.
//
// Who fails for want of room says so: then writing pauses, while reading goes on, until there is room again or it is time to
// try. A reserve of space is kept as a file and given up then: files that are opened for reading take a little room.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>

namespace api {

// Any thread.
class DiskSpace {
 public:
  struct Report {
    bool is_full = false;  // also while writing is only being tried again
    std::chrono::sys_seconds since{};
    std::uint64_t free_bytes = 0;
    std::filesystem::path folder;
  };

  explicit DiskSpace(std::filesystem::path folder);

  // Makes the reserve, where there is room for it; for the one process that serves.
  void keep_reserve();
  // True when the error says that no room is left (a full disk, a quota, a limit of a file's size): then writing pauses.
  bool note(const std::exception& error);
  // What writes has to wait; who waits asks again.
  [[nodiscard]] bool is_paused() const;
  // Lets writing go on when there is room or it is time to try; call it now and then.
  void look();
  [[nodiscard]] Report report() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State { kWell, kFull, kTrying };

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  State state_ = State::kWell;
  bool keeps_reserve_ = false;
  Clock::time_point changed_{};
  std::chrono::sys_seconds since_{};
  std::uint64_t free_then_ = 0;
};

}  // namespace api
