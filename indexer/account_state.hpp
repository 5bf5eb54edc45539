// What an account keeps between calls; shared by the sources that implement it.
#pragma once

#include <mutex>
#include <optional>

#include "indexer/account.hpp"
#include "indexer/file_lock.hpp"
#include "indexer/generation.hpp"

namespace indexer {

struct Account::State {
  std::filesystem::path folder;
  replica::sqlite::Access access = replica::sqlite::Access::kReadOnly;
  IndexOptions options;
  std::optional<FileLock> lock;  // held when opened for writing

  // One rebuild, one text indexing and one projection at a time. Locked in this order.
  std::mutex rebuild_work;
  std::mutex text_work;
  std::optional<std::string> damage;  // that index() found, in words; under text_work
  std::mutex catalog_work;

  mutable std::mutex mutex;
  std::shared_ptr<Generation> live;  // null: nothing was projected yet

  [[nodiscard]] std::filesystem::path derived() const { return folder / "derived"; }
  [[nodiscard]] std::shared_ptr<Generation> generation() const {
    const std::lock_guard guard(mutex);
    return live;
  }
  // Throws as the constructor of Account does.
  [[nodiscard]] static std::unique_ptr<State> locked(std::filesystem::path folder,
                                                     const std::string& name,
                                                     replica::sqlite::Access access,
                                                     IndexOptions options);
  void open_live();
  void require_live();  // creates an empty generation when there is none
  void make_live(std::shared_ptr<Generation> generation);
  // The generation that an unfinished rebuild left, if it can still follow the stores, else a new
  // one. It is disposable.
  [[nodiscard]] std::shared_ptr<Generation> next_generation(const Stores& stores) const;
  void forget_next() const;  // deletes what an unfinished rebuild left, unless it is open
};

}  // namespace indexer
