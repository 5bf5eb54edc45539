// How mail stores name mailboxes and keywords: Maildir++, Dovecot.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

// "Inbox" for an empty name, or for "inbox" in any case; else the name.
[[nodiscard]] std::string mailbox_name(std::string name);
// "Sent/2020" of "Sent" and "2020"; a mailbox at the top has no name above it.
[[nodiscard]] std::string below(const std::string& parent, const std::string& name);
// The name that a folder gives its mailbox: ".Sent.2020" is "Sent/2020", in modified UTF-7 (RFC
// 3501 section 5.1.3) where it can be read so; any other folder is named as it is.
[[nodiscard]] std::string folder_name(const std::string& folder);
// Keywords of the flags a, b, c, … of a file "0 $Forwarded" and so on; none when it is not there.
[[nodiscard]] std::vector<std::string> read_letters(const std::filesystem::path& dovecot_keywords);
// The keyword in lower case; nothing for text that cannot be one (RFC 8621 section 4.1.1).
[[nodiscard]] std::optional<std::string> as_keyword(std::string_view name);

}  // namespace indexer
