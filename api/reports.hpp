// What replication tells of itself, for status, admin routes and metrics.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/config.hpp"

namespace api {

enum class FeedState : std::uint8_t {
  kInitializing,  // not looked at yet
  kRunning,  // being pulled
  kWaiting,  // all that the source has is here
  kCrashing,  // it failed, and is tried again
  kGone,  // it was at the source, and is not any more
};
inline constexpr std::array kFeedStates{FeedState::kInitializing, FeedState::kRunning,
                                        FeedState::kWaiting, FeedState::kCrashing,
                                        FeedState::kGone};
[[nodiscard]] std::string_view feed_state_name(FeedState state);

// One database that is followed ("feeds" of status).
struct FeedReport {
  std::string source;
  std::string account;
  std::string database;
  FeedState state = FeedState::kInitializing;
  std::chrono::sys_seconds since{};
  std::chrono::sys_seconds caught_up{};  // when it last had everything; 0: never
  std::string last_error;
};

struct SourceReport {
  std::string name;
  std::string url;
  FeedState state = FeedState::kInitializing;  // of the source as a whole: crashing when it is down
  std::chrono::sys_seconds since{};
  std::string last_error;
  Watch watch = Watch::kPoll;  // in use, perhaps after the source refused another
  std::size_t open_feeds = 0;
  std::size_t accounts = 0;
  std::size_t idle = 0;  // databases that wait for nothing but a change at the source
  std::size_t pulls = 0;  // under way
  std::uint64_t quarantined = 0;  // documents and attachments
  std::array<std::size_t, kFeedStates.size()> databases{};  // by state
  std::chrono::seconds lag{0};  // of the database that is behind for longest
};

}  // namespace api
