#include "indexer/address_tables.hpp"

#include <cstring>

namespace indexer {
namespace {

using replica::sqlite::ResetAtEnd;
using replica::sqlite::Statement;

}  // namespace

AddressTables::AddressTables(const replica::sqlite::Connection& c)
    : roles_(c.prepare("SELECT id, role FROM mailboxes WHERE role IN ('sent', 'junk', 'drafts')")),
      address_(c.prepare("SELECT email, name, name_score, text, class, score, count, written, uses "
                         "FROM addresses WHERE address = ?")),
      put_address_(
          c.prepare("INSERT INTO addresses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON "
                    "CONFLICT (address) DO UPDATE SET name = ?3, name_score = ?4, text = ?5, class "
                    "= ?6, score = ?7, count = ?8, written = ?9, uses = ?10")),
      remove_address_(c.prepare("DELETE FROM addresses WHERE address = ?")),
      change_name_(c.prepare(
          "INSERT INTO address_names VALUES (?, ?, ?, ?, ?) ON CONFLICT (address, number) DO "
          "UPDATE SET uses = uses + excluded.uses, score = score + excluded.score "
          "RETURNING name, score")),
      drop_name_(
          c.prepare("DELETE FROM address_names WHERE address = ? AND number = ? AND uses = 0")),
      best_name_(c.prepare("SELECT name, score FROM address_names WHERE address = ? AND name <> '' "
                           "AND score > 0 ORDER BY score DESC, name LIMIT 1")),
      change_date_(c.prepare("INSERT INTO address_dates VALUES (?, ?, ?) ON CONFLICT (address, "
                             "date) DO UPDATE SET uses = uses + excluded.uses")),
      drop_date_(
          c.prepare("DELETE FROM address_dates WHERE address = ? AND date = ? AND uses = 0")),
      insert_key_(c.prepare("INSERT INTO address_keys VALUES (?, ?, ?)")),
      remove_key_(
          c.prepare("DELETE FROM address_keys WHERE class = ? AND key = ? AND address = ?")),
      uses_(c.prepare("SELECT uses FROM entry_addresses WHERE entry = ?")),
      put_uses_(c.prepare("INSERT OR REPLACE INTO entry_addresses VALUES (?, ?)")),
      remove_uses_(c.prepare("DELETE FROM entry_addresses WHERE entry = ?")),
      all_uses_(c.prepare("SELECT uses FROM entry_addresses")) {}

MailboxRoles AddressTables::roles() {
  MailboxRoles roles;
  const ResetAtEnd reset(roles_.bind());
  while (roles_.step()) roles.add(roles_.text(0), roles_.text(1));
  roles.sort();
  return roles;
}

AddressRow AddressTables::address(std::int64_t address) {
  AddressRow row;
  const ResetAtEnd reset(address_.bind(address));
  if (!address_.step()) return row;
  row.email = address_.text(0);
  row.name = address_.text(1);
  row.name_score = address_.integer(2);
  row.text = address_.text(3);
  row.rank = static_cast<AddressClass>(address_.integer(4));
  row.score = address_.integer(5);
  row.count = address_.integer(6);
  row.written = address_.integer(7);
  row.uses = address_.integer(8);
  return row;
}

void AddressTables::put_address(std::int64_t address, const AddressRow& row) {
  put_address_
      .bind(address, row.email, row.name, row.name_score, row.text, static_cast<int>(row.rank),
            row.score, row.count, row.written, row.uses)
      .run();
}

void AddressTables::remove_address(std::int64_t address) { remove_address_.bind(address).run(); }

ScoredName AddressTables::change_name(std::int64_t address, std::int64_t number,
                                      std::string_view name, std::int64_t uses,
                                      std::int64_t score) {
  ScoredName now;
  {
    const ResetAtEnd reset(change_name_.bind(address, number, name, uses, score));
    if (change_name_.step()) now = {std::string(change_name_.text(0)), change_name_.integer(1)};
  }
  if (uses < 0) drop_name_.bind(address, number).run();
  return now;
}

ScoredName AddressTables::best_name(std::int64_t address) {
  const ResetAtEnd reset(best_name_.bind(address));
  if (!best_name_.step()) return {};
  return {std::string(best_name_.text(0)), best_name_.integer(1)};
}

void AddressTables::change_date(std::int64_t address, std::int64_t date, std::int64_t uses) {
  change_date_.bind(address, date, uses).run();
  if (uses < 0) drop_date_.bind(address, date).run();
}

void AddressTables::insert_key(const AddressKey& key) {
  insert_key_.bind(static_cast<int>(key.rank), key.key, key.address).run();
}

void AddressTables::remove_key(const AddressKey& key) {
  remove_key_.bind(static_cast<int>(key.rank), key.key, key.address).run();
}

AddressUses AddressTables::uses(std::int64_t entry) {
  const ResetAtEnd reset(uses_.bind(entry));
  return uses_.step() ? read_uses(uses_) : AddressUses();
}

void AddressTables::put_uses(std::int64_t entry, const AddressUses& uses) {
  const auto packed = uses.pack();
  put_uses_.bind(entry, std::as_bytes(std::span(packed))).run();
}

void AddressTables::remove_uses(std::int64_t entry) { remove_uses_.bind(entry).run(); }

AddressUses AddressTables::read_uses(const Statement& row) {
  const auto blob = row.blob(0);
  std::vector<std::int64_t> packed(blob.size() / sizeof(std::int64_t));
  if (!packed.empty()) std::memcpy(packed.data(), blob.data(), packed.size() * sizeof packed[0]);
  return AddressUses::unpack(packed);
}

}  // namespace indexer
