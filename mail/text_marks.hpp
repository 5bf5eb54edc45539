// Recognises the words by which mail programs, in many languages, mark quotations, signatures and
// boilerplate. Internal to the readers of bodies. Every function looks at one line or a short text,
// in linear time.
#pragma once

#include <string_view>

namespace mail {

// "On Monday, …", "Am 3. Mai …", "2020-01-03 …": how the line before a quotation may begin.
[[nodiscard]] bool begins_attribution(std::string_view content);
// Whether "wrote", "schrieb", "a écrit" … is in it.
[[nodiscard]] bool contains_written(std::string_view text);

// "From: …" and "Sent: …" or "Date: …", as they stand above the message below; emphasised with "*",
// too.
[[nodiscard]] bool is_from_field(std::string_view content);
[[nodiscard]] bool is_date_field(std::string_view content);
// "-----Original Message-----", "Begin forwarded message:"
[[nodiscard]] bool is_title_of_message_below(std::string_view content);

// "Sent from my iPhone", and the first lines of a clear-signed message: text that no person wrote.
[[nodiscard]] bool is_mobile_signature(std::string_view content);
// "… mailing list", "unsubscribe"
[[nodiscard]] bool contains_list_footer(std::string_view text);
// "View this email in your browser", "Unsubscribe": the text that newsletters put around their
// content.
[[nodiscard]] bool is_boilerplate(std::string_view content);

}  // namespace mail
