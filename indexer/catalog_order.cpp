// Builds what a bulk load leaves aside, at its end: lists in other orders than by date, lists by
// thread, and names of participants. Rows are sorted outside of the database and appended in order,
// since random inserts get slower with the size of a table.
#include "indexer/catalog_state.hpp"
#include "indexer/octets.hpp"
#include "indexer/row_sorter.hpp"
#include "indexer/sort_keys.hpp"
#include "indexer/thread_batch.hpp"

namespace indexer {
namespace {

constexpr std::size_t kSorterMemory = 64 << 20;  // octets
constexpr std::int64_t kRowsOfCommit = 200'000;  // the write-ahead log stays short

// A row of `sorted` as octets that compare like its primary key: view (4), key, entry (8).
std::string to_row(std::int64_t view, std::string_view key, std::int64_t entry) {
  std::string row;
  row.reserve(12 + key.size());
  append_big_endian(row, static_cast<std::uint64_t>(view), 4);
  row += key;
  append_big_endian(row, static_cast<std::uint64_t>(entry));
  return row;
}

// A transaction that is committed every kRowsOfCommit rows. Throws Cancelled after a commit.
class ChunkedTransaction {
 public:
  ChunkedTransaction(Connection& connection, const Progress& progress)
      : connection_(connection), progress_(progress), transaction_(std::in_place, connection) {}

  void count_row() {
    if (++rows_ % kRowsOfCommit != 0) return;
    transaction_->commit();
    transaction_.reset();
    progress_.step();
    transaction_.emplace(connection_);
  }
  void commit() { transaction_->commit(); }

 private:
  Connection& connection_;
  const Progress& progress_;
  std::optional<replica::sqlite::Transaction> transaction_;
  std::int64_t rows_ = 0;
};

void add_sorts(const Connection& connection, RowSorter& sorter) {
  auto select = connection.prepare(
      "SELECT e.key, e.date, e.id, d.views, d.sort_keys FROM entries e JOIN details d "
      "ON d.entry = e.key");
  for (Rows rows(select); rows.next();) {
    const OrderKey place{rows.integer(1), std::string(rows.text(2))};
    const auto views = unpack_integers(rows.blob(3));
    const auto keys = unpack_texts(rows.blob(4));
    for (const auto sort : kKeySorts) {
      const auto key = sorted_key(keys.at(static_cast<std::size_t>(sort) - 1), place);
      for (const auto view : views) {
        if (has_sorts(view)) sorter.add(to_row(sorted_view(view, sort), key, rows.integer(0)));
      }
    }
  }
}

void add_newest(const Connection& connection, RowSorter& sorter) {
  auto select = connection.prepare("SELECT views FROM threads");
  auto place_of_entry = connection.prepare("SELECT date, id FROM entries WHERE key = ?");
  for (Rows rows(select); rows.next();) {
    const auto parts = unpack_integers(rows.blob(0));
    for (std::size_t i = 0; i + 2 < parts.size(); i += 3) {
      if (parts[i] == kUnreadOutsideTrash) continue;
      Rows place(place_of_entry, parts[i + 2]);
      if (!place.next()) continue;
      const auto key = place_key({place.integer(0), std::string(place.text(1))});
      sorter.add(to_row(by_thread(parts[i]), key, parts[i + 2]));
    }
  }
}

// Threads one after the other, each from its oldest message on: backwards in the index of threads.
void write_participants(Writer& writer, ChunkedTransaction& transaction) {
  auto select = writer.connection.prepare(
      "SELECT thread FROM threads WHERE participants IS NULL AND thread > ? ORDER BY thread LIMIT "
      "1000");
  auto update = writer.connection.prepare("UPDATE threads SET participants = ? WHERE thread = ?");
  std::vector<std::int64_t> threads = {0};
  while (!threads.empty()) {
    const auto last = threads.back();
    threads.clear();
    for (Rows rows(select, last); rows.next();) threads.push_back(rows.integer(0));
    for (const auto thread : threads) {
      std::string participants;
      {
        Rows members(writer.senders_of_thread, thread, kParticipantsFrom);
        participants = render_participants([&members](std::string_view& sender) {
          if (!members.next()) return false;
          sender = members.text(0);
          return true;
        });
      }
      update.bind(participants, thread).run();
      transaction.count_row();
    }
  }
}

}  // namespace

void Catalog::order(const Progress& progress) {
  auto& writer = state_->writing();
  if (Meta::load(writer.select_meta).ordered) return;
  RowSorter sorter(state_->file.parent_path(), kSorterMemory);
  add_sorts(writer.connection, sorter);
  add_newest(writer.connection, sorter);

  ChunkedTransaction transaction(writer.connection, progress);
  writer.connection.execute("DELETE FROM sorted");
  sorter.read([&](std::string_view row) {
    const auto view = static_cast<std::int64_t>(read_big_endian(row.substr(0, 4)));
    const auto entry = static_cast<std::int64_t>(read_big_endian(row.substr(row.size() - 8)));
    writer.put_sorted.bind(view, as_blob(row.substr(4, row.size() - 12)), entry).run();
    transaction.count_row();
  });
  write_participants(writer, transaction);
  writer.set_meta("ordered", "1");
  transaction.commit();
}

}  // namespace indexer
