#include "api/indexing.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "api/log.hpp"

namespace api {

namespace {

bool renews_all(std::string_view arguments) {
  return arguments == "{}" || arguments == kReindexForRules || arguments == kReindexForDamage;
}

}  // namespace

void reindex_unasked(Tasks& tasks, const std::string& account, std::string_view arguments) {
  constexpr std::chrono::minutes kPauseAfterFailure{10};
  static std::mutex one_at_a_time;  // two searches may find the damage in the same moment
  const std::lock_guard lock(one_at_a_time);
  const auto now = std::chrono::system_clock::now();
  for (const auto& task : tasks.list()) {
    if (task.kind != "reindex" || task.account != account || !renews_all(task.arguments)) continue;
    if (!task.has_ended() || (task.state == "failed" && now - *task.ended < kPauseAfterFailure))
      return;
  }
  const std::string id = tasks.start({"reindex", account, std::string(arguments)});
  log_event(Level::kInfo, "reindexNeeded",
            fmt::format("account {}: {}: task {} makes lists and index anew", account,
                        arguments == kReindexForDamage
                            ? "the text index is damaged"
                            : "they follow other rules than this program and its [index] section",
                        id),
            {{"account", account}, {"task", id}});
}

Indexing::Indexing(Accounts& accounts, Metrics& metrics, Tasks* tasks, Events* events)
    : accounts_(accounts),
      metrics_(metrics),
      tasks_(tasks),
      events_(events),
      text_("indexing text", AccountWorker::Priority::kBulk, accounts,
            [this](indexer::Account& account, indexer::Progress& progress) {
              index_text(account, progress);
            }),
      lists_("updating lists", AccountWorker::Priority::kNormal, accounts,
             [this](indexer::Account& account, indexer::Progress& progress) {
               index_lists(account, progress);
             }) {}

Indexing::~Indexing() { stop(); }

void Indexing::stop() {
  lists_.stop();
  text_.stop();
}

void Indexing::schedule(std::string_view account) { lists_.schedule(std::string(account)); }

void Indexing::schedule_once(std::string_view account) {
  {
    const std::lock_guard lock(mutex_);
    if (!scheduled_once_.emplace(account).second) return;
  }
  schedule(account);
}

void Indexing::cancel(const std::string& account) {
  {
    const std::lock_guard lock(mutex_);
    pulls_.erase(account);
    filling_.erase(account);
    first_syncs_.erase(account);
    if (const auto found = scheduled_once_.find(account); found != scheduled_once_.end())
      scheduled_once_.erase(found);
  }
  lists_.cancel(account);
  text_.cancel(account);
}

void Indexing::catch_up() {
  take_over_first_syncs();
  // A command pulls its own account, and leaves the others to those who use them.
  const bool is_server = tasks_ != nullptr;
  for (const std::string& name : accounts_.registry().behind()) {
    if (is_server || accounts_.source_of(name) != nullptr) schedule(name);
  }
  if (!is_server) return;
  for (const std::string& name : accounts_.names()) {
    if (accounts_.source_of(name) == nullptr || accounts_.follows_other_rules(name))
      schedule_once(name);
  }
}

void Indexing::begin_pull(const std::string& account) {
  {
    const std::lock_guard lock(mutex_);
    Pulls& pulls = pulls_[account];
    ++pulls.running;
    pulls.last = ++pull_count_;
  }
  try {
    accounts_.registry().mark_behind(account);
    begin_first_sync(account);
  } catch (...) {
    end_pull(account, false);
    throw;
  }
}

// A first sync goes on with the pulls that are due. One whose documents have all come ends when they
// are indexed.
void Indexing::take_over_first_syncs() {
  if (tasks_ == nullptr) return;
  const auto names = accounts_.names();
  for (const auto& left : tasks_->unfinished("first-sync")) {
    auto task = tasks_->begin(left);
    const std::lock_guard lock(mutex_);
    if (!std::binary_search(names.begin(), names.end(), left.account)) {
      task->finish("cancelled", {"the account is not there any more"});
    } else if (!first_syncs_.emplace(left.account, nullptr).second) {
      task->finish("cancelled", {"another one goes on"});
    } else {
      first_syncs_[left.account] = std::move(task);
      schedule(left.account);
    }
  }
}

void Indexing::begin_first_sync(const std::string& account) {
  const std::lock_guard lock(mutex_);
  if (tasks_ == nullptr || !filling_.contains(account) || first_syncs_.contains(account)) return;
  first_syncs_[account] = tasks_->begin({"first-sync", account});
}

std::size_t Indexing::run(indexer::Account& account, indexer::Progress& progress) {
  account.project(progress);
  publish(account);
  return index_text(account, progress);
}

void Indexing::end_pull(const std::string& account, bool then_index) {
  {
    const std::lock_guard lock(mutex_);
    --pulls_[account].running;
  }
  if (then_index) schedule(account);
}

void Indexing::begin_filling(const std::string& account) {
  const std::lock_guard lock(mutex_);
  ++filling_[account];
}

void Indexing::filled(const std::string& account, std::size_t documents) {
  const std::lock_guard lock(mutex_);
  const auto found = first_syncs_.find(account);
  if (found != first_syncs_.end())
    found->second->progress().done += static_cast<std::int64_t>(documents);
}

// Ends the first sync if all documents have come. Call when everything here is indexed.
void Indexing::end_first_sync(const std::string& account, std::size_t entries) {
  const std::lock_guard lock(mutex_);
  const auto found = first_syncs_.find(account);
  if (found == first_syncs_.end() || filling_.contains(account)) return;
  found->second->finish("done", {fmt::format("{} documents, {} entries indexed",
                                             found->second->progress().done.load(), entries)});
  first_syncs_.erase(found);
}

void Indexing::end_filling(const std::string& account) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = filling_.find(account);
    if (found == filling_.end() || --found->second > 0) return;
    filling_.erase(found);
  }
  schedule(account);
}

