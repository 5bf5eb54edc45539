// A store as it was at one moment, for an export, a repair or a check of all of it. Writers go on meanwhile; until the snapshot
// ends, what they write stays in the write-ahead log. Belongs to one thread at a time. Throws sqlite::Error.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "replica/compression.hpp"
#include "replica/sqlite.hpp"
#include "replica/store.hpp"

namespace replica {

// A document with all of its leaves.
struct WholeDocument {
  std::string id;
  std::chrono::sys_seconds arrived{};  // when a store first saw it
  std::vector<IncomingRevision> leaves;  // the winner first; none: it was purged
};

class StoreSnapshot {
 public:
  explicit StoreSnapshot(const std::filesystem::path& file);

  [[nodiscard]] const StoreIdentity& identity() const { return identity_; }
  [[nodiscard]] LocalSeq last_seq() const { return last_seq_; }
  // Documents that changed after `since`, in the order of the feed; the same each time. `visit` may throw.
  void documents(LocalSeq since, const std::function<void(const WholeDocument&)>& visit);
  // All documents that can be read, in the same order; `damaged` is called for the others.
  void check(const std::function<void(const WholeDocument&)>& visit,
             const std::function<void(const std::string& id, const std::string& reason)>& damaged);
  // Describes where the store's own counts differ from its rows; empty when they agree.
  [[nodiscard]] std::string miscounted();
  // Whether that attachment of the document is known to be missing here, and is asked for.
  [[nodiscard]] bool is_wanted(const std::string& id, const std::string& digest);

 private:
  [[nodiscard]] std::string meta(std::string_view key);
  // `visit` gets each row of the feed after `since`: the document without its leaves, and these as RevisionTree encodes them.
  void visit_rows(
      LocalSeq since,
      const std::function<void(WholeDocument& document, std::string_view leaves)>& visit);
  RevisionTree read_leaves(std::string_view encoded, WholeDocument& document);
  // Of the row that is visited.
  [[nodiscard]] bool agrees_with_row(const RevisionTree& tree) const;

  sqlite::Connection connection_;
  sqlite::ReadTransaction view_;
  Decompressor decompressor_;
  sqlite::Statement meta_, rows_, body_, wanted_;
  StoreIdentity identity_;
  LocalSeq last_seq_;
};

}  // namespace replica
