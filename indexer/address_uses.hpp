// Whom a message names, and what that says about how well the account's owner knows them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace indexer {

// What kind of mail names an address. Drafts and junk say nothing: their addresses are not offered.
enum class MailKind : std::uint8_t { kReceived, kSent, kLeftOut };

// Mailboxes by what they make of the messages in them; ids as `mailbox_hash`, sorted.
struct MailboxRoles {
  std::vector<std::int64_t> sent, left_out;
  friend bool operator==(const MailboxRoles&, const MailboxRoles&) = default;

  void add(std::string_view id, std::string_view role);
  void sort();
};

// Where an address stands.
enum class AddressRole : std::uint8_t { kAuthor, kRecipient };  // from and replyTo; to, cc and bcc

// What stands for an address or a name in tables: 62 bits of its SHA-256, so that nobody can make an address that stands for
// somebody else's.
[[nodiscard]] std::int64_t fingerprint(std::string_view text);

struct NamedAddress {
  std::string email;  // upper case letters of ASCII made lower
  std::string name;  // empty when there is none, or it is the address
  AddressRole role = AddressRole::kAuthor;
};

// The addresses of a message, each once, authors first; at most 50. What is no address that could be written to, or longer
// than 100 bytes, is left out.
[[nodiscard]] std::vector<NamedAddress> addresses_of(const mail::MetadataDocument& message);

// A message's addresses as the catalog keeps them, to take them back when the message goes.
struct AddressUses {
  struct Use {
    std::int64_t address = 0;  // fingerprints
    std::int64_t name = 0;
    AddressRole role = AddressRole::kAuthor;
    friend bool operator==(const Use&, const Use&) = default;
  };
  std::int64_t date = 0;
  MailKind by_keyword = MailKind::kReceived;  // kReceived: its keywords say nothing
  std::vector<std::int64_t> mailboxes;  // hashes of their ids
  std::vector<Use> uses;
  friend bool operator==(const AddressUses&, const AddressUses&) = default;

  [[nodiscard]] static AddressUses of(const mail::MetadataDocument& message,
                                      const std::vector<NamedAddress>& addresses,
                                      std::int64_t date);
  [[nodiscard]] MailKind kind(const MailboxRoles& roles) const;
  [[nodiscard]] std::vector<std::int64_t> pack() const;
  [[nodiscard]] static AddressUses unpack(std::span<const std::int64_t> packed);
};

// What one use adds to its address and name. All zero: the use does not count.
struct AddressWeight {
  std::int64_t score = 0;  // twice as much for a message two years newer
  std::int64_t count = 0;  // messages
  std::int64_t written = 0;  // of them, those that the account's owner wrote to it
};
[[nodiscard]] AddressWeight weight_of(AddressRole role, MailKind kind, std::int64_t date);

}  // namespace indexer
