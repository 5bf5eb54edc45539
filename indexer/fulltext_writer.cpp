#include <stdexcept>

#include "indexer/entry.hpp"
#include "indexer/fulltext.hpp"
#include "indexer/xapian_errors.hpp"
#include "replica/files.hpp"

namespace indexer {

struct FulltextWriter::State {
  explicit State(const IndexOptions& options) : builder(options) {}

  std::filesystem::path folder;
  Xapian::WritableDatabase database;
  EntryBuilder builder;
  bool in_transaction = false;

  // Without a transaction an automatic flush could put entries ahead of the checkpoint.
  void require_transaction() {
    if (in_transaction) return;
    database.begin_transaction(true);
    in_transaction = true;
  }
  // Xapian leaves the transaction before it writes. What it could not write it would write later,
  // in part a second time.
  void commit_transaction() {
    in_transaction = false;
    try {
      database.commit_transaction();
    } catch (const Xapian::Error&) {
      discard();
      throw;
    }
  }
  void discard() {
    try {
      database.begin_transaction(false);
      database.cancel_transaction();
    } catch (const Xapian::Error&) {
      // It is closed: it writes nothing any more.
    }
  }
};

FulltextWriter::FulltextWriter(const std::filesystem::path& folder, const IndexOptions& options)
    : state_(std::make_unique<State>(options)) {
  state_->folder = folder;
  with_xapian_errors(folder, [&] {
    state_->database = Xapian::WritableDatabase(
        folder.string(), Xapian::DB_CREATE_OR_OPEN | Xapian::DB_BACKEND_GLASS);
    if (state_->database.get_doccount() == 0)
      state_->database.replace_document(kEmptyEntry, Xapian::Document());
  });
}

FulltextWriter::~FulltextWriter() = default;

DerivedCheckpoint FulltextWriter::checkpoint() const {
  return with_xapian_errors(state_->folder, [&] {
    return DerivedCheckpoint::parse(state_->database.get_metadata(kCheckpointKey));
  });
}

void FulltextWriter::replace(const TextEntry& entry, const EntryText& text) {
  if (entry.number == 0)
    throw std::invalid_argument("an entry without a number cannot be indexed: " + entry.id);
  with_xapian_errors(state_->folder, [&] {
    auto& database = state_->database;
    state_->require_transaction();
    // More than one where its number changed while the index was built in bulk.
    const auto unique = unique_term(entry.kind, entry.id);
    const std::vector<Xapian::docid> before(database.postlist_begin(unique),
                                            database.postlist_end(unique));
    for (const auto number : before) {
      if (number != entry.number) database.delete_document(number);
    }
    database.replace_document(entry.number, state_->builder.build(entry, text));
  });
}

void FulltextWriter::remove(Kind kind, const std::string& id) {
  with_xapian_errors(state_->folder, [&] {
    state_->require_transaction();
    state_->database.delete_document(unique_term(kind, id));
  });
}

void FulltextWriter::commit(const DerivedCheckpoint& checkpoint) {
  with_xapian_errors(state_->folder, [&] {
    state_->require_transaction();
    state_->database.set_metadata(kCheckpointKey, checkpoint.to_json());
    state_->commit_transaction();
    // Xapian leaves it to the file system when the new version of the index has its name. After a
    // second commit a power cut would bring back one whose blocks are overwritten.
    replica::sync_folder(state_->folder);
  });
}

}  // namespace indexer
