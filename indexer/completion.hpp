// Address completion: names and addresses that were seen, best first, from the first letters that somebody types.
//
// People whom the account's owner wrote to come first, then the others, then addresses that nobody reads (noreply@). Within
// these, an address counts by the messages that name it: most where the owner wrote to it, less where it wrote, least where
// it was only among the recipients; and a message counts half of one that is two years newer. Mail in the junk and drafts
// mailboxes does not count. What a sent message is follows from its mailbox's role, or its keyword "$sent".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "replica/sqlite.hpp"

namespace indexer {

inline constexpr std::size_t kMaxCompletions = 100;

struct Completion {
  std::string name;  // the one that most and newest messages give; may be empty
  std::string email;
  std::int64_t count = 0;  // messages that name it
  std::int64_t last_seen = 0;  // date of the newest of them, seconds since 1970
};

// At most `limit`; all words of `typed` must be found. `typed` without words finds the best of all.
[[nodiscard]] std::vector<Completion> complete_address(
    const replica::sqlite::Connection& connection, std::string_view typed, std::size_t limit);

}  // namespace indexer
