#include "indexer/import_mailboxes.hpp"

#include <algorithm>

#include "indexer/import_documents.hpp"

namespace indexer {
namespace {

// Whether the mailbox that is there is the one of that name.
bool is_same(const mail::Mailbox& there, const mail::Mailbox& mailbox, const std::string& name) {
  if (there.name == mailbox.name && there.parent_id == mailbox.parent_id) return true;
  if (!there.parent_id && there.name == name)
    return true;  // as it was written before there were parents
  // The target's inbox may have another name, and so on.
  const bool is_renamed = !there.parent_id && mailbox_of_name(there.name).id != there.id;
  return is_renamed && mailbox.role && there.role == mailbox.role;
}

}  // namespace

const mail::Mailbox& ImportMailboxes::find(const std::string& name) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
  const mail::Mailbox* found = nullptr;
  std::string above;
  for (const std::string& level : levels_of_mailbox(name)) {
    const auto [at, is_new] = by_name_.try_emplace(level);
    if (is_new) {
      at->second = mailbox_of_name(level);
      if (found != nullptr) at->second.parent_id = found->id;
      choose_id(at->second, level);
    }
    found = &at->second;
  }
  return *found;
}

void ImportMailboxes::choose_id(mail::Mailbox& mailbox, const std::string& name) {
  const std::string distinct = distinct_mailbox_id(name);
  std::string chosen;
  for (const std::string& id : {mailbox.id, distinct}) {
    const auto there = target_.find_mailbox(id);
    if (there && !taken_.contains(id) && is_same(*there, mailbox, name)) {
      chosen = id;
      break;
    }
    if (!there && !taken_.contains(id) && chosen.empty()) chosen = id;
  }
  if (chosen.empty()) chosen = distinct;
  if (chosen != mailbox.id) {
    mailbox.role.reset();
    mailbox.sort_order = kSortOrderWithoutRole;
  }
  mailbox.id = chosen;
  taken_.insert(chosen);
}

const std::string& ImportMailboxes::add(const std::string& name) {
  const mail::Mailbox& mailbox = find(name);
  if (added_.contains(mailbox.id)) return mailbox.id;
  for (const std::string& level : levels_of_mailbox(name)) {
    const mail::Mailbox& each = find(level);
    if (added_.insert(each.id).second) waiting_.push_back(each);
  }
  return mailbox.id;
}

void ImportMailboxes::write() {
  if (!waiting_.empty()) target_.put_mailboxes(waiting_);
  waiting_.clear();
}

}  // namespace indexer
