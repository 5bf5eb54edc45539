// The join of messages with their content documents.
#include <algorithm>
#include <unordered_set>

#include "indexer/projection.hpp"

namespace indexer {

// A row of `contents`.
struct Projection::ContentRow {
  bool is_present = false;
  std::optional<std::string> email;  // document id of the message that it names, if it names one
  std::string type;
  std::int64_t size = 0;
  bool truncated = false;
};

void Projection::apply_content(const replica::Change& change, std::string_view body) {
  const ContentRow old = find_content(change.id);
  // What a tombstone, or a document that cannot be read, no longer says is as it was.
  ContentRow content = old;
  content.is_present = false;
  if (!change.deleted) read_content(change, body, content);
  if (!content.is_present && !old.is_present) return;
  writer_.put_content
      .bind(change.id, content.email, content.type, content.size, change.seq.value,
            content.is_present, content.truncated)
      .run();
  has_contents_ = true;
  count_content(change, old, content);
}

Projection::ContentRow Projection::find_content(const std::string& id) {
  ContentRow content;
  if (!has_contents_) return content;
  Rows rows(writer_.find_content, id);
  if (!rows.next()) return content;
  if (!rows.is_null(0)) content.email = std::string(rows.text(0));
  content.type = rows.text(1);
  content.size = rows.integer(2);
  content.truncated = rows.integer(3) != 0;
  content.is_present = rows.integer(4) != 0;
  return content;
}

void Projection::read_content(const replica::Change& change, std::string_view body,
                              ContentRow& content) {
  ++stores_.content_reads().index;
  auto read = mail::read_content(body);
  if (!read) return fail(mail::Doctype::kContents, change, read.error().reason);
  // When the bytes of an attached text come, the document moves in its store's feed.
  content.is_present = !read->attached || stores_.blobs().contains(read->attached->digest);
  content.email = read->email.empty() ? std::nullopt : std::optional(std::move(read->email));
  content.type = std::move(read->type);
  content.size = static_cast<std::int64_t>(read->content.size());
  content.truncated = read->truncated;
}

// A content document belongs to the messages whose metadata documents name it, and to the message
// that it names itself.
void Projection::count_content(const replica::Change& change, const ContentRow& old,
                               const ContentRow& content) {
  std::vector<std::int64_t> naming;
  bool is_named_back = false, was_named_back = false;  // by the message that it names
  if (has_named_) {
    for (Rows rows(writer_.named_by, change.id); rows.next();) {
      naming.push_back(rows.integer(0));
      is_named_back = is_named_back || content.email == rows.text(1);
      was_named_back = was_named_back || old.email == rows.text(1);
    }
  }
  for (const auto entry : naming) count_body(entry, change.seq, old.is_present, content.is_present);
  const auto own = is_named_back ? 0 : entry_of_message(content.email);
  const auto old_own = old.email == content.email ? own
                       : was_named_back           ? 0
                                                  : entry_of_message(old.email);
  if (own != 0) count_body(own, change.seq, own == old_own && old.is_present, content.is_present);
  if (old_own != 0 && old_own != own) count_body(old_own, change.seq, old.is_present, false);
}

void Projection::count_body(std::int64_t entry, replica::LocalSeq seq, bool was_present,
                            bool is_present) {
  const int delta = static_cast<int>(is_present) - static_cast<int>(was_present);
  log_change(entry);
  writer_.change_bodies.bind(delta, seq.value, entry).run();
  writer_.change_shown_bodies.bind(delta, seq.value, entry).run();
  changed_ = true;
}

std::int64_t Projection::entry_of_message(const std::optional<std::string>& doc_id) {
  if (!doc_id) return 0;
  const auto id = public_id(*doc_id);
  Rows rows(writer_.find_entry, id, static_cast<int>(Kind::kMail));
  return rows.next() ? rows.integer(0) : 0;
}

void Projection::join_contents(Entry& entry, const Entry& old, const std::string& doc_id) {
  entry.body_seq = old.body_seq;
  if (old.key != 0 && old.contents == entry.contents) {
    const auto joined = old.bodies - static_cast<std::int64_t>(old.inline_types.size());
    entry.bodies = joined + static_cast<std::int64_t>(entry.inline_types.size());
    return;
  }
  entry.bodies = static_cast<std::int64_t>(entry.inline_types.size());
  if (!has_contents_) return;
  const auto count = [&](std::int64_t seq, bool is_present) {
    entry.body_seq = std::max(entry.body_seq, seq);
    if (is_present) ++entry.bodies;
  };
  for (const auto& content : entry.contents) {
    Rows rows(writer_.content_join, content);
    if (rows.next()) count(rows.integer(0), rows.integer(1) != 0);
  }
  const std::unordered_set<std::string_view> named(entry.contents.begin(), entry.contents.end());
  for (Rows rows(writer_.contents_of, doc_id); rows.next();) {
    if (!named.contains(rows.text(0))) count(rows.integer(1), rows.integer(2) != 0);
  }
}

}  // namespace indexer
