// Address completion: finds names and addresses by the first letters that a user types, best first.
//
// People whom the account's owner wrote to come first, then the others, then addresses that nobody
// reads (noreply@). Within these groups an address counts by the messages that name it: most when
// the owner wrote to it, less when it is the sender, least when it is only among the recipients. A
// message counts half as much as one that is two years newer. Mail in the junk and drafts mailboxes
// does not count. A message counts as sent by its mailbox's role or its keyword "$sent".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "replica/sqlite.hpp"

namespace indexer {

inline constexpr std::size_t kMaxCompletions = 100;

struct Completion {
  std::string name;  // the one that most messages give, newer ones counting more; may be empty
  std::string email;
  std::int64_t count = 0;  // messages that name it
  std::int64_t last_seen = 0;  // date of the newest of them, seconds since 1970
};

// At most `limit`; all words of `typed` must match. Without words the best of all addresses are
// given.
[[nodiscard]] std::vector<Completion> complete_address(
    const replica::sqlite::Connection& connection, std::string_view typed, std::size_t limit);

}  // namespace indexer
