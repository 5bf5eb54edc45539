#include "indexer/address_uses.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "indexer/octets.hpp"
#include "indexer/sha256.hpp"
#include "mail/ascii.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxAddresses = 50;  // of a message
constexpr std::size_t kMaxEmail = 100, kMaxName = 100;  // bytes

std::int64_t mailbox_hash(std::string_view id) { return static_cast<std::int64_t>(fnv1a(id)); }

bool contains(const std::vector<std::int64_t>& sorted, std::int64_t value) {
  return std::binary_search(sorted.begin(), sorted.end(), value);
}

bool can_be_written_to(std::string_view email) {
  const auto at = email.rfind('@');
  if (email.size() > kMaxEmail || at == email.npos || at == 0 || at + 1 == email.size())
    return false;
  return std::none_of(email.begin(), email.end(), [](char c) {
    constexpr std::string_view kNever = "<>\",;\x7f";
    return static_cast<unsigned char>(c) <= 0x20 || kNever.find(c) != kNever.npos;
  });
}

std::string_view without_quotes(std::string_view name) {
  constexpr std::string_view kAround = " \t\r\n'\"";
  const auto begin = name.find_first_not_of(kAround);
  return begin == name.npos ? "" : name.substr(begin, name.find_last_not_of(kAround) - begin + 1);
}

std::string name_of(const mail::Address& address, std::string_view email) {
  const auto name = without_quotes(address.name);
  if (name.size() > kMaxName || mail::lower_ascii(name) == email) return {};
  return std::string(name);
}

// "$sent" is looked at before "$draft" and "$junk": a message that was sent is no draft any more.
MailKind kind_of_keywords(const std::vector<std::string>& keywords) {
  const auto has = [&](std::string_view keyword) {
    return std::find(keywords.begin(), keywords.end(), keyword) != keywords.end();
  };
  if (has("$sent") || has("sent")) return MailKind::kSent;
  return has("$draft") || has("$junk") ? MailKind::kLeftOut : MailKind::kReceived;
}

// 2^(eighths of two years since 1995), sixteenfold, so that sums are exact and do not depend on
// their order.
std::int64_t weight_of_date(std::int64_t date) {
  constexpr std::array<std::int64_t, 8> kEighths = {16, 17, 19, 21, 23, 25, 27, 29};
  constexpr std::int64_t kFirst = 788'918'400, kEighth = 7'889'400;  // seconds
  constexpr std::int64_t kMost = 32 * 8 - 1;  // the year 2059: a sum of millions fits 63 bits
  const auto step = std::clamp<std::int64_t>((date - kFirst) / kEighth, 0, kMost);
  return kEighths.at(static_cast<std::size_t>(step % 8)) << (step / 8);
}

}  // namespace

void MailboxRoles::add(std::string_view id, std::string_view role) {
  if (role == "sent") sent.push_back(mailbox_hash(id));
  if (role == "junk" || role == "drafts") left_out.push_back(mailbox_hash(id));
}

void MailboxRoles::sort() {
  std::sort(sent.begin(), sent.end());
  std::sort(left_out.begin(), left_out.end());
}

std::vector<NamedAddress> addresses_of(const mail::MetadataDocument& message) {
  std::vector<NamedAddress> found;
  std::unordered_set<std::string> seen;
  const auto add = [&](const std::vector<mail::Address>& addresses, AddressRole role) {
    for (const auto& address : addresses) {
      if (found.size() == kMaxAddresses) return;
      if (!can_be_written_to(address.email)) continue;
      auto email = mail::lower_ascii(address.email);
      if (!seen.insert(email).second) continue;
      auto name = name_of(address, email);
      found.push_back({std::move(email), std::move(name), role});
    }
  };
  add(message.from, AddressRole::kAuthor);
  add(message.reply_to, AddressRole::kAuthor);
  add(message.to, AddressRole::kRecipient);
  add(message.cc, AddressRole::kRecipient);
  add(message.bcc, AddressRole::kRecipient);
  return found;
}

std::int64_t fingerprint(std::string_view text) {
  const std::string digest = sha256(text);
  std::uint64_t first = 0;
  std::memcpy(&first, digest.data(), sizeof first);
  return static_cast<std::int64_t>(first >> 2);
}

AddressUses AddressUses::of(const mail::MetadataDocument& message,
                            const std::vector<NamedAddress>& addresses, std::int64_t date) {
  AddressUses uses;
  uses.date = date;
  uses.by_keyword = kind_of_keywords(message.keywords);
  for (const auto& id : message.mailbox_ids) uses.mailboxes.push_back(mailbox_hash(id));
  std::sort(uses.mailboxes.begin(), uses.mailboxes.end());
  for (const auto& each : addresses)
    uses.uses.push_back({fingerprint(each.email), fingerprint(each.name), each.role});
  return uses;
}

MailKind AddressUses::kind(const MailboxRoles& roles) const {
  const auto is_in = [this](const std::vector<std::int64_t>& some) {
    return std::any_of(mailboxes.begin(), mailboxes.end(),
                       [&](std::int64_t mailbox) { return contains(some, mailbox); });
  };
  if (by_keyword == MailKind::kSent || is_in(roles.sent)) return MailKind::kSent;
  return is_in(roles.left_out) ? MailKind::kLeftOut : by_keyword;
}

std::vector<std::int64_t> AddressUses::pack() const {
  std::vector<std::int64_t> packed = {date, static_cast<std::int64_t>(by_keyword),
                                      static_cast<std::int64_t>(mailboxes.size())};
  packed.insert(packed.end(), mailboxes.begin(), mailboxes.end());
  for (const auto& use : uses) {
    packed.push_back(use.address);
    packed.push_back(use.name * 2 + static_cast<std::int64_t>(use.role));
  }
  return packed;
}

AddressUses AddressUses::unpack(std::span<const std::int64_t> packed) {
  constexpr std::size_t kHead = 3;
  AddressUses uses;
  if (packed.size() < kHead) return uses;
  uses.date = packed[0];
  uses.by_keyword = static_cast<MailKind>(packed[1]);
  const auto mailboxes = std::min(static_cast<std::size_t>(packed[2]), packed.size() - kHead);
  packed = packed.subspan(kHead);
  uses.mailboxes.assign(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(mailboxes));
  packed = packed.subspan(mailboxes);
  for (; packed.size() >= 2; packed = packed.subspan(2))
    uses.uses.push_back({packed[0], packed[1] / 2, static_cast<AddressRole>(packed[1] % 2)});
  return uses;
}

AddressWeight weight_of(AddressRole role, MailKind kind, std::int64_t date) {
  constexpr std::int64_t kWrittenTo = 8, kAuthor = 4, kNamed = 1;
  if (kind == MailKind::kLeftOut) return {};
  const auto weight = weight_of_date(date);
  if (kind == MailKind::kReceived)
    return {weight * (role == AddressRole::kAuthor ? kAuthor : kNamed), 1, 0};
  if (role == AddressRole::kRecipient) return {weight * kWrittenTo, 1, 1};
  return {};  // the account's owner
}

}  // namespace indexer
