// One step of Store → Catalog: the next rows of the stores' feeds, applied to the catalog's tables.
//
// What the tables hold follows from the documents alone, not from the order in which they came: a
// body may arrive before its message, a content document may change its message, and a tombstone no
// longer names it (the table remembers).
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/address_batch.hpp"
#include "indexer/catalog_writer.hpp"
#include "indexer/change_log.hpp"
#include "indexer/numbering.hpp"
#include "indexer/text_hash.hpp"
#include "indexer/thread_batch.hpp"
#include "indexer/view_batch.hpp"

namespace indexer {

// Lives for one transaction, which the caller opens and commits.
class Projection {
 public:
  Projection(Writer& writer, const Stores& stores);

  // At most `limit` rows.
  Projected run(std::size_t limit);
  // Applies these documents again, whatever the checkpoint.
  void run_again(std::span<const DocumentName> documents);
  [[nodiscard]] bool consumed_anything() const { return consumed_; }

 private:
  struct Entry {
    std::int64_t key = 0;  // 0: not in the table
    OrderKey place;
    std::int64_t flags = 0;
    std::int64_t thread = 0;
    std::string thread_id;
    std::int64_t text_seq = 0, body_seq = 0;
    std::int64_t bodies = 0;
    std::int64_t text_hash = 0;
    std::string sender;
    std::vector<std::int64_t> views, thread_keys;
    std::vector<std::string> contents, inline_types, sort_keys;

    [[nodiscard]] Listed listed() const { return {key, place, flags & kListedFlags, sort_keys}; }
    [[nodiscard]] ThreadBatch::Message in_thread() const { return {key, place, views}; }
    [[nodiscard]] ListMembership membership() const { return {flags, thread, place.date, views}; }
  };

  // Writes the collected changes of views, threads and addresses, then numbers and the log.
  void flush();

  // Applies a row of a feed with documents of all doctypes. What the catalog has of the same id
  // under another doctype is removed.
  void apply_any(const std::string& doctype_member, const replica::Change& change,
                 std::string_view body);
  // Applies a row of the feed of one doctype.
  void apply(mail::Doctype doctype, const replica::Change& change, std::string_view body);
  void apply_mailbox(const replica::Change& change, std::string_view body);
  void apply_message(const replica::Change& change, std::string_view body);
  void apply_content(const replica::Change& change, std::string_view body);
  void apply_file(const replica::Change& change, std::string_view body);

  void put_message(const replica::Change& change, mail::MetadataDocument message,
                   const FilesState& files);
  // The entry of a message, as far as it follows from the document. `attached` are the bodies whose
  // bytes are in the account.
  [[nodiscard]] Entry entry_of(const replica::Change& change, const mail::MetadataDocument& message,
                               const std::vector<mail::AttachedBody>& attached,
                               const FilesState& files, const Entry& old);
  // Sets the entry's thread, and takes the message out of the old one if it has to. Returns whether
  // it has to be added to the thread when it is saved.
  [[nodiscard]] bool find_thread(Entry& entry, const Entry& old);
  void put_file(const replica::Change& change, const mail::FileDocument& file,
                const FilesState& files);
  [[nodiscard]] FilesState state_of(std::vector<AttachedFile> files) const;
  // Takes the entry of that document out of all tables, if there is one.
  void remove_entry(Kind kind, const replica::Change& change);

  [[nodiscard]] Entry find(Kind kind, const std::string& id);
  void save(Kind kind, Entry& entry, const std::string& doc_id, std::uint64_t size,
            const std::string& row, const Entry& old);
  [[nodiscard]] std::vector<std::int64_t> views_of(const mail::MetadataDocument& message,
                                                   std::int64_t flags);
  // Tells the change log about a message that exists.
  void log_change(std::int64_t entry);

  // A mailbox got or lost the role of the trash (projection_trash.cpp).
  [[nodiscard]] bool is_trash_only(const std::vector<std::string>& mailboxes) const;
  void set_trash(const std::string& mailbox, bool is_trash);
  void recount_trash(std::int64_t entry, const std::set<std::int64_t>& trash_views);
  void list(const Entry& old, const Entry& entry);

  // The join with content documents (projection_contents.cpp).
  struct ContentRow;
  [[nodiscard]] ContentRow find_content(const std::string& id);
  // Counts as failed what cannot be read.
  void read_content(const replica::Change& change, std::string_view body, ContentRow& content);
  // Counts a content document that changed in the entries of its messages.
  void count_content(const replica::Change& change, const ContentRow& old,
                     const ContentRow& content);
  void count_body(std::int64_t entry, replica::LocalSeq seq, bool was_present, bool is_present);
  // 0 when there is none.
  [[nodiscard]] std::int64_t entry_of_message(const std::optional<std::string>& doc_id);
  void join_contents(Entry& entry, const Entry& old, const std::string& doc_id);

  void fail(mail::Doctype doctype, const replica::Change& change, const std::string& reason);
  void clear_failure(mail::Doctype doctype, const replica::Change& change);
  void follow(mail::Doctype doctype, const replica::Store& store);

  Writer& writer_;
  const Stores& stores_;
  Meta meta_;
  ViewBatch views_;
  ChangeLog log_;
  ThreadBatch threads_;
  AddressBatch addresses_;
  std::set<std::string> trash_;  // ids of mailboxes of that role
  std::vector<Unnumbered> unnumbered_;
  Projected result_;
  bool consumed_ = false;
  bool changed_ = false;  // something that a list shows
  bool has_contents_ = false;  // lookups that an empty table makes pointless are left out
  bool has_named_ = false;
  bool has_removed_ = false;
  bool has_failures_ = false;
};

}  // namespace indexer
