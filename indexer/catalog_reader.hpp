// Reading a catalog's file: for sources of the catalog only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/catalog.hpp"
#include "indexer/catalog_layout.hpp"
#include "indexer/packed_columns.hpp"
#include "indexer/sqlite_rows.hpp"

namespace indexer {

// The table `meta`, as readers need it.
struct Meta {
  std::string instance;
  std::int64_t changes = 0;
  DerivedCheckpoint checkpoint;
  std::int64_t numbered = 0;  // how often all were: 0 before numbers were given
  bool ordered = false;
  std::int64_t log_from = 0;
  std::map<mail::Doctype, replica::StoreIdentity> stores;  // those that were followed

  [[nodiscard]] static Meta load(Statement& select);
  static constexpr std::string_view kSelect = "SELECT key, value FROM meta";
  // Without the checkpoint, which is JSON, and which lists do not need.
  static constexpr std::string_view kSelectForLists =
      "SELECT key, value FROM meta WHERE key <> 'checkpoint'";

  [[nodiscard]] std::string state() const { return instance + "-" + std::to_string(changes); }
  // The sequence that `derived` has of the store of that doctype; 0 when there is no such store.
  [[nodiscard]] std::int64_t reached(const DerivedCheckpoint& derived, mail::Doctype doctype) const;
};

// The nearest entry with a number (not of the overflow range) from a key on, and before it: (view,
// key).
inline constexpr std::string_view kNumberedFrom =
    "SELECT e.number, l.key FROM listing l CROSS JOIN entries e ON e.key = l.entry "
    "WHERE l.view = ? AND l.key >= ? AND e.number < 3221225472 ORDER BY l.key LIMIT 1";
inline constexpr std::string_view kNumberedBefore =
    "SELECT e.number, l.key FROM listing l CROSS JOIN entries e ON e.key = l.entry "
    "WHERE l.view = ? AND l.key < ? AND e.number < 3221225472 ORDER BY l.key DESC LIMIT 1";
static_assert(kFirstOverflowNumber == 3221225472);

// A view and the size of it.
struct View {
  std::int64_t view = 0;
  std::int64_t total = 0;
  std::int64_t unread = 0;
  std::int64_t threads = 0;
  std::int64_t unread_threads = 0;
};

// A connection for reading, with its statements.
struct Reader {
  explicit Reader(const std::filesystem::path& file)
      : connection(file, replica::sqlite::Access::kReadOnly, replica::sqlite::Durability::kNormal) {
  }

  [[nodiscard]] std::optional<View> view(const std::string& name);
  // Key of the entry with that public or document id.
  [[nodiscard]] std::optional<std::int64_t> entry(Kind kind, std::string_view id);
  // The content documents of a message that are there, in reading order.
  [[nodiscard]] std::vector<BodyPart> content_parts(std::int64_t entry);
  // Of a row that text_by_key or text_from_number selects.
  [[nodiscard]] TextEntry text_entry(const Rows& row);

  Connection connection;

  Statement meta = connection.prepare(Meta::kSelect);
  Statement list_meta = connection.prepare(Meta::kSelectForLists);
  Statement view_by_name = connection.prepare(
      "SELECT view, total, unread, threads, unread_threads FROM views WHERE name = ?");
  Statement count_failures = connection.prepare("SELECT count(*) FROM failures");
  Statement has_mailbox = connection.prepare("SELECT 1 FROM mailboxes WHERE id = ?");
  Statement by_id = connection.prepare("SELECT key FROM entries WHERE id = ? AND kind = ?");
  Statement by_number = connection.prepare("SELECT key, id, kind FROM entries WHERE number = ?");
  Statement doc_id_of = connection.prepare("SELECT doc_id FROM entries WHERE key = ?");
  Statement named = connection.prepare(
      "SELECT e.doc_id, d.contents FROM entries e JOIN details d ON d.entry = e.key "
      "WHERE e.key = ?");
  Statement inline_types = connection.prepare("SELECT inline FROM details WHERE entry = ?");
  Statement content = connection.prepare("SELECT type FROM contents WHERE doc_id = ? AND present");
  Statement contents_of = connection.prepare(
      "SELECT doc_id, type FROM contents WHERE email = ? AND present ORDER BY doc_id");

  // Lists from a key on: (view, key).
  Statement listing_forward = connection.prepare(
      "SELECT key, entry, flags FROM listing WHERE view = ? AND key > ? ORDER BY key");
  Statement listing_back = connection.prepare(
      "SELECT key, entry, flags FROM listing WHERE view = ? AND key < ? ORDER BY key DESC");
  Statement sorted_forward =
      connection.prepare("SELECT key, entry FROM sorted WHERE view = ? AND key > ? ORDER BY key");
  Statement sorted_back = connection.prepare(
      "SELECT key, entry FROM sorted WHERE view = ? AND key < ? ORDER BY key DESC");
  Statement is_listed = connection.prepare("SELECT 1 FROM listing WHERE view = ? AND key = ?");
  Statement is_sorted = connection.prepare("SELECT 1 FROM sorted WHERE view = ? AND key = ?");
  Statement list_entry =
      connection.prepare("SELECT date, id, flags, ifnull(thread, 0) FROM entries WHERE key = ?");
  Statement sort_keys_of = connection.prepare("SELECT sort_keys FROM details WHERE entry = ?");
  Statement views_of = connection.prepare("SELECT views FROM details WHERE entry = ?");
  Statement thread_newest_first = connection.prepare(
      "SELECT date, id, flags, key FROM entries WHERE thread = ? ORDER BY date DESC, id");
  Statement thread_oldest_first = connection.prepare(
      "SELECT key, sender FROM entries WHERE thread = ? ORDER BY date, id DESC LIMIT ?");
  // Of a JSON array of entries, in its order: one statement for a page, since to start one costs as
  // much as to find a row.
  Statement message_rows = connection.prepare(
      "SELECT d.row, d.thread_id, d.text_seq, d.body_seq, d.bodies, d.here "
      "FROM json_each(?) j CROSS JOIN details d ON d.entry = j.value");
  // The same, and of their threads.
  Statement thread_rows = connection.prepare(
      "SELECT d.row, d.thread_id, d.text_seq, d.body_seq, d.bodies, d.here, d.thread, t.count, "
      "t.unread, t.participants FROM json_each(?) j CROSS JOIN details d ON d.entry = j.value "
      "CROSS JOIN threads t ON t.thread = d.thread");
  // As text_entry() reads them.
  Statement text_by_key = connection.prepare(
      "SELECT key, kind, id, doc_id, date, size, ifnull(number, 0), bodies FROM entries "
      "WHERE key = ?");
  Statement text_from_number = connection.prepare(
      "SELECT key, kind, id, doc_id, date, size, ifnull(number, 0), bodies FROM entries "
      "WHERE number >= ? ORDER BY number LIMIT ?");
  Statement file_row =
      connection.prepare("SELECT row, text_seq, bodies FROM details WHERE entry = ?");
};

}  // namespace indexer
