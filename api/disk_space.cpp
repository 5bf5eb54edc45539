#include "api/disk_space.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

#include "api/clock.hpp"
#include "api/log.hpp"
#include "replica/transient_errors.hpp"

namespace api {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLeastReserve = 256U << 10U, kMostReserve = 16U << 20U;
constexpr std::uint64_t kReserveShare = 50;  // of the file system
constexpr std::uint64_t kWorthATry = 1U << 20U;  // bytes more than when it failed
constexpr std::chrono::seconds kTryAnyway{60};
constexpr std::chrono::seconds kTrial{10};  // what was tried for so long without an error works

fs::space_info space_of(const fs::path& folder) {
  std::error_code unknown;
  const auto space = fs::space(folder, unknown);
  return unknown ? fs::space_info{} : space;
}

fs::path reserve_in(const fs::path& folder) { return folder / "reserve"; }

// The reserve is full of zeros; a file of that name with something in it is somebody else's.
bool is_foreign(const fs::path& file) { return std::ifstream(file).get() > 0; }

}  // namespace

void make_room_to_start(const fs::path& folder) {
  std::error_code absent;
  const bool is_full = space_of(folder).available < kLeastReserve;
  if (is_full && !is_foreign(reserve_in(folder))) fs::remove(reserve_in(folder), absent);
}

DiskSpace::DiskSpace(fs::path folder) : folder_(std::move(folder)) {}

void DiskSpace::keep_reserve() {
  const std::lock_guard lock(mutex_);
  if (is_foreign(reserve_in(folder_))) return;
  keeps_reserve_ = true;
  const auto space = space_of(folder_);
  const std::uint64_t bytes =
      std::clamp<std::uint64_t>(space.capacity / kReserveShare, kLeastReserve, kMostReserve);
  if (space.available < 2 * bytes) return;
  const int file = ::open(reserve_in(folder_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (::posix_fallocate(file, 0, static_cast<off_t>(bytes)) != 0)
    ::unlink(reserve_in(folder_).c_str());
  ::close(file);
}

bool DiskSpace::note(const std::exception& error) {
  if (!replica::is_out_of_space(error)) return false;
  const std::lock_guard lock(mutex_);
  if (state_ == State::kWell) {
    since_ = current_time();
    log_event(Level::kError, "noSpace",
              fmt::format("no space left on {}: nothing is pulled or indexed until there is room; "
                          "what is here can be read ({})",
                          folder_.string(), error.what()),
              {{"folder", folder_.string()}});
    std::error_code absent;
    if (keeps_reserve_) fs::remove(reserve_in(folder_), absent);
  }
  if (state_ != State::kFull) {
    state_ = State::kFull;
    changed_ = Clock::now();
    free_then_ = space_of(folder_).available;
  }
  return true;
}

bool DiskSpace::is_paused() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::kFull;
}

void DiskSpace::update() {
  std::unique_lock lock(mutex_);
  const auto now = Clock::now();
  if (state_ == State::kFull) {
    const bool has_room = space_of(folder_).available >= free_then_ + kWorthATry;
    if (!has_room && now - changed_ < kTryAnyway) return;
    state_ = State::kTrying;
    changed_ = now;
  } else if (state_ == State::kTrying && now - changed_ >= kTrial) {
    state_ = State::kWell;
    log_event(Level::kInfo, "spaceAgain",
              fmt::format("there is room on {} again: going on", folder_.string()),
              {{"folder", folder_.string()}});
    lock.unlock();
    if (keeps_reserve_) keep_reserve();
  }
}

DiskSpace::Report DiskSpace::report() const {
  const std::lock_guard lock(mutex_);
  return {state_ != State::kWell, state_ == State::kWell ? std::chrono::sys_seconds{} : since_,
          space_of(folder_).available, folder_};
}

}  // namespace api
