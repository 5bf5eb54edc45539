// The join of messages with their content documents.
#include <algorithm>
#include <unordered_set>

#include "indexer/projection.hpp"

namespace indexer {

void Projection::apply_content(const replica::Change& change, std::string_view body) {
  bool was_present = false;
  std::optional<std::string> old_email;
  std::string type;
  std::int64_t size = 0;
  bool truncated = false;
  if (has_contents_) {
    Rows rows(writer_.find_content, change.id);
    if (rows.next()) {
      if (!rows.is_null(0)) old_email = std::string(rows.text(0));
      type = rows.text(1);
      size = rows.integer(2);
      truncated = rows.integer(3) != 0;
      was_present = rows.integer(4) != 0;
    }
  }
  bool is_present = false;
  auto email = old_email;  // a tombstone no longer says whose it was
  if (!change.deleted) {
    ++stores_.content_reads().index;
    if (auto content = mail::read_content(body)) {
      // When the bytes come, the document moves in its store's feed.
      is_present = !content->attached || stores_.blobs().contains(content->attached->digest);
      email = content->email.empty() ? std::nullopt : std::optional(std::move(content->email));
      type = std::move(content->type);
      size = static_cast<std::int64_t>(content->content.size());
      truncated = content->truncated;
    } else {
      fail(mail::Doctype::kContents, change, content.error().reason);
    }
  }
  if (!is_present && !was_present) return;

  writer_.put_content.bind(change.id, email, type, size, change.seq.value, is_present, truncated)
      .run();
  has_contents_ = true;

  const auto change_message = [&](std::int64_t entry, bool was_its, bool is_its) {
    const int delta =
        static_cast<int>(is_its && is_present) - static_cast<int>(was_its && was_present);
    log_change(entry);
    writer_.change_bodies.bind(delta, change.seq.value, entry).run();
    writer_.change_shown_bodies.bind(delta, change.seq.value, entry).run();
    changed_ = true;
  };
  std::vector<std::int64_t> naming;
  bool email_names_it = false, old_email_names_it = false;
  if (has_named_) {
    for (Rows rows(writer_.named_by, change.id); rows.next();) {
      naming.push_back(rows.integer(0));
      email_names_it = email_names_it || email == rows.text(1);
      old_email_names_it = old_email_names_it || old_email == rows.text(1);
    }
  }
  for (const auto entry : naming) change_message(entry, true, true);
  // The entry of a message that it claims to belong to and that does not name it.
  const auto claimed = [&](const std::optional<std::string>& doc_id,
                           bool names_it) -> std::int64_t {
    if (!doc_id || names_it) return 0;
    const auto id = public_id(*doc_id);
    Rows rows(writer_.find_entry, id, static_cast<int>(Kind::kMail));
    return rows.next() ? rows.integer(0) : 0;
  };
  const auto is_claimed = claimed(email, email_names_it);
  const auto was_claimed = email == old_email ? is_claimed : claimed(old_email, old_email_names_it);
  if (is_claimed != 0) change_message(is_claimed, was_claimed == is_claimed, true);
  if (was_claimed != 0 && was_claimed != is_claimed) change_message(was_claimed, true, false);
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
