// A database as CouchDB keeps it, in memory: revision trees, shards with their feeds, purges, attachments, local documents.
// No HTTP, no locks. Follows CouchDB's documentation and the recordings; shares no code with davenport, so that a mistake
// is not made twice.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace support::memory {

struct Rev {
  std::uint64_t generation = 0;
  std::string digest;

  [[nodiscard]] static std::optional<Rev> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Rev&, const Rev&) = default;
};

// Bytes as CouchDB stores them: text compressed, and the digest that of the stored bytes.
struct Attachment {
  std::string content_type;
  std::string digest;  // "md5-…"
  std::string stored;
  bool is_gzip = false;
  std::uint64_t length = 0;  // not compressed
};
[[nodiscard]] std::shared_ptr<const Attachment> make_attachment(std::string content_type,
                                                                const std::string& bytes);
[[nodiscard]] std::string bytes_of(const Attachment& attachment);

struct NamedAttachment {
  std::string name;
  std::shared_ptr<const Attachment> attachment;
  std::uint64_t revpos = 0;  // the generation that brought it
};

struct Content {
  bool deleted = false;
  std::string members;  // of the JSON object but for those CouchDB adds: "a":1,"b":2
  std::vector<NamedAttachment> attachments;
};

struct Revision {
  Rev rev;
  std::optional<std::size_t> parent;
  std::optional<Content> content;  // nothing: compacted, or known as an ancestor only
};

class DocumentTree {
 public:
  [[nodiscard]] const Revision& operator[](std::size_t index) const { return revisions_[index]; }
  [[nodiscard]] std::size_t size() const { return revisions_.size(); }
  [[nodiscard]] std::optional<std::size_t> find(const Rev& rev) const;
  [[nodiscard]] const std::vector<std::size_t>& leaves() const { return leaves_; }  // winner first
  [[nodiscard]] const Revision& winner() const { return revisions_[leaves_.front()]; }
  // Digests of the revision and its ancestors, newest first.
  [[nodiscard]] std::vector<std::string> path(std::size_t index) const;
  [[nodiscard]] std::vector<std::size_t> leaves_below(
      std::size_t index) const;  // itself when a leaf

  // Puts a revision into the tree; `path` as `_revisions` has it. False when it was known with its content.
  bool graft(std::uint64_t generation, std::span<const std::string> path, Content content);
  // Forgets a leaf and the ancestors that no other leaf has; false when it is no leaf.
  bool remove_leaf(const Rev& rev);
  void stem(std::size_t revisions_kept);  // of each leaf's history
  void forget_old_contents();

 private:
  void keep_only(const std::vector<bool>& kept);
  void find_leaves();

  std::vector<Revision> revisions_;
  std::vector<std::size_t> leaves_;
};

struct Document {
  std::string id;
  DocumentTree tree;
  std::size_t shard = 0;
  std::uint64_t seq = 0;  // in its shard's feed
};

struct LocalDocument {
  std::uint64_t rev = 0;  // 1 is "0-1"
  std::string members;
};

struct PurgedInfo {
  std::string id;
  std::vector<Rev> revs;
};

// How far into each shard's feed.
struct Position {
  std::vector<std::uint64_t> shards;
  [[nodiscard]] std::uint64_t total() const;
};

// How sequences are written.
enum class SequenceStyle {
  kOpaque,  // "17-g1AAAA…"
  kFalling,  // the same, with numbers that now and then go down, as those of a cluster do
  kNumber,  // 17, as CouchDB 1.x (with one shard)
};

class Database {
 public:
  struct Options {
    std::size_t shards = 2;
    SequenceStyle sequences = SequenceStyle::kOpaque;
  };
  // `incarnation` tells this life of the database from those before it.
  Database(std::string name, std::uint64_t incarnation, Options options);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }
  [[nodiscard]] const Document* find(std::string_view id) const;  // null: never here, or purged
  [[nodiscard]] const std::map<std::string, Document, std::less<>>& documents() const {
    return documents_;
  }
  [[nodiscard]] std::int64_t live_documents() const { return live_; }
  [[nodiscard]] std::int64_t deleted_documents() const { return deleted_; }

  // A new edit. Without `parent`: of a new document, or of one that is deleted. Nothing when that is a conflict.
  std::optional<Rev> edit(const std::string& id, std::optional<Rev> parent, Content content);
  // A revision with its history (new_edits=false); `path` as `_revisions` has it.
  void graft(const std::string& id, std::uint64_t generation, std::span<const std::string> path,
             Content content);
  // Of the revisions given, those that were leaves and are gone.
  std::vector<Rev> purge(const std::string& id, std::span<const Rev> revs);
  void compact();
  void set_revs_limit(std::size_t limit) { revs_limit_ = limit; }
  [[nodiscard]] std::size_t revs_limit() const { return revs_limit_; }

  [[nodiscard]] const std::vector<PurgedInfo>& purged_infos() const { return purged_; }
  [[nodiscard]] std::string purge_seq() const;  // JSON
  [[nodiscard]] std::map<std::string, LocalDocument>& local_documents() { return local_; }

  [[nodiscard]] Position start() const;
  [[nodiscard]] Position end() const;
  // Where feeds end: before `end` while they are held at where it was.
  [[nodiscard]] Position feed_end() const { return held_end_.value_or(end()); }
  void hold_feeds() {
    held_end_ = end();
    copies_ = 3;  // of one copy no node can be behind
  }
  void release_feeds() { held_end_.reset(); }
  [[nodiscard]] int copies() const { return copies_; }  // of each shard
  // The next document after `at` and not after `end`, and `at` moves behind it; null when there is none. In order within a
  // shard; shards are mixed, `turn` says how.
  [[nodiscard]] const Document* next(Position& at, const Position& end, std::uint64_t& turn) const;
  [[nodiscard]] std::int64_t pending(const Position& at) const;
  [[nodiscard]] std::string sequence(const Position& at) const;  // JSON
  // `since` as a client sends it. A sequence of another database or another life of it is the start; nothing when it is none.
  [[nodiscard]] std::optional<Position> parse_since(std::string_view text) const;

 private:
  struct Entry {
    std::uint64_t seq = 0;
    const Document* document = nullptr;  // null: it has moved on
  };
  struct Shard {
    std::uint64_t update_seq = 0;
    std::vector<Entry> feed;
    std::size_t moved_on = 0;
  };

  Document& document(const std::string& id);
  void count(const Document& document, int sign);
  void leave_feed(const Document& document);
  void enter_feed(Document& document);
  [[nodiscard]] std::string opaque(std::uint64_t number, const Position& at) const;

  std::string name_;
  std::uint64_t incarnation_;
  SequenceStyle sequences_;
  std::vector<Shard> shards_;
  std::optional<Position> held_end_;
  int copies_ = 1;
  std::map<std::string, Document, std::less<>> documents_;
  std::map<std::string, LocalDocument> local_;
  std::vector<PurgedInfo> purged_;
  std::size_t revs_limit_ = 1000;
  std::int64_t live_ = 0;
  std::int64_t deleted_ = 0;
};

}  // namespace support::memory
