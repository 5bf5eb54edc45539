#include "indexer/address_tables.hpp"

#include "indexer/packed_columns.hpp"

namespace indexer {

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
  for (Rows rows(roles_); rows.next();) roles.add(rows.text(0), rows.text(1));
  roles.sort();
  return roles;
}

AddressRow AddressTables::address(std::int64_t address) {
  AddressRow row;
  Rows rows(address_, address);
  if (!rows.next()) return row;
  row.email = rows.text(0);
  row.name = rows.text(1);
  row.name_score = rows.integer(2);
  row.text = rows.text(3);
  row.rank = static_cast<AddressClass>(rows.integer(4));
  row.score = rows.integer(5);
  row.count = rows.integer(6);
  row.written = rows.integer(7);
  row.uses = rows.integer(8);
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
    Rows rows(change_name_, address, number, name, uses, score);
    if (rows.next()) now = {std::string(rows.text(0)), rows.integer(1)};
  }
  if (uses < 0) drop_name_.bind(address, number).run();
  return now;
}

ScoredName AddressTables::best_name(std::int64_t address) {
  Rows rows(best_name_, address);
  if (!rows.next()) return {};
  return {std::string(rows.text(0)), rows.integer(1)};
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
  Rows rows(uses_, entry);
  return rows.next() ? AddressUses::unpack(unpack_integers(rows.blob(0))) : AddressUses();
}

void AddressTables::put_uses(std::int64_t entry, const AddressUses& uses) {
  const auto packed = pack(uses.pack());
  put_uses_.bind(entry, as_blob(packed)).run();
}

void AddressTables::remove_uses(std::int64_t entry) { remove_uses_.bind(entry).run(); }

}  // namespace indexer
