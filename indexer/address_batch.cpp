#include "indexer/address_batch.hpp"

#include <algorithm>

#include "indexer/address_words.hpp"

namespace indexer {
namespace {

// Changes kept in memory while the messages of a mailbox with a new role are counted again.
constexpr std::size_t kMaxDatesKept = 100'000;

AddressClass class_of(const AddressRow& row) {
  if (row.count == 0) return AddressClass::kNobody;
  if (is_automated(row.email)) return AddressClass::kAutomated;
  return row.written > 0 ? AddressClass::kWrittenTo : AddressClass::kSeen;
}

// Of equal ones the first by the alphabet.
bool is_better(const ScoredName& a, const ScoredName& b) {
  if (a.name.empty() || a.score <= 0) return false;
  return a.score != b.score ? a.score > b.score : a.name < b.name;
}

void append_keys(std::vector<AddressKey>& keys, std::int64_t address, const AddressRow& row) {
  if (row.rank == AddressClass::kNobody) return;
  for (auto& key : address_keys(row.text)) keys.push_back({row.rank, std::move(key), address});
}

}  // namespace

AddressBatch::AddressBatch(AddressTables& tables) : tables_(tables), roles_(tables.roles()) {}

void AddressBatch::put(std::int64_t entry, const mail::MetadataDocument& message, std::int64_t date,
                       bool is_new) {
  const auto addresses = addresses_of(message);
  const auto uses = AddressUses::of(message, addresses, date);
  if (!is_new) {
    const auto old = tables_.uses(entry);
    if (old == uses) return;
    apply(old, roles_, -1);
  }
  apply(uses, roles_, 1);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    auto& change = addresses_[uses.uses[i].address];
    change.email = addresses[i].email;
    change.names[uses.uses[i].name].name = addresses[i].name;
  }
  tables_.put_uses(entry, uses);
}

void AddressBatch::remove(std::int64_t entry) {
  apply(tables_.uses(entry), roles_, -1);
  tables_.remove_uses(entry);
}

void AddressBatch::apply(const AddressUses& uses, const MailboxRoles& roles, int sign) {
  const auto kind = uses.kind(roles);
  for (const auto& use : uses.uses) {
    const auto weight = weight_of(use.role, kind, uses.date);
    auto& address = addresses_[use.address];
    address.uses += sign;
    address.score += sign * weight.score;
    address.count += sign * weight.count;
    address.written += sign * weight.written;
    auto& name = address.names[use.name];
    name.uses += sign;
    name.score += sign * weight.score;
    if (weight.count != 0) dates_.push_back({use.address, uses.date, sign});
  }
}

void AddressBatch::flush() {
  if (mailboxes_changed_) count_anew();
  write();
}

// All messages are looked at, since a mailbox seldom gets another role.
void AddressBatch::count_anew() {
  mailboxes_changed_ = false;
  const auto roles = tables_.roles();
  if (roles == roles_) return;
  write();
  tables_.for_each_uses([&](const AddressUses& uses) {
    if (uses.kind(roles) == uses.kind(roles_)) return;
    apply(uses, roles_, -1);
    apply(uses, roles, 1);
    if (dates_.size() > kMaxDatesKept) write();
  });
  roles_ = roles;
}

void AddressBatch::write() {
  write_dates();
  for (const auto& [address, change] : addresses_) write_address(address, change);
  addresses_.clear();
  write_keys();
}

void AddressBatch::write_dates() {
  const auto place = [](const Date& date) { return std::tie(date.address, date.date); };
  std::sort(dates_.begin(), dates_.end(),
            [&](const Date& a, const Date& b) { return place(a) < place(b); });
  for (auto at = dates_.begin(); at != dates_.end();) {
    const Date& first = *at;
    std::int64_t uses = 0;
    for (; at != dates_.end() && place(*at) == place(first); ++at) uses += at->uses;
    if (uses != 0) tables_.change_date(first.address, first.date, uses);
  }
  dates_.clear();
}

void AddressBatch::write_address(std::int64_t address, const AddressChange& change) {
  const auto old = tables_.address(address);
  AddressRow row = old;
  if (old.email.empty()) row.email = change.email;
  row.uses += change.uses;
  row.score += change.score;
  row.count += change.count;
  row.written += change.written;
  write_names(address, change, row);
  if (row.uses == 0) {
    append_keys(old_keys_, address, old);
    tables_.remove_address(address);
    return;
  }
  row.rank = class_of(row);
  if (old.email.empty() || row.name != old.name) row.text = address_text(row.name, row.email);
  if (row.text != old.text || row.rank != old.rank) {
    append_keys(old_keys_, address, old);
    append_keys(new_keys_, address, row);
  }
  tables_.put_address(address, row);
}

// A name that gains is compared with the best one; only when that one loses are all of them looked
// at.
void AddressBatch::write_names(std::int64_t address, const AddressChange& change, AddressRow& row) {
  const std::string old_best = row.name;
  bool best_lost = false;
  for (const auto& [number, name] : change.names) {
    if (name.uses == 0 && name.score == 0) continue;
    const auto now = tables_.change_name(address, number, name.name, name.uses, name.score);
    best_lost = best_lost || (name.score < 0 && now.name == old_best);
    if (!is_better(now, {row.name, row.name_score})) continue;
    row.name = now.name;
    row.name_score = now.score;
  }
  if (!best_lost) return;
  auto best = tables_.best_name(address);
  row.name = std::move(best.name);
  row.name_score = best.score;
}

void AddressBatch::write_keys() {
  std::sort(old_keys_.begin(), old_keys_.end());
  for (const auto& key : old_keys_) tables_.remove_key(key);
  old_keys_.clear();
  std::sort(new_keys_.begin(), new_keys_.end());
  for (const auto& key : new_keys_) tables_.insert_key(key);
  new_keys_.clear();
}

}  // namespace indexer
