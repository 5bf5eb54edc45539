// Whether there is room for what davenport writes.
//
// A writer that fails because the disk is full reports it here. Writing then pauses, while reading
// goes on, until there is room again or it is time for another try. A small reserve file is deleted
// at that moment, because even opening files for reading takes a little room.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>

namespace api {

// Deletes the reserve file when hardly any room is left: opening the accounts takes a little. For the
// process that serves, before it opens them.
void make_room_to_start(const std::filesystem::path& folder);

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

  // Creates the reserve file if there is room for it. Only for the process that serves.
  void keep_reserve();
  // True when the error says that no room is left (a full disk, a quota, a limit of a file's size):
  // then writing pauses.
  bool note(const std::exception& error);
  // True while writers have to wait. They ask again from time to time.
  [[nodiscard]] bool is_paused() const;
  // Lets writing go on when there is room or it is time for a try. Call it from time to time.
  void update();
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
