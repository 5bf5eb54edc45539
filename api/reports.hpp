// What replication reports of itself, for status, admin routes and metrics.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
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
  kPaused,  // its account is
};
inline constexpr std::array kFeedStates{FeedState::kInitializing, FeedState::kRunning,
                                        FeedState::kWaiting,      FeedState::kCrashing,
                                        FeedState::kGone,         FeedState::kPaused};
[[nodiscard]] std::string_view feed_state_name(FeedState state);

// One database that is followed ("feeds" of status).
struct FeedReport {
  std::string source;
  std::string account;
  std::string database;
  FeedState state = FeedState::kInitializing;
  std::chrono::sys_seconds since{};
  bool is_present = false;  // at the source, as far as is known
  // How far it is behind, as far as this program knows; nothing when it never was pulled to its end.
  std::optional<std::chrono::seconds> lag;
  std::string last_error;
};

// How urgent an account is: changed or read lately (active), idle, or paused.
enum class AccountClass : std::uint8_t { kActive, kIdle, kPaused };
inline constexpr std::array kAccountClasses{AccountClass::kActive, AccountClass::kIdle,
                                            AccountClass::kPaused};
[[nodiscard]] std::string_view account_class_name(AccountClass which);

// How far the accounts of a class are behind their source.
inline constexpr std::array<std::chrono::seconds, 5> kLagBounds{
    std::chrono::seconds(10), std::chrono::minutes(1), std::chrono::minutes(10),
    std::chrono::hours(1), std::chrono::hours(24)};
struct LagReport {
  std::size_t accounts = 0;
  std::array<std::size_t, kLagBounds.size()> behind{};  // accounts, for longer than each bound
  std::chrono::seconds most{0};
  std::int64_t documents = 0;  // still to be fetched, as far as pulls under way know
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
  std::array<LagReport, kAccountClasses.size()> lags{};  // by class
  std::size_t probes_due = 0;  // databases, now or later
  std::size_t pulls_due = 0;
};

}  // namespace api
