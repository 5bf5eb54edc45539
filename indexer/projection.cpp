#include "indexer/projection.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <unordered_set>

#include "indexer/bodies.hpp"
#include "indexer/list_row.hpp"
#include "mail/threads.hpp"

namespace indexer {
namespace {

// Mailboxes first, so that names are there when messages come; contents after the messages that
// they belong to.
constexpr mail::Doctype kOrder[] = {mail::Doctype::kMailboxes, mail::Doctype::kEmails,
                                    mail::Doctype::kContents, mail::Doctype::kFiles};
// A message from the future would stand on top of every list until then.
constexpr auto kLatestAfterArrival = std::chrono::days(1);

bool has_rows(const Connection& connection, const std::string& table) {
  auto select = connection.prepare("SELECT 1 FROM " + table + " LIMIT 1");
  return Rows(select).next();
}

bool is_design_document(const std::string& id) { return id.rfind("_design/", 0) == 0; }

std::int64_t order_date(const std::optional<mail::DateTime>& first,
                        const std::optional<mail::DateTime>& second,
                        std::chrono::sys_seconds arrived) {
  const auto date = first ? first->utc : second ? second->utc : std::chrono::sys_seconds{};
  return std::min(date, arrived + kLatestAfterArrival).time_since_epoch().count();
}

// Each once, in the order of the first.
void drop_repeats(std::vector<std::string>& names) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string> kept;
  kept.reserve(names.size());  // so that views into it stay valid
  for (auto& name : names) {
    if (seen.contains(name)) continue;
    kept.push_back(std::move(name));
    seen.insert(kept.back());
  }
  names = std::move(kept);
}

std::int64_t flags_of(const mail::MetadataDocument& message, const FilesState& files) {
  std::int64_t flags = 0;
  for (const auto& keyword : message.keywords) flags |= flag_of_keyword(keyword);
  if ((flags & (flag::kSeen | flag::kDraft)) == 0) flags |= flag::kUnread;
  if (message.has_attachment) flags |= flag::kAttachment;
  if (!files.files.empty() && files.here == files.files.size()) flags |= flag::kFilesHere;
  return flags;
}

std::string_view sender_name(const mail::MetadataDocument& message) {
  if (message.from.empty()) return "";
  const auto& sender = message.from.front();
  return sender.name.empty() ? sender.email : sender.name;
}

}  // namespace

Projection::Projection(Writer& writer, const Stores& stores)
    : writer_(writer),
      stores_(stores),
      meta_(Meta::load(writer.select_meta)),
      views_(writer, meta_.ordered),
      log_(writer, meta_.ordered),
      threads_(writer, views_, log_, meta_.ordered),
      addresses_(writer.addresses) {
  for (Rows rows(writer.trash_mailboxes); rows.next();) trash_.emplace(rows.text(0));
  has_contents_ = has_rows(writer.connection, "contents");
  has_named_ = has_rows(writer.connection, "named");
  has_removed_ = has_rows(writer.connection, "removed");
  has_failures_ = has_rows(writer.connection, "failures");
}

Projected Projection::run(std::size_t limit) {
  const auto& member = stores_.doctype_member();
  for (const auto doctype : kOrder) {
    const auto* const store = stores_.find(doctype);
    if (store == nullptr) continue;
    follow(doctype, *store);
    const auto identity = store->identity();
    auto reached = meta_.checkpoint.of(identity);
    result_.changes += store->documents(reached, limit - result_.changes,
                                        [&](const replica::Change& change, std::string_view body) {
                                          if (member) {
                                            apply_any(*member, change, body);
                                          } else {
                                            apply(doctype, change, body);
                                          }
                                          reached = change.seq;
                                        });
    if (reached > meta_.checkpoint.of(identity)) {
      meta_.checkpoint.advance(identity, reached);
      consumed_ = true;
    }
    result_.more = result_.more || reached < store->last_seq();
  }
  if (!consumed_) return result_;
  flush();
  writer_.set_meta("checkpoint", meta_.checkpoint.to_json());
  return result_;
}

