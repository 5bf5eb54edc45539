// Keeps accounts in step with their sources: one follower for each source, all on one thread, and
// what they share. A source that is down is tried again with growing pauses and harms no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/events.hpp"
#include "api/metrics.hpp"
#include "api/reports.hpp"
#include "api/tasks.hpp"
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
  std::vector<std::string> behind;  // databases that may lack changes: "<database>: why"
};

// All that did not come, a line each.
[[nodiscard]] std::vector<std::string> problems_of(const SyncOutcome& outcome);

struct SyncOptions {
  bool with_index = true;
  bool resync = false;  // compares all databases with the source
};

// Members may be called from any thread.
class Replication {
 public:
  // `tasks` and `events` as Indexing takes them; accounts with listeners count as used.
  Replication(const Config& config, Accounts& accounts, Metrics& metrics, Tasks* tasks = nullptr,
              Events* events = nullptr);
  ~Replication();  // stops

  // Begins to follow all sources. Without it only work that is asked for is done.
  // Without `with_index`, lists and index stay as they are.
  void start(bool with_index = true);
  void stop();

  // Probes the account's databases now and pulls those that changed, each at most five times a
  // second. False when no source can have the account.
  bool wake(std::string_view account);
  // Call when the account is read: due indexing is done, and the account is polled sooner.
  void mark_used(std::string_view account);
  // Brings lists and text up to what is stored, in the background.
  void index_soon(std::string_view account);

  // Pulls all databases of an account until caught up, with all that is quarantined; then brings
  // catalog and index up to them. Blocks. `progress` counts the documents. Throws
  // replica::SourceError, indexer::Cancelled, and std::runtime_error when the account has no
  // source.
  [[nodiscard]] SyncOutcome sync(const std::string& account, const SyncOptions& options,
                                 indexer::Progress& progress);
  // Nothing of the account is pulled until `resume`, also after a restart; a pull under way ends.
  // What is here can be read.
  void pause(const std::string& account);
  // Pulls it again; one that was removed comes back if its source has it.
  void resume(const std::string& account);
  // All databases of the account are compared with the source anew, also after a restart; nothing
  // that both have is fetched again. Returns how many there are, as far as is known: 0 when all are
  // gone from the source. Nothing when the account has no source. Throws replica::sqlite::Error
  // when that cannot be kept; then nothing is compared.
  std::optional<std::size_t> resync(const std::string& account);
  // Tries documents in quarantine that are due now, if the account is pulled.
  void retry(const std::string& account);
  // Stops following the account. When this returns nothing works on it, though it may still be held
  // open. Not remembered after a restart: see Registry::forget.
  void stop_following(const std::string& account);

  // Fetches bytes that a document names, and that are not here, into the account's blobs. Blocks,
  // for half a minute at most. Throws replica::SourceError.
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
