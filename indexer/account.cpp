#include "indexer/account.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>
#include <tuple>
#include <utility>

#include "indexer/account_state.hpp"
#include "indexer/index_damaged.hpp"
#include "replica/transient_errors.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

// Rows of the stores' feeds that one transaction of the catalog takes.
constexpr std::size_t kProjectBatch = 2'000;

// From so many pending entries on, and this share of all, a new generation in bulk is quicker than
// entry by entry (measured: following writes some 300 entries a second, bulk 2,600).
constexpr std::int64_t kBulkPending = 2'000;
constexpr std::int64_t kBulkShare = 8;

// Entries whose number does not tell their date, each sorted by value in every search: so many are
// no burden.
constexpr std::int64_t kMaxOverflow = 1'000;

FileLock lock_for_writing(const fs::path& folder, const std::string& name) {
  fs::create_directories(folder);
  auto lock = FileLock::try_lock(folder / "lock", FileLock::Mode::kExclusive);
  if (!lock) {
    throw AccountBusy(
        fmt::format("account '{}' is being written by another davenport process: wait for it, or "
                    "stop it and try again",
                    name));
  }
  return std::move(*lock);
}

std::size_t project_all(Generation& generation, const Stores& stores, Progress& progress,
                        bool more_is_coming = false) {
  std::size_t changes = 0;
  for (bool more = true; more;) {
    progress.pace();
    const auto projected = generation.catalog().project(stores, kProjectBatch);
    changes += projected.changes;
    progress.done += static_cast<std::int64_t>(projected.changes);
    more = projected.more;
  }
  if (more_is_coming) return changes;
  generation.catalog().order(progress);
  return changes;
}

}  // namespace

void refuse_unfinished_backup(const fs::path& folder, const std::string& name) {
  std::error_code unreadable;  // what cannot be read says so itself
  if (!fs::exists(folder / Account::kUnfinishedBackup, unreadable)) return;
  throw std::runtime_error(fmt::format(
      "account '{}': {} is a backup that was broken off before it was whole: put back another one",
      name, folder.string()));
}

Account::Account(fs::path folder, std::string name, replica::sqlite::Access access,
                 std::optional<std::string> doctype_member, IndexOptions options)
    : name_(std::move(name)),
      state_(State::locked(std::move(folder), name_, access, std::move(options))),
      stores_(state_->folder, access, std::move(doctype_member)) {
  const bool writing = access == replica::sqlite::Access::kReadWrite;
  if (writing) Generation::sweep(state_->derived());
  state_->open_live();
  if (writing) renew_restored_stores();
  if (!writing && !state_->live && stores_.rows_after({}) > 0) {
    throw std::runtime_error(
        fmt::format("account '{0}' has no lists yet: make them with davenport reindex {0}", name_));
  }
}

Account::~Account() = default;

std::unique_ptr<Account::State> Account::State::locked(fs::path folder, const std::string& name,
                                                       replica::sqlite::Access access,
                                                       IndexOptions options) {
  refuse_unfinished_backup(folder, name);
  auto state = std::make_unique<State>();
  if (access == replica::sqlite::Access::kReadWrite) {
    state->lock = lock_for_writing(folder, name);
  } else if (!fs::is_directory(folder)) {
    throw AccountUnknown(fmt::format("unknown account '{}'", name));
  }
  state->folder = std::move(folder);
  state->access = access;
  state->options = std::move(options);
  return state;
}

void Account::State::open_live() {
  // A swap between reading the name and opening the folder takes the folder away: then there is a
  // newer name.
  for (int attempt = 0;; ++attempt) {
    const auto name = Generation::live_name(derived());
    if (!name) return;
    try {
      auto generation = std::make_shared<Generation>(derived() / *name, access, options);
      std::ignore = generation->catalog().checkpoint();  // one that cannot be read is none
      if (access == replica::sqlite::Access::kReadWrite) damage = generation->index_fault();
      const std::lock_guard guard(mutex);
      live = std::move(generation);
      return;
    } catch (const std::exception& error) {
      if (replica::is_transient(error)) throw;
      if (Generation::live_name(derived()) == name || attempt == 10) {
        if (access == replica::sqlite::Access::kReadWrite)
          return;  // the next projection builds it anew
        throw std::runtime_error(
            fmt::format("its lists cannot be read and can be made anew: davenport reindex {} ({})",
                        folder.filename().string(), error.what()));
      }
    }
  }
}

void Account::State::require_live() {
  if (generation()) return;
  const std::lock_guard rebuilding(rebuild_work);
  if (!generation()) make_live(Generation::begin(derived(), options));
}

std::shared_ptr<Generation> Account::State::next_generation(const Stores& stores) const {
  if (const auto name = Generation::next_name(derived())) {
    try {
      auto left = std::make_shared<Generation>(derived() / *name, access, options);
      left->set_disposable(true);
      if (left->is_derived_from(stores)) {
        Generation::make_next(derived(), *name);
        return left;
      }
    } catch (const std::exception& error) {
      if (replica::is_transient(error)) throw;
      // Damaged: nobody needs it.
    }
  }
  auto next = Generation::begin(derived(), options);
  Generation::make_next(derived(), next->name());
  return next;
}

void Account::State::make_live(std::shared_ptr<Generation> generation) {
  Generation::make_live(derived(), generation->name());
  generation->set_disposable(false);
  const std::lock_guard guard(mutex);
  if (live) live->set_disposable(true);
  live = std::move(generation);
}

