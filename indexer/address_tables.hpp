// The tables of completion in the catalog, as its writer needs them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "indexer/address_uses.hpp"
#include "indexer/packed_columns.hpp"
#include "indexer/sqlite_rows.hpp"

namespace indexer {

// Addresses of a lower class are offered first, whatever their score (column addresses.class).
enum class AddressClass : std::uint8_t {
  kWrittenTo,  // the account's owner wrote there
  kSeen,
  kAutomated,
  kNobody,  // only in drafts and junk: not offered
};

// A row of `addresses`.
struct AddressRow {
  std::string email;
  std::string name;  // the name with the best score; may be empty
  std::int64_t name_score = 0;
  std::string text;  // address_text of both
  AddressClass rank = AddressClass::kNobody;
  std::int64_t score = 0, count = 0, written = 0, uses = 0;
};

struct ScoredName {
  std::string name;
  std::int64_t score = 0;
};

// A row of `address_keys`.
struct AddressKey {
  AddressClass rank = AddressClass::kNobody;
  std::string key;
  std::int64_t address = 0;
  friend bool operator<(const AddressKey& a, const AddressKey& b) {
    return std::tie(a.rank, a.key, a.address) < std::tie(b.rank, b.key, b.address);
  }
};

// Prepared statements over the catalog's connection, which must outlive them.
class AddressTables {
 public:
  explicit AddressTables(const Connection& connection);

  [[nodiscard]] MailboxRoles roles();
  // Empty when there is none.
  [[nodiscard]] AddressRow address(std::int64_t address);
  void put_address(std::int64_t address, const AddressRow& row);
  void remove_address(std::int64_t address);

  // Adds uses and score to a name of an address, and deletes it when nothing uses it any more.
  // Returns the name and its new score. `name` is needed only for a new one.
  ScoredName change_name(std::int64_t address, std::int64_t number, std::string_view name,
                         std::int64_t uses, std::int64_t score);
  // Empty when no name has a score.
  [[nodiscard]] ScoredName best_name(std::int64_t address);
  void change_date(std::int64_t address, std::int64_t date, std::int64_t uses);
  void insert_key(const AddressKey& key);
  void remove_key(const AddressKey& key);

  // For an entry without a row: no uses.
  [[nodiscard]] AddressUses uses(std::int64_t entry);
  void put_uses(std::int64_t entry, const AddressUses& uses);
  void remove_uses(std::int64_t entry);
  template <typename Visit>
  void for_each_uses(Visit&& visit) {
    for (Rows rows(all_uses_); rows.next();)
      visit(AddressUses::unpack(unpack_integers(rows.blob(0))));
  }

 private:
  Statement roles_, address_, put_address_, remove_address_, change_name_, drop_name_, best_name_;
  Statement change_date_, drop_date_, insert_key_, remove_key_;
  Statement uses_, put_uses_, remove_uses_, all_uses_;
};

}  // namespace indexer
