// Writing a catalog's file: for sources of the catalog only.
#pragma once

#include <filesystem>
#include <string_view>

#include "indexer/address_tables.hpp"
#include "indexer/catalog_reader.hpp"

namespace indexer {

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
      "size = ?, text_hash = ?, sender = ? WHERE key = ?");
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
      "UPDATE details SET thread = ?1, thread_id = ?2 WHERE entry IN "
      "(SELECT key FROM entries WHERE thread = ?1) AND (thread <> ?1 OR thread_id <> ?2)");
  Statement move_entry = connection.prepare("UPDATE entries SET thread = ? WHERE key = ?");

  Statement numbered_from = connection.prepare(kNumberedFrom);
  Statement numbered_before = connection.prepare(kNumberedBefore);
  Statement last_number =
      connection.prepare("SELECT max(number) FROM entries WHERE number IS NOT NULL");
  Statement set_number = connection.prepare("UPDATE entries SET number = ? WHERE key = ?");

  AddressTables addresses{connection};
};

}  // namespace indexer
