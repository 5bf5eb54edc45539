// The words by which mail programs mark what is quoted, signed or boilerplate, in the languages that they speak. Internal to
// what reads bodies. Every function looks at one line or a short text, and costs in proportion to it.
#pragma once

#include <string_view>

namespace mail {

// "On Monday, …", "Am 3. Mai …", "2020-01-03 …": as the line before a quotation may begin.
[[nodiscard]] bool begins_attribution(std::string_view content);
// Whether "wrote", "schrieb", "a écrit" … is in it.
[[nodiscard]] bool contains_written(std::string_view text);

// "From: …" and "Sent: …" or "Date: …", as they stand above the message below; emphasised with "*", too.
[[nodiscard]] bool is_from_field(std::string_view content);
[[nodiscard]] bool is_date_field(std::string_view content);
// "-----Original Message-----", "Begin forwarded message:"
[[nodiscard]] bool is_title_of_message_below(std::string_view content);

// "Sent from my iPhone", and the first lines of a clear-signed message: nobody's words.
[[nodiscard]] bool is_mobile_signature(std::string_view content);
// "… mailing list", "unsubscribe"
[[nodiscard]] bool contains_list_footer(std::string_view text);
// "View this email in your browser", "Unsubscribe": what a newsletter has around its text.
[[nodiscard]] bool is_boilerplate(std::string_view content);

}  // namespace mail
