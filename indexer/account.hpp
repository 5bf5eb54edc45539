// One account's folder: its stores, and the generation that is derived from them.
//
// Whoever writes (serve, sync, import, reindex) holds the account's lock; readers, also in other
// processes, need none. A generation is a catalog and a text index that belong together; a reindex
// builds the next one beside the live one and swaps. All members may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "indexer/bodies.hpp"
#include "indexer/catalog.hpp"
#include "indexer/fulltext.hpp"
#include "indexer/progress.hpp"
#include "indexer/room.hpp"
#include "indexer/stores.hpp"

namespace indexer {

// The account's lock is held by another process (its message says what to do).
struct AccountBusy : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct AccountUnknown : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The disk that a backup was being written to is full, which tells nothing of the account's own.
struct BackupDiskFull : std::runtime_error {
  BackupDiskFull(std::filesystem::path destination, const std::string& message)
      : std::runtime_error(message), folder(std::move(destination)) {}
  std::filesystem::path folder;
};

// Completeness of search answers.
struct IndexState {
  bool complete = false;
  std::int64_t pending = 0;  // entries, or changes, that are not in the index yet
  std::int64_t failed = 0;  // documents that could not be read
  std::string generation;
};

struct SearchAnswer {
  struct Found {
    Kind kind = Kind::kMail;
    std::string row;  // M or F, JSON
    double score = 0;
    SearchPlace place;
    std::string subject, preview;  // snippets, HTML; empty when not asked for
    std::string part;  // id of the attachment that `preview` is cut from; empty: from the body
  };
  std::vector<Found> hits;
  std::int64_t total = 0;
  bool total_is_exact = true;
  bool is_partial = false;  // the time was up before all was looked at
  std::vector<FacetCounts> facets;
  // Where little was found: the query with words of the index in place of some that may be
  // misspelt, which finds more.
  std::optional<std::string> did_you_mean;
  std::optional<Explanation> explanation;
  std::optional<SearchPlace> next;  // where this page ended; none: it was the last
  IndexState index;
};

// What shows a change: lists do so before searches.
enum class VisibleIn { kLists, kText };

// A leaf of a document's revision tree.
struct LeafRevision {
  std::string rev;
  bool deleted = false;
  std::string document;  // JSON as the source sent it
};

class Generation;

class Account {
 public:
  // kReadOnly throws AccountUnknown when the folder is not there; kReadWrite creates it and throws
  // AccountBusy when another process writes. `doctype_member` as for Stores.
  Account(std::filesystem::path folder, std::string name, replica::sqlite::Access access,
          std::optional<std::string> doctype_member = {}, IndexOptions options = {});
  ~Account();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Stores& stores() { return stores_; }

  // ── Writing ──
  // Brings the catalog, and so the lists, up to the stores. Rebuilds catalog and text index when the
  // live generation was derived from other stores or by other rules. Returns the number of changes.
  // With `more_is_coming`, Catalog::order is left to the next call.
  std::size_t project(Progress& progress, bool more_is_coming = false);
  // Whether `project` would rebuild.
  [[nodiscard]] bool needs_rebuild() const;
  // Whether it would because lists and index of the account in that folder follow other rules. Opens
  // nothing.
  [[nodiscard]] static bool follows_other_rules(const std::filesystem::path& folder,
                                                const IndexOptions& options);
  // Brings the catalog of an outdated generation up to the stores, so that its lists stay right
  // until a rebuild has replaced it. Does nothing when they cannot follow. Returns the number of
  // changes.
  std::size_t project_without_rebuild(Progress& progress);
  // Brings the text index up to the catalog; the first time, and when much is new, in bulk. A
  // damaged index is rebuilt together with the lists. Returns the number of entries.
  std::size_t index(Progress& progress);
  // What was wrong with a text index that index() has rebuilt since the last call, in words.
  [[nodiscard]] std::optional<std::string> take_damage();
  // Throws std::runtime_error when a store that the live generation was derived from is missing. A
  // rebuild would lose its mail from the lists, and an import or a backup would be incomplete.
  void require_stores() const;
  // Builds a new generation from the stores, follows what changes meanwhile, verifies it, and makes
  // it live. Until then, and when it fails, the live generation answers. Returns the number of
  // entries. Throws Cancelled and NoRoom. A reindex that was cancelled or killed is resumed by the
  // next call within a day; one that failed leaves nothing.
  std::size_t reindex(Progress& progress);
  void abandon_reindex();  // deletes what a cancelled one left
  // Projects and indexes these documents again, in the live generation and in batches. Returns the
  // number of entries. Throws Cancelled between two batches.
  std::size_t renew(std::span<const DocumentName> documents, Progress& progress);
  // The same for what a query finds (its errors as of `search`), and for what could not be read:
  // documents, and texts of files, which are tried again. Called with the same `task` after it was
  // cancelled or killed, it goes on where it was; what failed once more may be tried a third time.
  [[nodiscard]] QueryResult<std::size_t> renew_matching(const Query& query, std::string_view task,
                                                        Progress& progress);
  std::size_t renew_failed(std::string_view task, Progress& progress);

