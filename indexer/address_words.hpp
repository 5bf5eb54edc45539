// How names and addresses are found by what a user types: case and accents are ignored. The text
// may be the beginning of any word of the name, or of any part of the address except the last
// (".org" would match everyone).
//
// What is stored depends on these functions: when you change them, raise kProjectionVersion.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

// Bytes of a key. For longer input the key is a candidate when the input begins with it.
inline constexpr std::size_t kMaxKey = 16;

// `utf8` in the form in which it is compared: case folded, without accents, with spaces for quotes,
// brackets, commas and control characters. Empty when it is not UTF-8.
[[nodiscard]] std::string fold_address(std::string_view utf8);

// A name and its address as one folded text; what is typed is looked for in it.
[[nodiscard]] std::string address_text(std::string_view name, std::string_view email);
// The keys of an address_text: its text from the beginning of each word on, cut to kMaxKey; sorted,
// without repeats.
[[nodiscard]] std::vector<std::string> address_keys(std::string_view text);
// The first kMaxKey bytes or, where that would cut a character, less.
[[nodiscard]] std::string_view cut_to_key(std::string_view utf8);
// Whether a word of that address_text begins with `typed`, which may go on beyond the word.
[[nodiscard]] bool has_word(std::string_view text, std::string_view typed);

// The words of what was typed: the first 8.
[[nodiscard]] std::vector<std::string> typed_words(std::string_view utf8);

// Whether nobody reads mail sent to the address: noreply@, bounces@, addresses made for one
// message.
[[nodiscard]] bool is_automated(std::string_view folded_email);

}  // namespace indexer
