// Keeps the accounts of the configuration in step with their sources: pulls every database, then follows it by long-poll,
// and has the account indexed after each commit. A source that is down is tried again with growing pauses and harms no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/metrics.hpp"
#include "replica/replicator.hpp"

namespace api {

// One database that is followed ("feeds" of status).
struct FeedReport {
  std::string account;
  std::string database;
  std::string state;  // initializing, running, waiting, crashing
  std::chrono::sys_seconds since{};
  std::chrono::sys_seconds caught_up{};  // when it last had everything; 0: never
  std::string last_error;
};

struct SyncOutcome {
  struct Database {
    std::string name;
    bool absent = false;  // at the source
    replica::PullSummary pulled;
    std::chrono::milliseconds duration{};
  };
  std::vector<Database> databases;
  replica::PullSummary pulled;  // all of them
  std::size_t entries_indexed = 0;
  std::chrono::milliseconds index_duration{};
  std::vector<std::string> quarantined;  // "<database> <docId>: <reason>"
};

// Pulls an account once: all its databases until caught up, then catalog and index. Blocks. Throws replica::SourceError.
// `progress` is called on any thread, one at a time, after each batch, and may be null; `with_index` false leaves catalog
// and index behind.
[[nodiscard]] SyncOutcome sync_once(
    const SourceConfig& source, indexer::Account& account, bool with_index, Metrics& metrics,
    const std::function<void(const replica::PullSummary&)>& progress);

class Replication {
 public:
  Replication(const Config& config, Accounts& accounts, Metrics& metrics);
  ~Replication();  // stops

  void start();  // throws indexer::AccountBusy
  void stop();
  // Pull now (the ping): ends pauses; who waits at the source is told of changes anyway. False when the account has no source.
  bool wake(std::string_view account);
  // Indexes what a local account's stores hold, in the background as after a pull.
  void index_soon(std::string_view account);
  [[nodiscard]] std::vector<FeedReport> feeds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