  // Rewrites lists, text index, stores and blobs without unused space. Indexing waits while the text
  // index is copied, projection only while the catalog is. Returns the account's bytes before and
  // after. Throws Cancelled and NoRoom; an unfinished reindex is deleted when that makes room enough.
  std::pair<std::uint64_t, std::uint64_t> compact(Progress& progress);
  // Copies the account into a folder that is empty or does not exist; the copy is an account's folder
  // and can take its place. `progress` counts bytes. Throws Cancelled, BackupDiskFull and
  // std::runtime_error, and leaves nothing then. Until the copy is complete it has the file
  // kUnfinishedBackup, and Account refuses it; that stays so when the process is killed.
  static constexpr std::string_view kUnfinishedBackup = "unfinished-backup";
  void backup(const std::filesystem::path& folder, Progress& progress);

  // ── Reading ──
  // All of these as the Catalog's members of that name.
  [[nodiscard]] ListPage list(const ListQuery& query) const;
  [[nodiscard]] std::optional<ListChanges> changes(std::string_view since,
                                                   const ListQuery& query) const;
  [[nodiscard]] std::vector<MailboxCounts> mailboxes() const;
  [[nodiscard]] bool has_complete_lists() const;  // as ListPage::complete
  // A row with what rows of lists leave out, such as "cc".
  [[nodiscard]] std::optional<std::string> message(std::string_view id) const;
  [[nodiscard]] std::vector<std::string> messages(const std::vector<std::string>& ids) const;
  // `id` is that of the thread or of a message in it.
  [[nodiscard]] std::vector<std::string> thread(std::string_view id) const;
  [[nodiscard]] std::optional<std::string> file(std::string_view id) const;
  // The text of a file: its document's own, else what was extracted from its bytes. Nothing when the
  // file is unknown.
  [[nodiscard]] std::optional<std::string> file_text(std::string_view id) const;
  [[nodiscard]] ListPage files(const ListQuery& query) const;
  [[nodiscard]] QueryResult<SearchAnswer> search(const SearchRequest& request, bool snippets) const;
  // All bodies of a message; none when the message is unknown. Counted as `body`.
  [[nodiscard]] std::optional<std::vector<Body>> bodies(std::string_view id) const;
  // The JSON as the source sent it.
  [[nodiscard]] std::optional<std::string> metadata_document(std::string_view id) const;
  // The leaves of a message's document, the winner first; none when the message is unknown.
  [[nodiscard]] std::optional<std::vector<LeafRevision>> conflicts(std::string_view id) const;
  // The original message, if it is kept.
  [[nodiscard]] std::optional<std::string> raw(std::string_view id) const;
  [[nodiscard]] std::optional<std::string> find_mailbox(std::string_view name) const;
  [[nodiscard]] std::vector<Completion> complete(std::string_view typed, std::size_t limit) const;
  [[nodiscard]] IndexState index_state() const;
  [[nodiscard]] std::string state() const;  // as ListPage has it
  // Whether the lists, or the text index, have followed the stores to that revision of a document or
  // to one that replaced it.
  [[nodiscard]] bool shows(std::string_view doc_id, const replica::RevId& rev,
                           VisibleIn where) const;
  [[nodiscard]] std::int64_t message_count() const;
  [[nodiscard]] LevelCounts levels() const;  // as the Catalog's
  [[nodiscard]] std::vector<Failure> failures() const;
  struct Bytes {
    std::uint64_t store = 0, catalog = 0, index = 0;
  };
  [[nodiscard]] Bytes bytes() const;

 private:
  friend class Examination;  // of the doctor, who compares what is kept here
  struct State;
  void renew_restored_stores();
  void make_room_to_compact();
  void copy_to(const std::filesystem::path& folder, Progress& progress);
  std::size_t rebuild(const std::shared_ptr<Generation>& next, Progress& progress);

  std::string name_;
  std::unique_ptr<State> state_;  // before the stores: who opens them for writing may upgrade them
  Stores stores_;
};

// Throws std::runtime_error when the folder is a backup that was broken off.
void refuse_unfinished_backup(const std::filesystem::path& folder, const std::string& name);

}  // namespace indexer
