// The lines of an mbox that are not simply text of a message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace indexer {

// Whether a line, and what follows it, separate two messages: "From ", the sender, and the time of
// delivery in a usual form or, after an address or "-", none; then a header field. A text may well
// have a line that begins so ("From 9:00 to 17:00 we are open.").
[[nodiscard]] bool is_mbox_separator(std::string_view line, std::string_view next_line);
// The time of such a line.
[[nodiscard]] std::optional<mail::DateTime> mbox_delivery(std::string_view separator);
// ">From ", with any number of ">": one of them was put there by the writer of the mbox.
[[nodiscard]] bool is_quoted_from(std::string_view line);

// What header fields of a message in an mbox say of it.
struct MboxStatus {
  std::vector<std::string> keywords;  // of Status, X-Status, X-Keywords, X-Mozilla-Status; sorted
  bool is_expunged = false;  // X-Mozilla-Status
};
[[nodiscard]] MboxStatus mbox_status(std::string_view message);
// The value of Content-Length, octets of the body; nothing where it is none.
[[nodiscard]] std::optional<std::size_t> mbox_content_length(std::string_view header);

}  // namespace indexer
