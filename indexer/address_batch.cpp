#include "indexer/address_batch.hpp"

#include <algorithm>

#include "indexer/address_words.hpp"

namespace indexer {
namespace {

// Changes kept in memory while a mailbox that got another role is counted anew.
constexpr std::size_t kMaxDatesKept = 100'000;

AddressClass class_of(const AddressRow& row) {
  if (row.count == 0) return AddressClass::kNobody;
  if (is_automated(row.email)) return AddressClass::kAutomated;
  return row.written > 0 ? AddressClass::kWrittenTo : AddressClass::kSeen;
}

void append_keys(std::vector<AddressKey>& keys, std::int64_t address, const AddressRow& row) {
  if (row.rank == AddressClass::kNobody) return;
  for (auto& key : address_keys(row.text)) keys.push_back({row.rank, std::move(key), address});
}

}  // namespace

AddressBatch::AddressBatch(AddressTables& tables)
    : tables_(tables),
      roles_(tables.roles()),
      last_address_(tables.last_address()),
      last_pair_(tables.last_pair()) {}

void AddressBatch::put(std::int64_t entry, const mail::MetadataDocument& message, std::int64_t date,
                       bool is_new) {
  auto uses = AddressUses::of(message, date);
  for (const auto& named : addresses_of(message)) {
    const auto number = address(named.email);
    uses.uses.push_back({number, pair(number, named.name), named.role});
  }
  if (!is_new) {
    const auto old = tables_.uses(entry);
    if (old == uses) return;
    apply(old, roles_, -1);
  }
  apply(uses, roles_, 1);
  tables_.put_uses(entry, uses);
}

void AddressBatch::remove(std::int64_t entry) {
  apply(tables_.uses(entry), roles_, -1);
  tables_.remove_uses(entry);
}

std::int64_t AddressBatch::address(const std::string& email) {
  auto& number = by_email_[email];
  if (number != 0) return number;
  if (const auto known = tables_.find_address(email)) return number = *known;
  number = ++last_address_;
  auto& created = addresses_[number];
  created.is_new = true;
  created.change.email = email;
  return number;
}

std::int64_t AddressBatch::pair(std::int64_t address, const std::string& name) {
  auto& number = by_name_[{address, name}];
  if (number != 0) return number;
  if (const auto known = tables_.find_pair(address, name)) return number = *known;
  number = ++last_pair_;
  pairs_[number] = {address, 0, 0, true, name};
  return number;
}

void AddressBatch::apply(const AddressUses& uses, const MailboxRoles& roles, int sign) {
  const auto kind = uses.kind(roles);
  for (const auto& use : uses.uses) {
    const auto weight = weight_of(use.role, kind, uses.date);
    auto& address = addresses_[use.address].change;
    address.uses += sign;
    address.score += sign * weight.score;
    address.count += sign * weight.count;
    address.written += sign * weight.written;
    auto& pair = pairs_[use.pair];
    pair.uses += sign;
    pair.score += sign * weight.score;
    if (weight.count != 0) dates_.push_back({use.address, uses.date, sign});
  }
}

void AddressBatch::flush() {
  if (mailboxes_changed_) count_anew();
  write();
  by_email_.clear();
  by_name_.clear();
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
  write_pairs();
  write_addresses();
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

void AddressBatch::write_pairs() {
  for (const auto& [number, pair] : pairs_) {
    if (!pair.is_new) {
      tables_.change_pair(number, pair.uses, pair.score);
    } else if (pair.uses > 0) {
      tables_.insert_pair(number, pair.address, pair.name, pair.uses, pair.score);
    }
  }
  pairs_.clear();
}

void AddressBatch::write_addresses() {
  for (const auto& [number, change] : addresses_) write_address(number, change);
  addresses_.clear();
}

void AddressBatch::write_address(std::int64_t address, const AddressChange& change) {
  const auto old = change.is_new ? AddressRow() : tables_.address(address);
  AddressRow row = old;
  if (change.is_new) row.email = change.change.email;
  row.uses += change.change.uses;
  row.score += change.change.score;
  row.count += change.change.count;
  row.written += change.change.written;
  row.name = tables_.best_name(address);
  row.rank = class_of(row);
  if (change.is_new || row.name != old.name) row.text = address_text(row.name, row.email);
  if (row.text != old.text || row.rank != old.rank || row.uses == 0) {
    append_keys(old_keys_, address, old);
    if (row.uses > 0) append_keys(new_keys_, address, row);
  }
  if (row.uses > 0) {
    tables_.put_address(address, row);
  } else if (!change.is_new) {
    tables_.remove_address(address);
  }
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
