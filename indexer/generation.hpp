// A generation: a catalog and a text index that belong together, in a folder of their own.
//
//   derived/<generation>/catalog.db, index/, lock
//   derived/current       name of the live generation, replaced by rename
//
// A name is "c<catalog format>a<analysis version>o<options>-<random>": a program that projects or analyses otherwise sees by the
// name that it has to build its own. Whoever has a generation open holds a shared lock on its `lock`; its folder is deleted when it
// is not live any more and the last one left.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/file_lock.hpp"
#include "indexer/fulltext.hpp"

namespace indexer {

class Generation {
 public:
  // Opens, or with kReadWrite creates, the generation of that folder.
  Generation(const std::filesystem::path& folder, replica::sqlite::Access access,
             IndexOptions options);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation();  // deletes the folder when it is disposable and nobody else has it open

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::string name() const { return folder_.filename(); }
  [[nodiscard]] Catalog& catalog() { return catalog_; }
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

  // False until the text was indexed for the first time.
  [[nodiscard]] bool has_index() const { return has_index_.load(); }
  // How far the text index is; from memory, so that lists never touch Xapian.
  [[nodiscard]] DerivedCheckpoint text_checkpoint() const;

  // ── Writing; by one thread at a time ──
  // Builds the text index in bulk from the catalog, whose numbers are assigned. It must not have one. Returns how many
  // entries could not be read.
  std::size_t build_index(const Stores& stores, const std::function<void(std::size_t)>& done,
                          const std::atomic<bool>& cancelled);
  // Brings the text index up to the catalog, entry by entry. Returns the number of entries written.
  std::size_t follow_index(const Stores& stores, const std::atomic<bool>& cancelled);

  // A reader of the text index, given back when it goes out of scope. Only when there is an index.
  class ReaderLease {
   public:
    ReaderLease(const Generation& generation, std::unique_ptr<FulltextReader> reader)
        : generation_(generation), reader_(std::move(reader)) {}
    ReaderLease(const ReaderLease&) = delete;
    ReaderLease& operator=(const ReaderLease&) = delete;
    ~ReaderLease();
    FulltextReader& operator*() const { return *reader_; }
    FulltextReader* operator->() const { return reader_.get(); }

   private:
    const Generation& generation_;
    std::unique_ptr<FulltextReader> reader_;
  };
  [[nodiscard]] ReaderLease reader() const;

  // A generation that is not live any more, or not yet, is deleted with its last user.
  void set_disposable(bool disposable) { disposable_ = disposable; }

  // ── The folder of generations ──
  [[nodiscard]] static std::string new_name(const IndexOptions& options);
  [[nodiscard]] static bool is_current_format(std::string_view name, const IndexOptions& options);
  // The live generation's name; nothing when there is none.
  [[nodiscard]] static std::optional<std::string> live_name(const std::filesystem::path& derived);
  static void make_live(const std::filesystem::path& derived, const std::string& name);
  // Deletes what is neither live nor open anywhere: leftovers of a killed rebuild.
  static void sweep(const std::filesystem::path& derived);

 private:
  [[nodiscard]] std::filesystem::path index_folder() const { return folder_ / "index"; }
  void set_text_checkpoint(DerivedCheckpoint checkpoint);

  std::filesystem::path folder_;
  IndexOptions options_;
  std::optional<FileLock> lock_;
  Catalog catalog_;
  std::unique_ptr<FulltextWriter> writer_;
  std::atomic<bool> has_index_{false};
  std::atomic<bool> disposable_{false};

  mutable std::mutex mutex_;
  DerivedCheckpoint text_checkpoint_;
  mutable std::vector<std::unique_ptr<FulltextReader>> idle_readers_;
};

}  // namespace indexer
