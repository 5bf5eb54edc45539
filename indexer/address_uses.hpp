// The people that a message names, and how much that counts for address completion.
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

// Mailboxes whose messages count as sent, or do not count (drafts, junk); ids as `mailbox_hash`,
// sorted.
struct MailboxRoles {
  std::vector<std::int64_t> sent, left_out;
  friend bool operator==(const MailboxRoles&, const MailboxRoles&) = default;

  void add(std::string_view id, std::string_view role);
  void sort();
};

// The header field that names an address.
enum class AddressRole : std::uint8_t { kAuthor, kRecipient };  // from and replyTo; to, cc and bcc

// The number of an address or name in tables: 62 bits of its SHA-256, so that nobody can make an
// address with another one's number.
[[nodiscard]] std::int64_t fingerprint(std::string_view text);

struct NamedAddress {
  std::string email;  // upper case letters of ASCII made lower
  std::string name;  // empty when there is none, or it equals the address
  AddressRole role = AddressRole::kAuthor;
};

// The addresses of a message without repeats, authors first; at most 50. Invalid addresses and
// those longer than 100 bytes are left out.
[[nodiscard]] std::vector<NamedAddress> addresses_of(const mail::MetadataDocument& message);

// A message's addresses as the catalog keeps them, so that they can be subtracted when the message
// goes.
struct AddressUses {
  struct Use {
    std::int64_t address = 0;  // fingerprints
    std::int64_t name = 0;
    AddressRole role = AddressRole::kAuthor;
    friend bool operator==(const Use&, const Use&) = default;
  };
  std::int64_t date = 0;
  MailKind by_keyword = MailKind::kReceived;  // kReceived: no keyword says otherwise
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
  std::int64_t written = 0;  // of these, messages that the account's owner wrote to it
};
[[nodiscard]] AddressWeight weight_of(AddressRole role, MailKind kind, std::int64_t date);

}  // namespace indexer
