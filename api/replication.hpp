// Keeps accounts in step with their sources: one follower for each source, all on one thread, and what they share. A source
// that is down is tried again with growing pauses and harms no other.
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
#include "api/events.hpp"
#include "api/metrics.hpp"
#include "api/reports.hpp"
#include "replica/replicator.hpp"

namespace api {

struct SyncOutcome {
  struct Database {
    std::string name;
    bool is_absent = false;  // at the source
    replica::PullSummary pulled;
    std::chrono::milliseconds duration{};
  };
  std::vector<Database> databases;
  replica::PullSummary pulled;  // all of them
  std::size_t entries_indexed = 0;
  std::chrono::milliseconds index_duration{};
  std::vector<std::string> quarantined;  // "<database> <docId>: <reason>"
};

// Members may be called from any thread.
class Replication {
 public:
  // `events`, which may be null, is told what moved; accounts with listeners count as used.
  Replication(const Config& config, Accounts& accounts, Metrics& metrics, Events* events = nullptr);
  ~Replication();  // stops

  // Follows all sources. Without it nothing is done but what is asked for.
  void start();
  void stop();

  // The ping: looks at the account's databases now, and pulls what moved, each at most five times a second. False when no source
  // can have the account.
  bool wake(std::string_view account);
  // Somebody reads the account: what is behind is indexed, and it is polled sooner.
  void used(std::string_view account);

  // The account was changed from elsewhere, as by an import: lists and text are brought up in the background, listeners told.
  void changed(std::string_view account);

  // Pulls all databases of an account until caught up, with all that is quarantined; then catalog and index, unless
  // `with_index` is false. Blocks. `progress` is called on any thread, one at a time, after each batch, and may be null.
  // Throws replica::SourceError, and std::runtime_error when the account has no source.
  [[nodiscard]] SyncOutcome sync(const std::string& account, bool with_index,
                                 const std::function<void(const replica::PullSummary&)>& progress);
  // Fetches bytes that a document names, and that are not here, into the account's blobs. Blocks, for half a minute at
  // most. Throws replica::SourceError.
  void fetch_blob(const std::shared_ptr<indexer::Account>& account, mail::Doctype doctype,
                  const replica::WantedBlob& wanted);

  [[nodiscard]] std::vector<FeedReport> feeds() const;  // all of them: tens of thousands, perhaps
  [[nodiscard]] std::vector<FeedReport> feeds_of(std::string_view account) const;
  [[nodiscard]] std::vector<SourceReport> sources() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
