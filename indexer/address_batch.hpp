// Collects the changes that one transaction makes to the addresses of completion, so that each row
// is written once. Counts and scores are sums over the present messages, so they do not depend on
// the order of changes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "indexer/address_tables.hpp"
#include "indexer/address_uses.hpp"

namespace indexer {

class AddressBatch {
 public:
  explicit AddressBatch(AddressTables& tables);

  // The message of that entry is new or has changed; `date` is its date in lists.
  void put(std::int64_t entry, const mail::MetadataDocument& message, std::int64_t date,
           bool is_new);
  void remove(std::int64_t entry);
  // A mailbox was added or removed or got another role, so its messages may count differently.
  void mailboxes_changed() { mailboxes_changed_ = true; }
  void flush();

 private:
  struct NameChange {
    // Empty where only its number is known; the table has a row with the name then.
    std::string name;
    std::int64_t uses = 0, score = 0;
  };
  struct AddressChange {
    std::string email;  // as `name`
    std::int64_t uses = 0, score = 0, count = 0, written = 0;
    std::map<std::int64_t, NameChange> names;
  };
  struct Date {
    std::int64_t address = 0, date = 0, uses = 0;
  };

  void apply(const AddressUses& uses, const MailboxRoles& roles, int sign);
  void count_anew();
  void write();
  void write_dates();
  void write_address(std::int64_t address, const AddressChange& change);
  void write_names(std::int64_t address, const AddressChange& change, AddressRow& row);
  void write_keys();

  AddressTables& tables_;
  MailboxRoles roles_;
  bool mailboxes_changed_ = false;
  std::map<std::int64_t, AddressChange> addresses_;
  std::vector<Date> dates_;
  std::vector<AddressKey> old_keys_, new_keys_;
};

}  // namespace indexer