void Projection::run_again(std::span<const DocumentName> documents) {
  const auto& member = stores_.doctype_member();
  for (const auto& [doctype, id] : documents) {
    const auto* const store = stores_.find(doctype);
    if (store == nullptr) continue;
    auto stored = store->read(id);
    if (!stored) {
      stored.emplace();
      stored->change.id = id;
      stored->change.seq = meta_.checkpoint.of(store->identity());
      stored->change.deleted = true;
    }
    member ? apply_any(*member, stored->change, stored->body)
           : apply(doctype, stored->change, stored->body);
  }
  flush();
}

void Projection::flush() {
  threads_.flush();
  views_.flush();
  addresses_.flush();
  if (!unnumbered_.empty()) give_numbers(writer_, std::move(unnumbered_));
  if (!changed_) return;
  log_.flush(meta_.changes + 1);
  writer_.set_meta("changes", std::to_string(meta_.changes + 1));
}

void Projection::follow(mail::Doctype doctype, const replica::Store& store) {
  const auto identity = store.identity();
  const auto known = meta_.stores.find(doctype);
  if (!meta_.checkpoint.continues(store) ||
      (known != meta_.stores.end() && known->second != identity)) {
    throw std::runtime_error("the catalog was derived from another life of the store of " +
                             std::string(mail::doctype_name(doctype)) + ": rebuild it");
  }
  if (known != meta_.stores.end()) return;
  writer_.set_meta(mail::doctype_name(doctype), identity.uuid + " " + identity.epoch);
  meta_.stores[doctype] = identity;
}

void Projection::apply_any(const std::string& doctype_member, const replica::Change& change,
                           std::string_view body) {
  std::optional<mail::Doctype> doctype;
  if (!change.deleted) {
    const auto said = mail::read_doctype(body, doctype_member);
    doctype = said ? *said : mail::Doctype::kEmails;  // fails there, with its reason
  }
  replica::Change gone = change;
  gone.deleted = true;
  for (const auto other : kOrder) {
    if (other != doctype) apply(other, gone, {});
  }
  if (doctype) apply(*doctype, change, body);
}

void Projection::apply(mail::Doctype doctype, const replica::Change& change,
                       std::string_view body) {
  if (is_design_document(change.id)) return;
  clear_failure(doctype, change);
  switch (doctype) {
    case mail::Doctype::kMailboxes:
      return apply_mailbox(change, body);
    case mail::Doctype::kEmails:
      return apply_message(change, body);
    case mail::Doctype::kContents:
      return apply_content(change, body);
    case mail::Doctype::kFiles:
      return apply_file(change, body);
  }
}

void Projection::apply_mailbox(const replica::Change& change, std::string_view body) {
  addresses_.mailboxes_changed();
  if (!change.deleted) {
    if (const auto mailbox = mail::read_mailbox(body)) {
      changed_ = true;
      writer_.put_mailbox
          .bind(change.id, mailbox->name, mailbox->parent_id, mailbox->role, mailbox->sort_order)
          .run();
      return set_trash(change.id, mailbox->role == "trash");
    } else {
      fail(mail::Doctype::kMailboxes, change, mailbox.error().reason);
    }
  }
  writer_.delete_mailbox.bind(change.id).run();
  changed_ = changed_ || writer_.connection.changes() > 0;
  set_trash(change.id, false);
}

void Projection::apply_message(const replica::Change& change, std::string_view body) {
  if (change.deleted) return remove_entry(Kind::kMail, change);
  auto message = mail::read_metadata(body);
  if (message) {
    complete_from_original(*message, stores_.blobs());
    const auto files = state_of(attached_files(*message, body));
    return put_message(change, *std::move(message), files);
  }
  fail(mail::Doctype::kEmails, change, message.error().reason);
  remove_entry(Kind::kMail, change);
}

void Projection::apply_file(const replica::Change& change, std::string_view body) {
  if (change.deleted) return remove_entry(Kind::kFile, change);
  const auto file = mail::read_file(body);
  if (!file) {
    fail(mail::Doctype::kFiles, change, file.error().reason);
  } else if (!file->is_directory && !file->trashed) {
    const auto stored = stored_file(*file, body);
    return put_file(change, *file,
                    state_of(stored ? std::vector{*stored} : std::vector<AttachedFile>{}));
  }
  remove_entry(Kind::kFile, change);
}

FilesState Projection::state_of(std::vector<AttachedFile> files) const {
  const auto here = count_here(stores_, files);
  return {std::move(files), here};
}

