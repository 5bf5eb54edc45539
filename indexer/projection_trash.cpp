// RFC 8621 section 2: a message that is in the trash alone does not make its thread unread
// elsewhere. Which mailbox is the trash may be said after its messages came.
#include <algorithm>

#include "indexer/projection.hpp"

namespace indexer {

bool Projection::is_trash_only(const std::vector<std::string>& mailboxes) const {
  return !trash_.empty() && !mailboxes.empty() &&
         std::all_of(mailboxes.begin(), mailboxes.end(),
                     [this](const std::string& mailbox) { return trash_.contains(mailbox); });
}

void Projection::set_trash(const std::string& mailbox, bool is_trash) {
  if (trash_.contains(mailbox) == is_trash) return;
  if (is_trash) {
    trash_.insert(mailbox);
  } else {
    trash_.erase(mailbox);
  }
  // What was projected in this step must be in the tables: they are read now.
  threads_.flush();
  views_.flush();
  std::set<std::int64_t> trash_views;
  for (const auto& each : trash_) {
    const auto name = view_name('*', 'm', each);
    Rows rows(writer_.find_view, name);
    if (rows.next()) trash_views.insert(rows.integer(0));
  }
  const auto name = view_name('*', 'm', mailbox);
  std::int64_t view = 0;
  if (Rows rows(writer_.find_view, name); rows.next()) view = rows.integer(0);
  std::vector<std::int64_t> entries;
  for (Rows rows(writer_.listed_entries, view); rows.next();) entries.push_back(rows.integer(0));
  for (const auto entry : entries) recount_trash(entry, trash_views);
}

void Projection::recount_trash(std::int64_t entry, const std::set<std::int64_t>& trash_views) {
  std::string id;
  if (Rows rows(writer_.entry_by_key, entry); rows.next()) id = rows.text(0);
  const auto old = find(Kind::kMail, id);
  bool elsewhere = false;
  auto views = old.views;
  std::erase(views, kUnreadOutsideTrash);
  for (const auto view : views)
    elsewhere = elsewhere || (has_sorts(view) && view != kAllMail && !trash_views.contains(view));
  if ((old.flags & flag::kUnread) != 0 && elsewhere) views.push_back(kUnreadOutsideTrash);
  std::sort(views.begin(), views.end());
  if (views == old.views) return;
  threads_.remove(old.thread, old.in_thread());
  const auto packed = pack(views);
  writer_.put_views.bind(as_blob(packed), entry).run();
  threads_.add(old.thread, {entry, old.place, views});
}

}  // namespace indexer
