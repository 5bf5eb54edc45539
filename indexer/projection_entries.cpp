// Entries in the tables, and the views that each is listed in.
#include <algorithm>

#include "indexer/projection.hpp"

namespace indexer {

void Projection::remove_entry(Kind kind, const replica::Change& change) {
  const auto id = public_id(change.id);
  const auto old = find(kind, id);
  if (old.key == 0) return;
  changed_ = true;
  for (const auto view : old.views) views_.remove(view, old.listed());
  for (const auto& content : old.contents) writer_.delete_named.bind(content, old.key).run();
  if (kind == Kind::kMail) {
    log_.changed(id, old.membership());
    threads_.remove(old.thread, old.in_thread());
    threads_.leave(old.thread, old.thread_keys);
    addresses_.remove(old.key);
  }
  writer_.delete_entry.bind(old.key).run();
  writer_.delete_details.bind(old.key).run();
  writer_.put_removed.bind(static_cast<int>(kind), id, change.seq.value).run();
  has_removed_ = true;
}

Projection::Entry Projection::find(Kind kind, const std::string& id) {
  Entry entry;
  {
    Rows rows(writer_.find_entry, id, static_cast<int>(kind));
    if (!rows.next()) return entry;
    entry.key = rows.integer(0);
    entry.place = {rows.integer(1), id};
    entry.flags = rows.integer(2);
    entry.thread = rows.integer(3);
    entry.text_seq = rows.integer(4);
    entry.body_seq = rows.integer(5);
    entry.bodies = rows.integer(6);
    entry.text_hash = rows.integer(7);
    entry.sender = rows.text(8);
  }
  Rows rows(writer_.find_details, entry.key);
  if (rows.next()) {
    entry.views = unpack_integers(rows.blob(0));
    entry.thread_keys = unpack_integers(rows.blob(1));
    entry.contents = unpack_texts(rows.blob(2));
    entry.inline_types = unpack_texts(rows.blob(3));
    entry.sort_keys = unpack_texts(rows.blob(4));
    entry.thread_id = rows.text(5);
  }
  return entry;
}

void Projection::save(Kind kind, Entry& entry, const std::string& doc_id, std::uint64_t size,
                      const std::string& row, const Entry& old) {
  changed_ = true;
  const auto thread = kind == Kind::kMail ? std::optional(entry.thread) : std::nullopt;
  if (old.key == 0) {
    writer_.insert_entry
        .bind(static_cast<int>(kind), entry.place.date, entry.flags, thread, entry.text_seq,
              entry.body_seq, entry.bodies, size, entry.text_hash, entry.place.id, doc_id,
              entry.sender)
        .run();
    entry.key = writer_.connection.last_insert_rowid();
    if (has_removed_) writer_.delete_removed.bind(static_cast<int>(kind), entry.place.id).run();
  } else {
    writer_.update_entry
        .bind(entry.place.date, entry.flags, thread, entry.text_seq, entry.body_seq, entry.bodies,
              size, entry.text_hash, entry.sender, entry.key)
        .run();
  }
  const auto views = pack(entry.views), thread_keys = pack(entry.thread_keys),
             contents = pack(entry.contents), inline_types = pack(entry.inline_types),
             keys = pack(entry.sort_keys);
  writer_.put_details
      .bind(entry.key, thread, entry.text_seq, entry.body_seq, entry.bodies,
            entry.flags & flag::kFilesHere, thread ? std::optional(entry.thread_id) : std::nullopt,
            as_blob(views), as_blob(thread_keys), as_blob(contents), as_blob(inline_types),
            as_blob(keys), row)
      .run();
  if (old.contents != entry.contents) {
    for (const auto& content : old.contents) writer_.delete_named.bind(content, entry.key).run();
    for (const auto& content : entry.contents) writer_.put_named.bind(content, entry.key).run();
    has_named_ = true;
  }
  list(old, entry);
  if (meta_.numbered == 0 || (old.key != 0 && old.place == entry.place)) return;
  if (old.key != 0) writer_.set_number.bind(nullptr, entry.key).run();
  unnumbered_.push_back({entry.place, kind, entry.key});
}

void Projection::list(const Entry& old, const Entry& entry) {
  const auto was = old.listed(), is = entry.listed();
  const auto has = [](const Entry& of, std::int64_t view) {
    return std::find(of.views.begin(), of.views.end(), view) != of.views.end();
  };
  for (const auto view : old.views) {
    if (!has(entry, view)) views_.remove(view, was);
  }
  for (const auto view : entry.views)
    has(old, view) ? views_.change(view, was, is) : views_.add(view, is);
}

std::vector<std::int64_t> Projection::views_of(const mail::MetadataDocument& message,
                                               std::int64_t flags) {
  std::vector<std::int64_t> views = {kAllMail};
  for (const auto& state : kStateViews) {
    if ((flags & state.flag) != 0) views.push_back(state.of_all_mail);
  }
  for (const auto& mailbox : message.mailbox_ids) {
    views.push_back(views_.view(view_name('*', 'm', mailbox), true));
    for (const auto& state : kStateViews) {
      if ((flags & state.flag) != 0)
        views.push_back(views_.view(view_name(state.letter, 'm', mailbox), false));
    }
  }
  for (const auto& keyword : message.keywords) {
    if (flag_of_keyword(keyword) == 0)
      views.push_back(views_.view(view_name('*', 'k', keyword), false));
  }
  if ((flags & flag::kUnread) != 0 && !is_trash_only(message.mailbox_ids))
    views.push_back(kUnreadOutsideTrash);
  std::sort(views.begin(), views.end());
  views.erase(std::unique(views.begin(), views.end()), views.end());
  return views;
}

void Projection::log_change(std::int64_t entry) {
  if (!meta_.ordered) return;
  ListMembership before;
  if (Rows rows(writer_.find_details, entry); rows.next())
    before.views = unpack_integers(rows.blob(0));
  Rows rows(writer_.entry_by_key, entry);
  if (!rows.next()) return;
  before.flags = rows.integer(2);
  before.thread = rows.integer(3);
  before.date = rows.integer(4);
  log_.changed(std::string(rows.text(0)), before);
}

}  // namespace indexer