bool Indexing::is_being_filled(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto pulls = pulls_.find(account);
  return filling_.contains(account) || (pulls != pulls_.end() && pulls->second.running > 0);
}

void Indexing::publish(const indexer::Account& account) {
  if (events_ != nullptr) events_->moved(account);
}

void Indexing::index_lists(indexer::Account& account, indexer::Progress& progress) {
  const auto began = std::chrono::steady_clock::now();
  const bool waits_for_rebuild = tasks_ != nullptr && account.needs_rebuild();
  const auto changes = waits_for_rebuild
                           ? account.project_without_rebuild(progress)
                           : account.project(progress, is_being_filled(account.name()));
  metrics_.documents_projected(changes);
  publish(account);
  metrics_.batch("lists", std::chrono::steady_clock::now() - began);
  if (waits_for_rebuild) return reindex_unasked(*tasks_, account.name(), kReindexForRules);
  {
    const std::lock_guard lock(mutex_);
    if (filling_.contains(account.name())) return;
  }
  text_.schedule(account.name());
}

std::size_t Indexing::index_text(indexer::Account& account, indexer::Progress& progress) {
  const std::uint64_t last = last_pull(account.name());
  const auto began = std::chrono::steady_clock::now();
  const std::size_t entries = account.index(progress);
  if (const auto damage = account.take_damage()) {
    log_event(Level::kWarning, "indexDamaged",
              fmt::format("account {}: the text index was made anew: {}", account.name(), *damage),
              {{"account", account.name()}});
  }
  publish(account);
  metrics_.batch("text", std::chrono::steady_clock::now() - began);
  metrics_.entries_indexed(entries);
  metrics_.content_reads(account.stores().content_reads(), account.name());
  if (entries > 0) {
    log_event(Level::kInfo, "indexed",
              fmt::format("account {}: {} entries indexed", account.name(), entries),
              {{"account", account.name()}, {"entries", std::to_string(entries)}});
  }
  if (account.index_state().pending == 0) {
    clear_behind(account.name(), last);
    end_first_sync(account.name(), entries);
  }
  return entries;
}

std::uint64_t Indexing::last_pull(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto found = pulls_.find(account);
  return found == pulls_.end() ? 0 : found->second.last;
}

// Not while a pull is under way or when one has begun since `last_pull`: its end indexes again.
void Indexing::clear_behind(const std::string& account, std::uint64_t last_pull) {
  const std::lock_guard lock(mutex_);
  const auto found = pulls_.find(account);
  if (found != pulls_.end() && (found->second.running > 0 || found->second.last != last_pull))
    return;
  accounts_.registry().clear_behind(account);
  if (found != pulls_.end()) pulls_.erase(found);
}

}  // namespace api
