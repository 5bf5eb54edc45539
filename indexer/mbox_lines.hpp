// The lines of an mbox that are not simply text of a message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace indexer {

inline constexpr std::string_view kFromWord = "From ";  // a separator begins with it

// Whether a file is an mbox, or of MMDF's form, by its beginning. Blank lines and a byte order mark
// may come first.
[[nodiscard]] bool begins_as_mbox(std::string_view beginning);
// Whether `text` begins with the line that MMDF has before and behind each message.
[[nodiscard]] bool begins_with_mmdf_line(std::string_view text);

// Where a line, and what follows it, separate two messages: "From ", the sender, and the time of
// delivery in a usual form or, after an address or "-", none; then a header field. A text may well
// have a line that begins so ("From 9:00 to 17:00 we are open.").
enum class MboxSeparator {
  kNowhere,
  kBehindEmptyLine,
  kAnywhere,  // the date is complete; Eudora, and files put together by `cat`, have no empty lines
};
[[nodiscard]] MboxSeparator mbox_separator(std::string_view line, std::string_view next_line);
// Whether it is the line that git writes before each patch, "From <commit> Mon Sep 17 00:00:00
// 2001": patches are sent inside messages.
[[nodiscard]] bool is_patch_separator(std::string_view line);
// The time of such a line.
[[nodiscard]] std::optional<mail::DateTime> mbox_delivery(std::string_view separator);
// ">From ", with any number of ">": one of them was put there by the writer of the mbox.
[[nodiscard]] bool is_quoted_from(std::string_view line);

// What header fields of a message in an mbox say of it.
struct MboxStatus {
  // Of Status, X-Status, X-Keywords, X-Mozilla-Status, X-Gmail-Labels; sorted.
  std::vector<std::string> keywords;
  std::vector<std::string> mailboxes;  // names, of X-Gmail-Labels; empty without that field
  // Deleted (X-Mozilla-Status), or data of UW IMAP that look like a message.
  bool is_no_mail = false;
};
[[nodiscard]] MboxStatus mbox_status(std::string_view message);
// The value of Content-Length, octets of the body; nothing where it is none.
[[nodiscard]] std::optional<std::size_t> mbox_content_length(std::string_view header);

}  // namespace indexer
