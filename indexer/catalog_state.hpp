// What the sources of the catalog share: how its file is opened, read and written. Not for others.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/address_tables.hpp"
#include "indexer/catalog.hpp"
#include "replica/pool.hpp"
#include "replica/sqlite.hpp"

namespace indexer {

using replica::sqlite::Connection;
using replica::sqlite::Statement;

// Bits of entries.flags. kFilesHere: it has attachments that can be read, and the bytes of all of them.
inline constexpr int kUnread = 1, kFlagged = 2, kAttachment = 4, kFilesHere = 8;

// ── Views ──
inline constexpr std::int64_t kAllMail = 2, kAllUnread = 4, kAllFlagged = 1, kAllAttachment = 3,
                              kAllFiles = 5;
inline constexpr std::int64_t kLastFixedView = 5;

[[nodiscard]] inline bool counts_threads(std::int64_t view) { return view % 2 == 0; }
// state: * any, u unread, f flagged, a attachment; set: a all mail, m mailbox, k keyword, F files.
[[nodiscard]] inline std::string view_name(char state, char set, std::string_view id = {}) {
  std::string name{state, set};
  name += id;
  return name;
}

// ── Numbers ──
inline constexpr std::int64_t kNumberGap = 16;
inline constexpr std::int64_t kFirstNumber = std::int64_t{1}
                                             << 30;  // below it is room for a billion newer entries
inline constexpr std::int64_t kLastNumber = (std::int64_t{1} << 32) - 1;

// ── Lists in a column ──
[[nodiscard]] inline std::span<const std::byte> as_blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}
[[nodiscard]] inline std::string pack(std::span<const std::int64_t> values) {
  std::string packed(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(packed.data(), values.data(), packed.size());
  return packed;
}
[[nodiscard]] inline std::vector<std::int64_t> unpack_integers(std::string_view packed) {
  std::vector<std::int64_t> values(packed.size() / sizeof(std::int64_t));
  if (!values.empty())
    std::memcpy(values.data(), packed.data(), values.size() * sizeof(std::int64_t));
  return values;
}
[[nodiscard]] std::string pack(const std::vector<std::string>& texts);
[[nodiscard]] std::vector<std::string> unpack_texts(std::string_view packed);

// One run of a prepared statement. Resets it at the end, so that no cursor keeps a transaction open. What is bound must
// live as long.
class Rows {
 public:
  template <typename... Values>
  explicit Rows(Statement& statement, const Values&... values) : statement_(statement) {
    statement_.bind(values...);
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { statement_.reset(); }

  bool next() { return statement_.step(); }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_.integer(column); }
  [[nodiscard]] std::string_view text(int column) const { return statement_.text(column); }
  [[nodiscard]] std::string_view blob(int column) const { return statement_.blob(column); }
  [[nodiscard]] bool is_null(int column) const { return statement_.is_null(column); }

 private:
  Statement& statement_;
};

// The table `meta`, as a reader needs it.
struct Meta {
  std::string instance;
  std::int64_t changes = 0;
  DerivedCheckpoint checkpoint;
  bool numbered = false;
  std::map<mail::Doctype, replica::StoreIdentity> stores;  // those that were followed

  [[nodiscard]] static Meta load(Statement& select);
  static constexpr std::string_view kSelect = "SELECT key, value FROM meta";

  [[nodiscard]] std::string state() const { return instance + "-" + std::to_string(changes); }
  // How far `checkpoint` is with the store of that doctype.
  [[nodiscard]] std::int64_t reached(const DerivedCheckpoint& checkpoint_of,
                                     mail::Doctype doctype) const;
};

// The nearest entry with a number (not of the overflow range) on either side of a place: (view, date, id) in what shares
// its date, (view, date) elsewhere.
inline constexpr std::string_view kNumberedSameDate =
    "SELECT e.number, l.date, l.id FROM listing l CROSS JOIN entries e ON e.key = l.entry "
    "WHERE l.view = ? AND l.date = ? AND l.id >= ? AND e.number < 3221225472 ORDER BY l.id LIMIT 1";
inline constexpr std::string_view kNumberedOlder =
    "SELECT e.number, l.date, l.id FROM listing l CROSS JOIN entries e ON e.key = l.entry "
    "WHERE l.view = ? AND l.date < ? AND e.number < 3221225472 ORDER BY l.date DESC, l.id LIMIT 1";
inline constexpr std::string_view kNumberedSameDateBack =
    "SELECT e.number, l.date, l.id FROM listing l CROSS JOIN entries e ON e.key = l.entry "
    "WHERE l.view = ? AND l.date = ? AND l.id < ? AND e.number < 3221225472 ORDER BY l.id DESC "
    "LIMIT 1";
inline constexpr std::string_view kNumberedNewer =
    "SELECT e.number, l.date, l.id FROM listing l CROSS JOIN entries e ON e.key = l.entry "
    "WHERE l.view = ? AND l.date > ? AND e.number < 3221225472 ORDER BY l.date, l.id DESC LIMIT 1";
static_assert(kFirstOverflowNumber == 3221225472);

// A view and the size of it.
struct View {
  std::int64_t view = 0;
  std::int64_t total = 0;
  std::int64_t threads = 0;
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
  // Selects entries as `text_entry` reads them.
  [[nodiscard]] Statement select_text(std::string_view where) const;
  [[nodiscard]] TextEntry text_entry(const Rows& row);

  Connection connection;

  Statement meta = connection.prepare(Meta::kSelect);
  Statement view_by_name =
      connection.prepare("SELECT view, total, threads FROM views WHERE name = ?");
  Statement by_id = connection.prepare("SELECT key FROM entries WHERE id = ? AND kind = ?");
  Statement doc_id_of = connection.prepare("SELECT doc_id FROM entries WHERE key = ?");
  Statement named = connection.prepare(
      "SELECT e.doc_id, d.contents FROM entries e JOIN details d ON d.entry = e.key WHERE e.key = "
      "?");
  Statement inline_types = connection.prepare("SELECT inline FROM details WHERE entry = ?");
  Statement content = connection.prepare("SELECT type FROM contents WHERE doc_id = ? AND present");
  Statement contents_of = connection.prepare(
      "SELECT doc_id, type FROM contents WHERE email = ? AND present ORDER BY doc_id");

  // A list from a place on: what shares its date, then the rest; newest first, and oldest first.
  Statement same_date = connection.prepare(
      "SELECT date, id, entry FROM listing WHERE view = ? AND date = ? AND id > ? ORDER BY id");
  Statement older = connection.prepare(
      "SELECT date, id, entry FROM listing WHERE view = ? AND date < ? ORDER BY date DESC, id");
  Statement same_date_back = connection.prepare(
      "SELECT date, id, entry FROM listing WHERE view = ? AND date = ? AND id < ? ORDER BY id "
      "DESC");
  Statement newer = connection.prepare(
      "SELECT date, id, entry FROM listing WHERE view = ? AND date > ? ORDER BY date ASC, id DESC");
  Statement probe =
      connection.prepare("SELECT 1 FROM listing WHERE view = ? AND date = ? AND id = ?");
  Statement thread_of = connection.prepare("SELECT thread FROM entries WHERE key = ?");
  Statement thread_newest_first = connection.prepare(
      "SELECT date, id, key FROM entries WHERE thread = ? ORDER BY date DESC, id");
  Statement thread_oldest_first = connection.prepare(
      "SELECT key, sender FROM entries WHERE thread = ? ORDER BY date, id DESC LIMIT ?");
  Statement message_row = connection.prepare(
      "SELECT d.row, t.id, t.count, t.unread, e.thread, e.text_seq, e.body_seq, e.bodies, "
      "e.flags FROM entries e "
      "JOIN details d ON d.entry = e.key JOIN threads t ON t.thread = e.thread WHERE e.key = ?");
  Statement file_row = connection.prepare(
      "SELECT d.row, e.text_seq, e.bodies FROM entries e JOIN details d ON d.entry = e.key WHERE "
      "e.key = ?");
};

// The connection for writing, with its statements.
struct Writer {
  explicit Writer(const std::filesystem::path& file) : connection(open(file)) {}

  // Creates the tables of a new file.
  [[nodiscard]] static Connection open(const std::filesystem::path& file);
  void set_meta(std::string_view key, std::string_view value);

  Connection connection;

  Statement select_meta = connection.prepare(Meta::kSelect);
  Statement put_meta = connection.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");

  Statement find_entry = connection.prepare(
      "SELECT key, date, flags, thread, text_seq, body_seq, bodies, text_hash FROM entries WHERE "
      "id = ? AND kind = ?");
  Statement find_details = connection.prepare(
      "SELECT views, thread_keys, contents, inline FROM details WHERE entry = ?");
  Statement insert_entry = connection.prepare(
      "INSERT INTO entries (kind, date, flags, thread, text_seq, body_seq, bodies, size, "
      "text_hash, id, doc_id, sender) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement update_entry = connection.prepare(
      "UPDATE entries SET date = ?, flags = ?, thread = ?, text_seq = ?, body_seq = ?, bodies = ?, "
      "size = ?, "
      "text_hash = ?, sender = ? WHERE key = ?");
  Statement delete_entry = connection.prepare("DELETE FROM entries WHERE key = ?");
  Statement put_details =
      connection.prepare("INSERT OR REPLACE INTO details VALUES (?, ?, ?, ?, ?, ?)");
  Statement delete_details = connection.prepare("DELETE FROM details WHERE entry = ?");
  Statement change_bodies =
      connection.prepare("UPDATE entries SET bodies = bodies + ?, body_seq = ? WHERE key = ?");

  Statement find_content = connection.prepare(
      "SELECT email, type, size, truncated, present FROM contents WHERE doc_id = ?");
  Statement put_content =
      connection.prepare("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?, ?, ?, ?)");
  Statement content_join = connection.prepare("SELECT seq, present FROM contents WHERE doc_id = ?");
  Statement contents_of =
      connection.prepare("SELECT doc_id, seq, present FROM contents WHERE email = ?");
  Statement named_by = connection.prepare(
      "SELECT e.key, e.doc_id FROM named n JOIN entries e ON e.key = n.entry WHERE n.content = ?");
  Statement put_named = connection.prepare("INSERT OR IGNORE INTO named VALUES (?, ?)");
  Statement delete_named = connection.prepare("DELETE FROM named WHERE content = ? AND entry = ?");

  Statement put_removed = connection.prepare("INSERT OR REPLACE INTO removed VALUES (?, ?, ?)");
  Statement delete_removed = connection.prepare("DELETE FROM removed WHERE kind = ? AND id = ?");
  Statement put_failure = connection.prepare("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)");
  Statement delete_failure =
      connection.prepare("DELETE FROM failures WHERE doctype = ? AND doc_id = ?");
  Statement put_mailbox =
      connection.prepare("INSERT OR REPLACE INTO mailboxes VALUES (?, ?, ?, ?, ?)");
  Statement delete_mailbox = connection.prepare("DELETE FROM mailboxes WHERE id = ?");

  Statement find_view = connection.prepare("SELECT view FROM views WHERE name = ?");
  Statement last_view = connection.prepare("SELECT max(view) FROM views");
  Statement insert_view = connection.prepare("INSERT INTO views VALUES (?, ?, 0, 0)");
  Statement change_view = connection.prepare(
      "UPDATE views SET total = total + ?, threads = threads + ? WHERE view = ?");
  Statement drop_empty_view = connection.prepare("DELETE FROM views WHERE view = ? AND total = 0");
  Statement insert_listing = connection.prepare("INSERT INTO listing VALUES (?, ?, ?, ?)");
  Statement delete_listing =
      connection.prepare("DELETE FROM listing WHERE view = ? AND date = ? AND id = ?");

  Statement find_key = connection.prepare("SELECT thread, uses FROM thread_keys WHERE key = ?");
  Statement put_key = connection.prepare("INSERT OR REPLACE INTO thread_keys VALUES (?, ?, ?)");
  Statement delete_key = connection.prepare("DELETE FROM thread_keys WHERE key = ?");
  Statement find_thread =
      connection.prepare("SELECT id, date, count, views FROM threads WHERE thread = ?");
  Statement last_thread = connection.prepare("SELECT max(thread) FROM threads");
  Statement put_thread =
      connection.prepare("INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?, ?, ?)");
  Statement delete_thread = connection.prepare("DELETE FROM threads WHERE thread = ?");
  Statement earliest_of_thread = connection.prepare(
      "SELECT date, id FROM entries WHERE thread = ? ORDER BY date, id DESC LIMIT 1");
  Statement members_of_thread = connection.prepare(
      "SELECT e.key, d.thread_keys, d.views FROM entries e JOIN details d ON d.entry = e.key WHERE "
      "e.thread = ?");
  Statement move_entry = connection.prepare("UPDATE entries SET thread = ? WHERE key = ?");

  Statement numbered_same_date = connection.prepare(kNumberedSameDate);
  Statement numbered_older = connection.prepare(kNumberedOlder);
  Statement numbered_same_date_back = connection.prepare(kNumberedSameDateBack);
  Statement numbered_newer = connection.prepare(kNumberedNewer);
  Statement last_number =
      connection.prepare("SELECT max(number) FROM entries WHERE number IS NOT NULL");
  Statement set_number = connection.prepare("UPDATE entries SET number = ? WHERE key = ?");

  AddressTables addresses{connection};
};

struct Catalog::State {
  State(std::filesystem::path path, replica::sqlite::Access access);

  // Throws when the catalog was opened for reading.
  [[nodiscard]] Writer& writing();

  std::filesystem::path file;
  std::unique_ptr<Writer> writer;
  replica::Pool<Reader> readers;

  // Answers of `numbers`: a search asks for the same mailbox again and again, and the list may be long.
  struct Numbers {
    std::string state;
    std::vector<std::uint32_t> numbers;
  };
  static constexpr std::size_t kNumbersKept = 8;
  std::mutex numbers_mutex;
  std::map<MessageFilter, Numbers> numbers;  // guarded by numbers_mutex
};

}  // namespace indexer