void Projection::put_message(const replica::Change& change, mail::MetadataDocument message,
                             const FilesState& files) {
  message.id = change.id;
  if (message.contents.size() > 1) drop_repeats(message.contents);
  const auto attached = attached_bodies_here(message, stores_.blobs());
  if (message.preview.empty() && !(message.inline_bodies.empty() && attached.empty()))
    message.preview =
        preview_of(Bodies(stores_, stores_.content_reads().index).of_metadata(message));
  const auto id = public_id(change.id);
  const auto old = find(Kind::kMail, id);
  old.key != 0 ? log_.changed(id, old.membership()) : log_.added(id);

  Entry entry = entry_of(change, message, attached, files, old);
  const bool joins = find_thread(entry, old);
  join_contents(entry, old, change.id);
  save(Kind::kMail, entry, change.id, message.size, message_row(id, change, message), old);
  if (joins) threads_.add(entry.thread, entry.in_thread());
  addresses_.put(entry.key, message, entry.place.date, old.key == 0);
}

Projection::Entry Projection::entry_of(const replica::Change& change,
                                       const mail::MetadataDocument& message,
                                       const std::vector<mail::AttachedBody>& attached,
                                       const FilesState& files, const Entry& old) {
  Entry entry;
  entry.key = old.key;
  entry.place = {order_date(message.received_at, message.sent_at, change.arrived),
                 public_id(change.id)};
  entry.flags = flags_of(message, files);
  entry.sort_keys = sort_keys(message, entry.place);
  entry.sender = sender_name(message);
  entry.text_hash = text_hash(message, attached, entry.place.date, files);
  entry.text_seq =
      old.key != 0 && old.text_hash == entry.text_hash ? old.text_seq : change.seq.value;
  entry.views = views_of(message, entry.flags);
  for (const auto key : mail::thread_keys(message))
    entry.thread_keys.push_back(static_cast<std::int64_t>(key));
  entry.contents = message.contents;
  for (const auto& body : message.inline_bodies) entry.inline_types.push_back(body.type);
  for (const auto& body : attached) entry.inline_types.push_back(body.type);
  return entry;
}

bool Projection::find_thread(Entry& entry, const Entry& old) {
  const bool stays_in_thread = old.key != 0 && old.thread_keys == entry.thread_keys;
  const bool moves = old.key == 0 || old.place != entry.place || old.views != entry.views;
  if (old.key != 0 && (!stays_in_thread || moves)) threads_.remove(old.thread, old.in_thread());
  if (old.key != 0 && !stays_in_thread) threads_.leave(old.thread, old.thread_keys);
  if (stays_in_thread && old.sender != entry.sender) threads_.rename_sender(old.thread);
  entry.thread = stays_in_thread ? old.thread : threads_.join(entry.thread_keys);
  entry.thread_id =
      stays_in_thread && !moves ? old.thread_id : threads_.id_with(entry.thread, entry.place);
  return !stays_in_thread || moves;
}

void Projection::put_file(const replica::Change& change, const mail::FileDocument& file,
                          const FilesState& files) {
  const auto id = public_id(change.id);
  const auto old = find(Kind::kFile, id);
  Entry entry;
  entry.key = old.key;
  entry.place = {order_date(file.updated_at, file.created_at, change.arrived), id};
  entry.text_hash = text_hash(file, entry.place.date, files);
  entry.text_seq =
      old.key != 0 && old.text_hash == entry.text_hash ? old.text_seq : change.seq.value;
  entry.bodies = file.content.empty() && files.here == 0 ? 0 : 1;
  entry.views = {kAllFiles};
  entry.sort_keys = sort_keys(file, entry.place);
  save(Kind::kFile, entry, change.id, file.size, file_row(id, change, file), old);
}

void Projection::fail(mail::Doctype doctype, const replica::Change& change,
                      const std::string& reason) {
  ++result_.failed;
  writer_.put_failure.bind(mail::doctype_name(doctype), change.id, reason).run();
  has_failures_ = true;
}

void Projection::clear_failure(mail::Doctype doctype, const replica::Change& change) {
  if (has_failures_) writer_.delete_failure.bind(mail::doctype_name(doctype), change.id).run();
}

}  // namespace indexer
