#include "replica/store_snapshot.hpp"

#include <fmt/format.h>
#include <stdexcept>

#include "replica/digest.hpp"
#include "replica/store_file.hpp"
#include "replica/store_reader.hpp"

namespace replica {

namespace {

// `ancestors` of a revision on its way in are digests, as in the tree.
IncomingRevision incoming(const std::string& id, const Leaf& leaf) {
  IncomingRevision revision;
  revision.id = id;
  revision.rev = leaf.rev;
  revision.ancestors = leaf.ancestors;
  revision.deleted = leaf.deleted;
  return revision;
}

}  // namespace

StoreSnapshot::StoreSnapshot(const std::filesystem::path& file)
    : connection_(open_store(file, sqlite::Access::kReadOnly)),
      view_(connection_),
      meta_(connection_.prepare("SELECT value FROM meta WHERE key=?")),
      rows_(connection_.prepare("SELECT id, arrived, leaves, rev, deleted, conflicts, body, purged "
                                "FROM documents WHERE seq>? "
                                "ORDER BY seq")),
      body_(connection_.prepare("SELECT size, data, crc FROM bodies WHERE id=?")),
      wanted_(connection_.prepare("SELECT 1 FROM wanted WHERE digest=? AND id=?")),
      identity_{meta("uuid"), meta("epoch")},
      last_seq_{connection_.prepare("SELECT max(seq) FROM documents").scalar()} {}

void StoreSnapshot::documents(LocalSeq since,
                              const std::function<void(const WholeDocument&)>& visit) {
  visit_rows(since, [&](WholeDocument& document, std::string_view leaves) {
    read_leaves(leaves, document);
    visit(document);
  });
}

void StoreSnapshot::check(
    const std::function<void(const WholeDocument&)>& visit,
    const std::function<void(const std::string& id, const std::string& reason)>& damaged) {
  visit_rows({}, [&](WholeDocument& document, std::string_view leaves) {
    try {
      const RevisionTree tree = read_leaves(leaves, document);
      if (!agrees_with_row(tree))
        throw sqlite::damaged(connection_.file(), "a document that disagrees with its revisions");
    } catch (const sqlite::Error& error) {
      damaged(document.id, error.what());
      return;
    }
    visit(document);
  });
}

bool StoreSnapshot::agrees_with_row(const RevisionTree& tree) const {
  const Leaf* const winner = tree.winner();
  const std::string rev = winner != nullptr ? winner->rev.to_string() : "";
  const bool is_deleted = winner == nullptr || winner->deleted;
  return rows_.text(3) == rev && (rows_.integer(4) != 0) == is_deleted &&
         rows_.integer(5) == tree.conflicts() &&
         rows_.integer(6) == (winner != nullptr ? winner->body : 0) &&
         (rows_.integer(7) != 0) == (winner == nullptr);
}

void StoreSnapshot::visit_rows(
    LocalSeq since,
    const std::function<void(WholeDocument& document, std::string_view leaves)>& visit) {
  const sqlite::ResetAtEnd reset(rows_);
  WholeDocument document;
  for (rows_.bind(since.value); rows_.step();) {
    document.id = rows_.text(0);
    document.arrived = std::chrono::sys_seconds(std::chrono::seconds(rows_.integer(1)));
    visit(document, rows_.text(2));
  }
}

std::string StoreSnapshot::miscounted() {
  auto count = connection_.prepare("SELECT count(*) FROM documents WHERE deleted=?");
  std::string words;
  for (const bool deleted : {false, true}) {
    const sqlite::ResetAtEnd reset(count);
    const std::string here = count.bind(deleted).step() ? std::string(count.text(0)) : "";
    const std::string said = meta(deleted ? "deleted" : "documents");
    if (said == here) continue;
    words += fmt::format("{}{} documents{} counted, {} there", words.empty() ? "" : "; ", said,
                         deleted ? " that are deleted" : "", here);
  }
  return words;
}

bool StoreSnapshot::is_wanted(const std::string& id, const std::string& digest) {
  const sqlite::ResetAtEnd reset(wanted_);
  return wanted_.bind(digest, id).step();
}

std::string StoreSnapshot::meta(std::string_view key) {
  const sqlite::ResetAtEnd reset(meta_);
  return meta_.bind(key).step() ? std::string(meta_.text(0)) : std::string();
}

RevisionTree StoreSnapshot::read_leaves(std::string_view encoded, WholeDocument& document) {
  document.leaves.clear();
  RevisionTree tree;
  try {
    tree = RevisionTree::decode(encoded);
  } catch (const std::invalid_argument& e) {
    throw sqlite::damaged(connection_.file(), e.what());
  }
  for (const Leaf& leaf : tree.leaves()) {
    IncomingRevision& revision = document.leaves.emplace_back(incoming(document.id, leaf));
    const sqlite::ResetAtEnd reset(body_);
    if (!body_.bind(leaf.body).step())
      throw sqlite::damaged(connection_.file(), "a revision without its body");
    if (!body_.is_null(2) && body_.integer(2) != crc32(body_.blob(1)))
      throw sqlite::damaged(connection_.file(),
                            "a body whose bytes are not those that were written");
    if (!decompressor_.unpack(body_.blob(1), body_.integer(0), revision.body))
      throw sqlite::damaged(connection_.file(), "a body that cannot be decompressed");
  }
  return tree;
}

}  // namespace replica
