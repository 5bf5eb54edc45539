// Our replica of one source database: a SQLite file that keeps the bytes of each document as the source sent them, the
// leaves of its revision tree, the source's checkpoint, and a feed of its own.
//
// The feed is one row per document, ordered by LocalSeq: a document that changes moves to the end, a purge leaves its row.
// Numbers have gaps. What one batch brought stands in the order of its ids, whatever their order in the batch.
// What a batch brought and the checkpoint that vouches for it are one transaction. One object writes a file at a time;
// any number of objects and processes read it meanwhile. All members may be called from any thread. Throws sqlite::Error.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "replica/revision.hpp"
#include "replica/sqlite.hpp"

namespace replica {

// Position in the store's own feed; 0 is before the first row.
struct LocalSeq {
  std::int64_t value = 0;
  friend auto operator<=>(const LocalSeq&, const LocalSeq&) = default;
};

// Position in the source's feed: opaque JSON, kept and sent back byte for byte. Empty: from the beginning.
struct SourceSeq {
  std::string json;
  friend bool operator==(const SourceSeq&, const SourceSeq&) = default;
};

// How far the replication got. `incarnation` tells one life of the source database from the next (CouchDB's
// instance_start_time); with another one the sequence means nothing.
struct Checkpoint {
  SourceSeq since;
  std::string incarnation;
  // JSON: what the source purged up to there is gone here too; empty: unknown.
  std::string purge_seq{};
  std::string filter{};  // names the rule by which documents were left out; empty: none were
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// Names the file for those who derive from it: `uuid` is for life, `epoch` is renewed when the feed no longer continues
// (a backup that was restored).
struct StoreIdentity {
  std::string uuid;
  std::string epoch;
  friend auto operator<=>(const StoreIdentity&, const StoreIdentity&) = default;
};

// A revision on its way in.
struct IncomingRevision {
  std::string id;
  RevId rev;
  std::vector<std::string> ancestors;  // newest first, without the revision itself
  bool deleted = false;
  std::string body;  // the document's JSON as the source sent it, without `_revisions`
};

// When what is ignored is tried again: the end of the year 9999.
inline constexpr std::chrono::sys_seconds kNeverAgain{std::chrono::seconds{253'402'300'799}};

// A document or attachment that could not be replicated; it is listed until it could.
struct Quarantined {
  std::string id;
  std::string rev{};  // may be empty
  std::string reason;
  std::chrono::sys_seconds since{};
  int attempts = 0;
  std::chrono::sys_seconds next_attempt{};
  std::string attachment{};  // whose bytes did not come; empty: the document itself did not

  // An operator said so (Store::ignore): it is not tried again before another revision of it comes.
  [[nodiscard]] bool is_ignored() const { return next_attempt == kNeverAgain; }
};

// Bytes of an attachment that a document names, and that are not among the blobs yet.
struct WantedBlob {
  std::string digest;
  std::string id;  // of the document,
  std::string rev;  // of its revision that names them,
  std::string name;  // and the attachment's name there
  std::string content_type;
  std::uint64_t length = 0;  // as the document says
  int attempts = 0;
  std::string reason;  // of the last failure
  std::chrono::sys_seconds next_attempt{};
};

struct RevisionsOfDocument {
  std::string id;
  std::vector<RevId> revs;
};

struct Batch {
  // Documents with all the leaves that the source has of them. Other leaves are dropped before `revisions` are added, and a
  // document that is left without any is purged. No leaf of a document in `quarantined` is dropped, since what should replace it
  // did not come. A sweep counts both as met; a further row of the same sweep may be older than the first, so it drops nothing
  // unless it names no leaf at all, or `is_refreshed`.
  std::vector<RevisionsOfDocument> exact;
  bool is_refreshed =
      false;  // `exact` comes from the documents themselves, not from rows of a feed
  std::vector<IncomingRevision> revisions;
  std::vector<Quarantined>
      quarantined;  // `since`, `attempts` and `next_attempt` are the store's to count
  std::vector<std::string> released;  // ids that leave quarantine, besides those of `revisions`
  // Attachments to fetch. One that is wanted already stays as it is, one that no leaf names is ignored; when the leaf that names
  // it goes, it is not wanted any more.
  std::vector<WantedBlob> wanted;
  std::vector<WantedBlob> failed;  // of `wanted`, by digest: `reason` is why the bytes did not come
  std::vector<std::string>
      arrived;  // digests that are among the blobs now; the documents that wanted them move in the feed
  bool ends_sweep = false;  // documents that the sweep has not met are purged
  std::optional<Checkpoint> checkpoint;  // none: keep the old one
};

struct CommitSummary {
  std::size_t documents = 0;  // documents that changed
  LocalSeq last_seq;
};

// A row of the feed.
struct Change {
  LocalSeq seq;
  std::string id;
  RevId rev;  // the winner's
  bool deleted = false;  // no live revision, or purged
  bool purged = false;
  int conflicts = 0;
  std::chrono::sys_seconds arrived{};  // when the store first saw the document
};

struct StoredDocument {
  Change change;
  std::string body;  // of the winning revision; empty when purged
};

struct StoreCounts {
  std::int64_t documents = 0;  // not deleted
  std::int64_t deleted = 0;
  std::int64_t conflicted = 0;  // documents with conflicts
  std::int64_t bytes = 0;  // of the file
};

class Store {
 public:
  // kReadWrite creates the file when it is absent; kReadOnly throws then. A file of the format before is read as it is, and
  // upgraded by who writes; one of a newer format is refused.
  Store(const std::filesystem::path& file, sqlite::Access access);
  ~Store();

  [[nodiscard]] StoreIdentity identity() const;
  [[nodiscard]] LocalSeq last_seq() const;
  [[nodiscard]] StoreCounts counts() const;
  [[nodiscard]] Checkpoint checkpoint() const;
  [[nodiscard]] std::vector<std::string> conflicted(
      std::size_t limit) const;  // ids, in their order
  // Documents and attachments that did not come, with reason and next attempt, by id; of an attachment the reason names it.
  [[nodiscard]] std::vector<Quarantined> quarantined() const;
  // Attachments whose time has come, each digest once, at most `limit`.
  [[nodiscard]] std::vector<WantedBlob> wanted(std::chrono::sys_seconds now,
                                               std::size_t limit) const;
  // When the first of what failed is to be tried again; nothing when nothing failed, but for what is ignored.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_attempt() const;
  // The replication log as the source has it (`_local/{replication id}`), JSON; empty before the first was written.
  [[nodiscard]] std::string replication_log() const;

  // Of the revisions named, those that the store lacks; documents that lack nothing are left out.
  [[nodiscard]] std::vector<RevisionsOfDocument> missing(
      std::span<const RevisionsOfDocument> rows) const;
  // The same, of the revisions that are not leaves here.
  [[nodiscard]] std::vector<RevisionsOfDocument> missing_leaves(
      std::span<const RevisionsOfDocument> rows) const;
  [[nodiscard]] bool is_sweeping() const;
  // Ids of documents that the sweep has not met, at most `limit`.
  [[nodiscard]] std::vector<std::string> unmet(std::size_t limit) const;

  // All of the batch, or nothing. Revisions that the store has change nothing. Throws std::invalid_argument for a revision
  // of generation 0.
  CommitSummary commit(const Batch& batch);
  // A sweep compares all that is here with all that the source has, when its sequence says nothing any more: it begins with
  // no document met and the checkpoint's sequence forgotten, `Batch::exact` meets documents, `Batch::ends_sweep` purges the
  // others. It outlives a restart; one that is under way begins anew.
  void begin_sweep();
  void set_replication_log(std::string_view json);
  // As sqlite::Connection.
  void compact();
  void copy_to(const std::filesystem::path& file) const;
  // What failed is due now: of one document, also when it is ignored, or (without `id`) of all that is not ignored. Returns
  // the number of documents and attachments.
  std::int64_t retry(const std::optional<std::string>& id);
  // The document and its attachments, of those in quarantine, are not tried again. Returns their number.
  std::int64_t ignore(std::string_view id);
  // For a store that was put back from a backup: those who derive from it see that they have to begin again.
  void renew_epoch();

  // Rows after `since`, oldest first, at most `limit`.
  [[nodiscard]] std::vector<Change> changes(LocalSeq since, std::size_t limit) const;
  // The same with bodies, which `visit` sees one at a time; returns the number of rows. Nothing is locked while it sees
  // them: it may take its time, use the store, and throw. A row that changes meanwhile may come again with its new place.
  std::size_t documents(
      LocalSeq since, std::size_t limit,
      const std::function<void(const Change&, std::string_view body)>& visit) const;
  [[nodiscard]] std::int64_t pending(
      LocalSeq since) const;  // rows after `since`; counts them: 2 ms for 100,000

  [[nodiscard]] std::optional<StoredDocument> read(std::string_view id) const;
  [[nodiscard]] std::optional<RevisionTree> tree(std::string_view id) const;
  [[nodiscard]] std::optional<std::string> body(std::string_view id, const RevId& rev) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace replica