// A store that was put back from a backup gives sequences anew that lists and index have seen with
// other documents. Before a pull brings it to where it was, it gets another epoch, by which they
// see that they have to begin again.
void Account::renew_restored_stores() {
  const auto live = state_->generation();
  if (!live) return;
  const auto text = live->text_checkpoint();
  const auto catalog = live->catalog().checkpoint();
  for (const auto doctype : mail::kDoctypes) {
    const auto* store = stores_.find(doctype);
    if (store != nullptr && (catalog.is_beyond(*store) || text.is_beyond(*store)))
      stores_.create(doctype).renew_epoch();
  }
}

std::size_t Account::project(Progress& progress, bool more_is_coming) {
  state_->require_live();
  if (!state_->generation()->is_derived_from(stores_)) return reindex(progress);
  const std::lock_guard working(state_->catalog_work);
  return project_all(*state_->generation(), stores_, progress, more_is_coming);
}

bool Account::needs_rebuild() const {
  const auto live = state_->generation();
  return live && !live->is_derived_from(stores_);
}

bool Account::follows_other_rules(const fs::path& folder, const IndexOptions& options) {
  const auto live = Generation::live_name(folder / "derived");
  return live && !Generation::is_current_format(*live, options);
}

std::size_t Account::project_without_rebuild(Progress& progress) {
  const std::lock_guard working(state_->catalog_work);
  const auto live = state_->generation();
  return live && live->lists_follow(stores_) ? project_all(*live, stores_, progress) : 0;
}

std::optional<std::string> Account::take_damage() {
  const std::lock_guard working(state_->text_work);
  return std::exchange(state_->damage, std::nullopt);
}

std::size_t Account::index(Progress& progress) {
  {
    const std::lock_guard working(state_->text_work);
    const auto live = state_->generation();
    if (!live) return 0;
    const auto entries = live->catalog().entry_count();
    if (!live->has_index()) {
      progress.of = progress.done + entries;
      {
        // Numbers are given while the catalog stands still.
        const std::lock_guard numbering(state_->catalog_work);
        live->prepare_index();
      }
      live->build_index(stores_, progress);
      return static_cast<std::size_t>(entries) + live->follow_index(stores_, progress);
    }
    const auto pending = live->catalog().text_pending(live->text_checkpoint());
    const bool much = pending >= kBulkPending && pending * kBulkShare >= entries;
    const bool disordered =
        live->catalog().overflow_count() >= std::max(kMaxOverflow, entries / kBulkShare);
    if (!much && !disordered) {
      try {
        return live->follow_index(stores_, progress);
      } catch (const IndexDamaged& error) {
        // It is derived, and made anew below: nobody needs to be asked.
        state_->damage = error.what();
      }
    }
  }
  return reindex(progress);
}

// A store that is away is no reason to lose what was derived from it.
void Account::require_stores() const {
  const auto live = state_->generation();
  if (!live) return;
  for (const auto& followed : live->catalog().followed()) {
    if (stores_.find(followed.first) == nullptr)
      throw_store_missing(state_->folder, name_, followed.first);
  }
}

std::size_t Account::reindex(Progress& progress) {
  const std::lock_guard rebuilding(state_->rebuild_work);
  require_stores();
  const auto next = state_->next_generation(stores_);
  try {
    if (next->catalog().entry_count() == 0) {
      // As much as is live, and the parts of the text index once more while they are merged.
      const auto live = bytes();
      require_room(state_->folder, live.catalog + 2 * live.index,
                   fmt::format("account '{}': a reindex", name_));
    }
    return rebuild(next, progress);
  } catch (const Cancelled&) {
    next->set_disposable(false);  // the next reindex goes on with it
    throw;
  } catch (const std::exception&) {
    state_->forget_next();
    throw;
  }
}

std::size_t Account::rebuild(const std::shared_ptr<Generation>& next, Progress& progress) {
  const auto start = progress.done.load();
  const auto rows = stores_.rows_after({});
  // Every row is projected, and what becomes an entry is indexed: about as many as are listed now.
  const auto live = state_->generation();
  progress.of = start + rows + (live ? live->catalog().entry_count() : rows);
  progress.done = start + rows - stores_.rows_after(next->catalog().checkpoint());
  project_all(*next, stores_, progress);
  const auto entries = next->catalog().entry_count();
  progress.of = progress.done + entries;
  if (next->has_index()) {
    progress.done += entries;
  } else {
    next->prepare_index();
    next->build_index(stores_, progress);
  }
  const auto follow = [&] {
    project_all(*next, stores_, progress);
    next->follow_index(stores_, progress);
    progress.of = std::max(progress.of.load(), progress.done.load());
    progress.step();
  };
  follow();
  // The live generation stands still for the last few changes, so that the new one is nowhere
  // behind it.
  const std::scoped_lock working(state_->text_work, state_->catalog_work);
  follow();
  next->verify();
  state_->make_live(next);
  return static_cast<std::size_t>(entries);
}

void Account::abandon_reindex() {
  const std::lock_guard rebuilding(state_->rebuild_work);
  state_->forget_next();
}

void Account::State::forget_next() const {
  std::error_code ignored;
  fs::remove(derived() / "next", ignored);
  Generation::sweep(derived());
}

}  // namespace indexer
