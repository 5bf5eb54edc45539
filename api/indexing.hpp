// Keeps lists and text of accounts up with their stores, in the background. Lists never wait for
// text: each has a worker of its own. An account is held open only while it is worked on.
//
// The registry knows, also after a crash, which accounts may be behind: from before a pull commits
// until all is indexed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "api/account_worker.hpp"
#include "api/accounts.hpp"
#include "api/events.hpp"
#include "api/metrics.hpp"
#include "api/tasks.hpp"

namespace api {

// Starts a reindex task that davenport needs by itself, with kReindexForRules or kReindexForDamage.
// Not if there is one already, or if one has failed: it would fail again.
void reindex_unasked(Tasks& tasks, const std::string& account, std::string_view arguments);

// Any thread, except `stop`.
class Indexing {
 public:
  // With `tasks`, a rebuild that an account needs is a task, and so is its first pull. `events`,
  // which may be null too, is told what changed.
  Indexing(Accounts& accounts, Metrics& metrics, Tasks* tasks = nullptr, Events* events = nullptr);
  ~Indexing();  // stops

  void schedule(std::string_view account);
  // The same, but only at the first call for an account: work that an earlier program left is done
  // when the account is used.
  void schedule_once(std::string_view account);
  // Before an account is removed: drops its due work and cancels work under way.
  void cancel(const std::string& account);
  // Schedules what nothing else would: accounts that a crash left behind, unfinished first syncs, and
  // local accounts.
  void catch_up();
  [[nodiscard]] std::size_t lists_waiting() const { return lists_.waiting(); }  // accounts
  [[nodiscard]] std::size_t texts_waiting() const { return text_.waiting(); }
  void stop();  // cancels what is under way and waits for its end

  // Brings an account up to its stores now. Returns the number of entries.
  [[nodiscard]] std::size_t run(indexer::Account& account, indexer::Progress& progress);

  // Call around the pull of a database. `begin_pull` writes to disk. `then_index`: index the
  // account soon, in the background.
  void begin_pull(const std::string& account);
  void end_pull(const std::string& account, bool then_index);
  // While messages or bodies are pulled for the first time, text waits: in bulk afterwards it is
  // several times as fast. Each `begin_filling` has its `end_filling`.
  void begin_filling(const std::string& account);
  void filled(const std::string& account,
              std::size_t documents);  // so many more documents have come
  void end_filling(const std::string& account);

 private:
  struct Pulls {
    int running = 0;
    std::uint64_t last = 0;  // tells whether another began meanwhile
  };

  // Whether a pull or an import is under way.
  [[nodiscard]] bool is_being_filled(const std::string& account);
  void publish(const indexer::Account& account);
  void index_lists(indexer::Account& account, indexer::Progress& progress);
  std::size_t index_text(indexer::Account& account, indexer::Progress& progress);
  void take_over_first_syncs();
  void begin_first_sync(const std::string& account);
  void end_first_sync(const std::string& account, std::size_t entries);
  [[nodiscard]] std::uint64_t last_pull(const std::string& account);
  void clear_behind(const std::string& account, std::uint64_t last_pull);

  Accounts& accounts_;
  Metrics& metrics_;
  Tasks* const tasks_;
  Events* const events_;
  std::mutex mutex_;  // of those below; held also while the registry forgets an account
  std::map<std::string, Pulls> pulls_;
  std::uint64_t pull_count_ = 0;
  std::map<std::string, int> filling_;
  std::map<std::string, std::unique_ptr<Tasks::Handle>> first_syncs_;
  std::set<std::string, std::less<>> scheduled_once_;
  AccountWorker text_;
  AccountWorker lists_;  // hands on to `text_`
};

}  // namespace api
