// An account written anew: in its place, to make it smaller, or elsewhere, to have it twice.
#include <fmt/format.h>

#include "indexer/account_state.hpp"
#include "replica/files.hpp"

namespace indexer {
namespace fs = std::filesystem;
namespace {

std::uint64_t sum(const Account::Bytes& bytes) { return bytes.store + bytes.catalog + bytes.index; }

void require_empty(const fs::path& folder) {
  if (!fs::exists(folder) || (fs::is_directory(folder) && fs::is_empty(folder))) return;
  throw std::runtime_error(fmt::format(
      "{} is there already: name a folder that is empty or not there", folder.string()));
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> Account::compact(Progress& progress) {
  const std::lock_guard rebuilding(state_->rebuild_work);
  const auto before = bytes();
  progress.of = static_cast<std::int64_t>(sum(before));
  for (const auto doctype : mail::kDoctypes) {
    progress.check();
    if (stores_.find(doctype) != nullptr) stores_.create(doctype).compact();
  }
  stores_.blobs().compact();
  progress.done = static_cast<std::int64_t>(before.store);
  progress.check();
  const std::lock_guard text_working(state_->text_work);
  if (const auto live = state_->generation(); live && live->has_index()) {
    require_space();
    const auto folder = state_->derived() / Generation::new_name(state_->options);
    live->copy_index_to(folder);
    const std::lock_guard catalog_working(state_->catalog_work);
    live->copy_catalog_to(folder);
    const auto copy = std::make_shared<Generation>(folder, state_->access, state_->options);
    copy->set_disposable(true);
    progress.check();
    state_->make_live(copy);
  }
  progress.done = progress.of.load();
  return {sum(before), sum(bytes())};
}

void Account::backup(const fs::path& folder, Progress& progress) {
  require_empty(folder);
  progress.of = static_cast<std::int64_t>(sum(bytes()));
  const auto copied = [&](std::uint64_t octets) {
    progress.done += static_cast<std::int64_t>(octets);
    progress.check();
  };
  // What is derived first: the stores may be ahead of it, not behind.
  if (const auto live = state_->generation()) {
    const auto copy = folder / "derived" / live->name();
    {
      const std::lock_guard text_working(state_->text_work);
      live->copy_index_to(copy);
    }
    live->copy_catalog_to(copy);
    Generation::make_live(folder / "derived", live->name());
    copied(bytes().catalog + bytes().index);
  }
  replica::create_folders(folder / "store");
  for (const auto& each : stores_.all()) {
    const auto copy = folder / "store" / (each.database + ".db");
    each.store->copy_to(copy);
    copied(fs::file_size(copy));
  }
  replica::sync_folder(folder / "store");
  // Blobs last: no document that was copied lacks its own.
  stores_.blobs().copy_to(folder / "blobs", copied);
  stores_.extracts().copy_to(folder / "extracts.db");
  if (const auto restored = replica::read_file(state_->folder / "restored.json"))
    replica::write_and_sync(folder / "restored.json", *restored);
  replica::sync_folder(folder);
  progress.of = progress.done.load();
}

}  // namespace indexer
