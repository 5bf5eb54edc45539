// One account's folder: its stores, and the generation that is derived from them.
//
// Whoever writes (serve, sync, import, reindex) holds the account's lock; readers, also in other processes, need none.
// A generation is a catalog and a text index that belong together; a reindex builds the next one beside the live one and
// swaps. All members may be called from any thread.
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
  // kReadOnly throws AccountUnknown when the folder is not there; kReadWrite creates it and throws AccountBusy when
  // another process writes. `doctype_member` as for Stores.
  Account(std::filesystem::path folder, std::string name, replica::sqlite::Access access,
          std::optional<std::string> doctype_member = {}, IndexOptions options = {});
  ~Account();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Stores& stores() { return stores_; }

  // ── Writing ──
  // Brings the catalog up to the stores: lists are right then. Rebuilds both when the stores are not those that the live
  // generation was derived from, or its format is another program's. Returns the number of changes. Where `more_is_coming`,
  // what Catalog::order makes may be left for the next time.
  std::size_t project(Progress& progress, bool more_is_coming = false);
  // Whether `project` would have to rebuild all, since what is live was derived by other rules, or from other stores.
  [[nodiscard]] bool needs_rebuild() const;
  // Brings the catalog of an outdated generation up to the stores, so that its lists stay right until a rebuild has replaced
  // it. Does nothing when they cannot follow. Returns the number of changes.
  std::size_t project_without_rebuild(Progress& progress);
  // Brings the text index up to the catalog: the first time, and when much is new, in bulk. One that turns out to be damaged is made
  // anew with the lists. Returns the number of entries.
  std::size_t index(Progress& progress);
  // What was wrong with the text index that index() made anew since this was last asked, in words.
  [[nodiscard]] std::optional<std::string> take_damage();
  // Throws std::runtime_error where a store that lists and index were made from is not there: what would be made from the others,
  // or taken over beside it, would lack its mail.
  void require_stores() const;
  // Builds a new generation from the stores, follows what changes meanwhile, checks it, swaps. The live generation answers
  // until the swap, and stays when anything goes wrong. Returns the number of entries. Throws Cancelled, and NoRoom. One that
  // was cancelled or killed is gone on with by the next call, within a day; one that failed leaves nothing.
  std::size_t reindex(Progress& progress);
  void abandon_reindex();  // forgets what a cancelled one left
  // In place and in batches, projects and indexes documents once more, whatever lists and text index have of them. Returns
  // the number of entries. Throws Cancelled between two batches.
  std::size_t renew(std::span<const DocumentName> documents, Progress& progress);
  // The same for what a query finds (its errors as of `search`), and for what could not be read: documents, and texts of
  // files, which are tried again.
  [[nodiscard]] QueryResult<std::size_t> renew_matching(const Query& query, Progress& progress);
  std::size_t renew_failed(Progress& progress);

  // Writes lists, text index, stores and blobs anew, without the space that changes left. While the text index is written,
  // its entries wait; lists only at the end. Returns the account's bytes before and after. Throws Cancelled, and NoRoom; what a
  // reindex left that was not ended gives its room.
  std::pair<std::uint64_t, std::uint64_t> compact(Progress& progress);
  // Copies all of the account, as it is, into a folder that is empty or not there: an account's folder, which can be put back
  // in its place. Progress counts bytes. Throws Cancelled, BackupDiskFull, and std::runtime_error; then nothing of the copy is
  // left. Until it is whole it has the file kUnfinishedBackup, and no Account takes it: a copy that was killed stays that way.
  static constexpr std::string_view kUnfinishedBackup = "unfinished-backup";
  void backup(const std::filesystem::path& folder, Progress& progress);

  // ── Reading ──
  // All of these as the Catalog's members of that name.
  [[nodiscard]] ListPage list(const ListQuery& query) const;
  [[nodiscard]] std::optional<ListChanges> changes(std::string_view since,
                                                   const ListQuery& query) const;
  [[nodiscard]] std::vector<MailboxCounts> mailboxes() const;
  [[nodiscard]] bool has_complete_lists() const;  // as ListPage::complete
  [[nodiscard]] std::optional<std::string> message(std::string_view id) const;
  [[nodiscard]] std::vector<std::string> messages(const std::vector<std::string>& ids) const;
  [[nodiscard]] std::vector<std::string> thread(
      std::string_view id) const;  // id of a thread or of a message in it
  [[nodiscard]] std::optional<std::string> file(std::string_view id) const;
  // The text of a file, its document's own or that of its bytes as far as they were read; none when the file is unknown.
  [[nodiscard]] std::optional<std::string> file_text(std::string_view id) const;
  [[nodiscard]] ListPage files(const ListQuery& query) const;
  [[nodiscard]] QueryResult<SearchAnswer> search(const SearchRequest& request, bool snippets) const;
  // All bodies of a message; none when the message is unknown. Counted as `body`.
  [[nodiscard]] std::optional<std::vector<Body>> bodies(std::string_view id) const;
  [[nodiscard]] std::optional<std::string> metadata_document(
      std::string_view id) const;  // JSON as the source sent it
  // The leaves of a message's document, the winner first; none when the message is unknown.
  [[nodiscard]] std::optional<std::vector<LeafRevision>> conflicts(std::string_view id) const;
  [[nodiscard]] std::optional<std::string> raw(
      std::string_view id) const;  // the original message, where it is kept
  [[nodiscard]] std::optional<std::string> find_mailbox(std::string_view name) const;
  [[nodiscard]] std::vector<Completion> complete(std::string_view typed, std::size_t limit) const;
  [[nodiscard]] IndexState index_state() const;
  [[nodiscard]] std::string state() const;  // as ListPage has it
  // Whether that revision of a document, or one that took its place, is in the lists, or the text index, by now.
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
