// Shared by the sources of the catalog only: how its file is opened, read and written.
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
#include "indexer/page_cache.hpp"
#include "replica/pool.hpp"
#include "replica/sqlite.hpp"

namespace indexer {

using replica::sqlite::Connection;
using replica::sqlite::Statement;

// Bits of entries.flags. kFilesHere: it has attachments that can be read, and the bytes of all of
// them.
namespace flag {
inline constexpr int kUnread = 1, kFlagged = 2, kAttachment = 4, kFilesHere = 8, kSeen = 16,
                     kAnswered = 32, kDraft = 64;
}  // namespace flag
inline constexpr std::int64_t kListedFlags = 127 - flag::kFilesHere;

// ── Views ──
inline constexpr std::int64_t kViewStep = 8;
inline constexpr std::int64_t kAllMail = 8, kAllUnread = 16, kAllFlagged = 32, kAllAttachment = 48,
                              kAllFiles = 56, kAllAnswered = 64, kAllDraft = 80;
inline constexpr std::int64_t kUnreadOutsideTrash =
    96;  // only threads are counted in it; it is no list

// Views of all mail, all files and of mailboxes have a list for every sort.
[[nodiscard]] inline bool has_sorts(std::int64_t view) { return view / kViewStep % 2 == 1; }
// Numbers of lists in `sorted`.
[[nodiscard]] inline std::int64_t sorted_view(std::int64_t view, Sort sort) {
  return view + static_cast<std::int64_t>(sort);
}
[[nodiscard]] inline std::int64_t by_thread(std::int64_t view) { return view + 6; }

// state: * any, u unread, f flagged, a attachment, r answered, d draft; set: a all mail, m mailbox,
// k keyword, F files.
[[nodiscard]] inline std::string view_name(char state, char set, std::string_view id = {}) {
  std::string name{state, set};
  name += id;
  return name;
}
// States that have views of their own.
struct StateView {
  char letter;
  int flag;
  std::int64_t of_all_mail;
};
inline constexpr StateView kStateViews[] = {{'u', flag::kUnread, kAllUnread},
                                            {'f', flag::kFlagged, kAllFlagged},
                                            {'a', flag::kAttachment, kAllAttachment},
                                            {'r', flag::kAnswered, kAllAnswered},
                                            {'d', flag::kDraft, kAllDraft}};
// Keywords that are flags; they have no view as keywords.
struct FlagKeyword {
  std::string_view keyword;
  int flag;
};
inline constexpr FlagKeyword kFlagKeywords[] = {{"$seen", flag::kSeen},
                                                {"$flagged", flag::kFlagged},
                                                {"$answered", flag::kAnswered},
                                                {"$draft", flag::kDraft}};
// 0: it is none of them.
[[nodiscard]] inline int flag_of_keyword(std::string_view keyword) {
  for (const auto& each : kFlagKeywords) {
    if (each.keyword == keyword) return each.flag;
  }
  return 0;
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

// One run of a prepared statement. Resets it at the end, so that no cursor keeps a transaction
// open. What is bound must live as long.
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
  // How far `checkpoint` is with the store of that doctype.
  [[nodiscard]] std::int64_t reached(const DerivedCheckpoint& checkpoint_of,
                                     mail::Doctype doctype) const;
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
  // Selects entries as `text_entry` reads them.
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
      "SELECT e.doc_id, d.contents FROM entries e JOIN details d ON d.entry = e.key WHERE e.key = "
      "?");
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
  // Of text_entry().
  Statement text_by_key = connection.prepare(
      "SELECT key, kind, id, doc_id, date, size, ifnull(number, 0), bodies FROM entries WHERE key "
      "= "
      "?");
  Statement text_from_number = connection.prepare(
      "SELECT key, kind, id, doc_id, date, size, ifnull(number, 0), bodies FROM entries WHERE "
      "number >= ? ORDER BY number LIMIT ?");
  Statement file_row =
      connection.prepare("SELECT row, text_seq, bodies FROM details WHERE entry = ?");
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
      "SELECT key, date, flags, thread, text_seq, body_seq, bodies, text_hash, sender FROM entries "
      "WHERE id = ? AND kind = ?");
  Statement find_details = connection.prepare(
      "SELECT views, thread_keys, contents, inline, sort_keys, thread_id FROM details "
      "WHERE entry = ?");
  Statement insert_entry = connection.prepare(
      "INSERT INTO entries (kind, date, flags, thread, text_seq, body_seq, bodies, size, "
      "text_hash, id, doc_id, sender) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement update_entry = connection.prepare(
      "UPDATE entries SET date = ?, flags = ?, thread = ?, text_seq = ?, body_seq = ?, bodies = ?, "
      "size = ?, "
      "text_hash = ?, sender = ? WHERE key = ?");
  Statement delete_entry = connection.prepare("DELETE FROM entries WHERE key = ?");
  Statement put_details = connection.prepare(
      "INSERT OR REPLACE INTO details VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement delete_details = connection.prepare("DELETE FROM details WHERE entry = ?");
  Statement change_bodies =
      connection.prepare("UPDATE entries SET bodies = bodies + ?, body_seq = ? WHERE key = ?");
  Statement change_shown_bodies =
      connection.prepare("UPDATE details SET bodies = bodies + ?, body_seq = ? WHERE entry = ?");

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
  Statement trash_mailboxes = connection.prepare("SELECT id FROM mailboxes WHERE role = 'trash'");
  Statement delete_mailbox = connection.prepare("DELETE FROM mailboxes WHERE id = ?");

  Statement find_view = connection.prepare("SELECT view FROM views WHERE name = ?");
  Statement last_view = connection.prepare("SELECT max(view) FROM views");
  Statement insert_view = connection.prepare("INSERT INTO views VALUES (?, ?, 0, 0, 0, 0)");
  Statement change_view = connection.prepare(
      "UPDATE views SET total = total + ?, unread = unread + ?, threads = threads + ?, "
      "unread_threads = unread_threads + ? WHERE view = ?");
  Statement put_listing = connection.prepare("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?)");
  Statement delete_listing = connection.prepare("DELETE FROM listing WHERE view = ? AND key = ?");
  Statement put_sorted = connection.prepare("INSERT OR REPLACE INTO sorted VALUES (?, ?, ?)");
  Statement delete_sorted = connection.prepare("DELETE FROM sorted WHERE view = ? AND key = ?");
  Statement listed_entries = connection.prepare("SELECT entry FROM listing WHERE view = ?");

  Statement put_change = connection.prepare("INSERT OR REPLACE INTO changes VALUES (?, ?, ?)");
  Statement put_renamed = connection.prepare("INSERT OR REPLACE INTO renamed VALUES (?, ?)");

  Statement find_key = connection.prepare("SELECT thread, uses FROM thread_keys WHERE key = ?");
  Statement put_key = connection.prepare("INSERT OR REPLACE INTO thread_keys VALUES (?, ?, ?)");
  Statement delete_key = connection.prepare("DELETE FROM thread_keys WHERE key = ?");
  Statement find_thread = connection.prepare(
      "SELECT id, date, count, views, participants FROM threads WHERE thread = ?");
  Statement last_thread = connection.prepare("SELECT max(thread) FROM threads");
  Statement put_thread =
      connection.prepare("INSERT OR REPLACE INTO threads VALUES (?, ?, ?, ?, ?, ?, ?)");
  Statement delete_thread = connection.prepare("DELETE FROM threads WHERE thread = ?");
  Statement earliest_of_thread = connection.prepare(
      "SELECT date, id FROM entries WHERE thread = ? ORDER BY date, id DESC LIMIT 1");
  Statement members_of_thread = connection.prepare(
      "SELECT e.key, d.thread_keys, d.views, e.date, e.id, e.flags FROM entries e "
      "JOIN details d ON d.entry = e.key WHERE e.thread = ?");
  Statement newest_of_thread = connection.prepare(
      "SELECT e.key, d.views, e.date, e.id FROM entries e JOIN details d ON d.entry = e.key "
      "WHERE e.thread = ? ORDER BY e.date DESC, e.id");
  Statement senders_of_thread = connection.prepare(
      "SELECT sender FROM entries WHERE thread = ? ORDER BY date, id DESC LIMIT ?");
  Statement place_of_entry = connection.prepare("SELECT date, id FROM entries WHERE key = ?");
  Statement entry_by_key =
      connection.prepare("SELECT id, kind, flags, thread, date FROM entries WHERE key = ?");
  Statement put_views = connection.prepare("UPDATE details SET views = ? WHERE entry = ?");
  // Thread and id: its members are shown with them.
  Statement show_thread = connection.prepare(
      "UPDATE details SET thread = ?1, thread_id = ?2 WHERE entry IN (SELECT key FROM entries "
      "WHERE "
      "thread = ?1) AND (thread <> ?1 OR thread_id <> ?2)");
  Statement move_entry = connection.prepare("UPDATE entries SET thread = ? WHERE key = ?");

  Statement numbered_from = connection.prepare(kNumberedFrom);
  Statement numbered_before = connection.prepare(kNumberedBefore);
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

  PageCache pages;

  // Answers of `numbers`: a search asks for the same mailbox again and again, and the list may be
  // long.
  struct KeptNumbers {
    std::string state;
    EntryNumbers numbers;
  };
  static constexpr std::size_t kMaxKeptNumbers = 16;
  std::mutex numbers_mutex;
  std::map<MessageFilter, KeptNumbers> kept_numbers;  // guarded by numbers_mutex
};

}  // namespace indexer
