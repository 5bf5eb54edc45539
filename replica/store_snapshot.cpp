#include "replica/store_snapshot.hpp"

#include <fmt/format.h>
#include <stdexcept>

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
      rows_(connection_.prepare(
          "SELECT id, arrived, leaves FROM documents WHERE seq>? ORDER BY seq")),
      body_(connection_.prepare("SELECT size, data FROM bodies WHERE id=?")),
      identity_{meta("uuid"), meta("epoch")},
      last_seq_{connection_.prepare("SELECT max(seq) FROM documents").scalar()} {
  auto has_wanted = connection_.prepare("SELECT 1 FROM sqlite_schema WHERE name='wanted'");
  if (has_wanted.step())
    wanted_ = connection_.prepare("SELECT 1 FROM wanted WHERE digest=? AND id=?");
}

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
      read_leaves(leaves, document);
    } catch (const sqlite::Error& error) {
      damaged(document.id, error.what());
      return;
    }
    visit(document);
  });
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
  if (!wanted_) return false;
  const sqlite::ResetAtEnd reset(*wanted_);
  return wanted_->bind(digest, id).step();
}

std::string StoreSnapshot::meta(std::string_view key) {
  const sqlite::ResetAtEnd reset(meta_);
  return meta_.bind(key).step() ? std::string(meta_.text(0)) : std::string();
}

void StoreSnapshot::read_leaves(std::string_view encoded, WholeDocument& document) {
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
    if (!decompressor_.unpack(body_.blob(1), body_.integer(0), revision.body))
      throw sqlite::damaged(connection_.file(), "a body that cannot be decompressed");
  }
}

}  // namespace replica
