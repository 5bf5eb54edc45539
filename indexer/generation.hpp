// A generation: a catalog and a text index that belong together, in a folder of their own.
//
//   derived/<generation>/catalog.db, index/, lock
//   derived/current       name of the live generation, replaced by rename
//   derived/next          name of the one that is being built, so that it can be resumed after a kill
//
// A name is "c<catalog format>p<projection version>a<analysis version>o<options>-<random>": a
// program with other rules or options knows by the name that it has to build its own. Whoever has a
// generation open holds a shared lock on its `lock`; its folder is deleted when it is not live any
// more and nobody has it open.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/file_lock.hpp"
#include "indexer/fulltext.hpp"

namespace indexer {

struct EntryName {
  Kind kind = Kind::kMail;
  std::string id;  // public
};

class Generation {
 public:
  // Opens, or with kReadWrite creates, the generation of that folder.
  Generation(const std::filesystem::path& folder, replica::sqlite::Access access,
             IndexOptions options);
  // A new, empty generation, which is disposable.
  [[nodiscard]] static std::shared_ptr<Generation> begin(const std::filesystem::path& derived,
                                                         const IndexOptions& options);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  ~Generation();  // deletes the folder when it is disposable and nobody else has it open

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::string name() const { return folder_.filename(); }
  [[nodiscard]] Catalog& catalog() { return catalog_; }
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

  // False until the text was indexed for the first time.
  [[nodiscard]] bool has_index() const { return has_index_.load(); }
  // Why the text index could not be opened, in words; nothing when it could, or there was none.
  [[nodiscard]] const std::optional<std::string>& index_fault() const { return index_fault_; }
  // How far the text index is. Kept in memory, so that lists never touch Xapian.
  [[nodiscard]] DerivedCheckpoint text_checkpoint() const;

  // ── Writing; by one thread at a time ──
  // Gives entries their numbers, unless an unfinished build began with those that they have.
  void prepare_index();
  // After prepare_index(): builds the text index in bulk from the catalog, or goes on with an
  // unfinished build. Only when there is no text index.
  void build_index(const Stores& stores, Progress& progress);
  // Brings the text index up to the catalog, entry by entry. Returns the number of entries written.
  std::size_t follow_index(const Stores& stores, Progress& progress);
  // Indexes these entries again, and removes those that the catalog lacks. Only when the text index
  // has followed the catalog.
  void renew_entries(const Stores& stores, std::span<const EntryName> entries, Progress& progress);

  // Copy text index and catalog, without unused space, into the folder of another generation. The
  // text index first, so that the copy of the catalog is not behind it.
  void copy_index_to(const std::filesystem::path& folder) const;
  void copy_catalog_to(const std::filesystem::path& folder) const;

  // Whether this generation can follow the stores and has this program's format. If not, another
  // one has to be built.
  [[nodiscard]] bool is_derived_from(const Stores& stores) const;
  // The same for the lists, of whatever projection version; false also when they are behind the text
  // index, as after a power cut: entries that are projected again could get other numbers.
  [[nodiscard]] bool lists_follow(const Stores& stores) const;
  // Throws std::runtime_error unless catalog and text index have the same checkpoint and the same
  // number of entries.
  void verify() const;

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

  // A disposable generation, one that is not live, is deleted when its last user closes it.
  void set_disposable(bool disposable) { disposable_ = disposable; }

  // ── The folder of generations ──
  [[nodiscard]] static std::string new_name(const IndexOptions& options);
  [[nodiscard]] static bool is_current_format(std::string_view name, const IndexOptions& options);
  // The live generation's name; nothing when there is none.
  [[nodiscard]] static std::optional<std::string> live_name(const std::filesystem::path& derived);
  static void make_live(const std::filesystem::path& derived, const std::string& name);
  // The generation that an unfinished rebuild left; nothing when there is none.
  [[nodiscard]] static std::optional<std::string> next_name(const std::filesystem::path& derived);
  static void make_next(const std::filesystem::path& derived, const std::string& name);
  // Deletes generations that are neither live nor next nor open, and a next one that nobody went on
  // with for a day.
  static void sweep(const std::filesystem::path& derived);

 private:
  [[nodiscard]] std::filesystem::path index_folder() const { return folder_ / "index"; }
  template <typename Work>
  auto write_index(Work work);
  void set_text_checkpoint(DerivedCheckpoint checkpoint);

  std::filesystem::path folder_;
  IndexOptions options_;
  std::optional<FileLock> lock_;
  Catalog catalog_;
  std::unique_ptr<FulltextWriter> writer_;
  std::atomic<bool> has_index_{false};
  std::optional<std::string> index_fault_;
  std::atomic<bool> disposable_{false};

  mutable std::mutex mutex_;
  DerivedCheckpoint text_checkpoint_;
  mutable std::vector<std::unique_ptr<FulltextReader>> idle_readers_;
};

}  // namespace indexer
