// How names and addresses are found by what somebody types: upper and lower case and accents are one, and what is typed may
// begin at any word of the name and at any part of the address but its last (".org" is everybody's).
//
// What is stored follows from these functions: who changes them raises kProjectionVersion.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

// Bytes of a key. What is typed may be longer: then keys that begin it are candidates.
inline constexpr std::size_t kMaxKey = 16;

// `utf8` as it is compared: one case, no accents, spaces for quotes, brackets, commas and control characters. Empty when
// it is no UTF-8.
[[nodiscard]] std::string fold_address(std::string_view utf8);

// A name and its address as one folded text; what is typed is looked for in it.
[[nodiscard]] std::string address_text(std::string_view name, std::string_view email);
// What stands in an address_text from each place where a word begins, cut to a key; sorted, each once.
[[nodiscard]] std::vector<std::string> address_keys(std::string_view text);
// The first kMaxKey bytes or, where that would cut a character, less.
[[nodiscard]] std::string_view cut_to_key(std::string_view utf8);
// Whether a word of that address_text begins with `typed`, which may go on beyond the word.
[[nodiscard]] bool has_word(std::string_view text, std::string_view typed);

// The words that somebody typed; at most 8, what follows is not looked at.
[[nodiscard]] std::vector<std::string> typed_words(std::string_view utf8);

// Whether nobody reads what is sent there: noreply@, bounces@, addresses made for one message.
[[nodiscard]] bool is_automated(std::string_view folded_email);

}  // namespace indexer
