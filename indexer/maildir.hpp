// How mail stores name mailboxes, keywords and files of their own: Maildir++, Dovecot, Thunderbird.
#pragma once

#include <filesystem>
#include <iosfwd>
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
// 3501 section 5.1.3) where it can be read so; any other folder is named as by plain_folder_name.
[[nodiscard]] std::string folder_name(const std::string& folder);
// "Work" of Thunderbird's "Work.sbd" and Apple Mail's "Work.mbox"; any other folder as it is.
[[nodiscard]] std::string plain_folder_name(const std::string& folder);
// The mailbox of an mbox file that is one of its own, below `parent`: "choir" of "choir.mbox.gz".
// That of the parent for a file "mbox".
[[nodiscard]] std::string mbox_name(const std::filesystem::path& file, const std::string& parent);
// Whether an mbox file of that name is a mailbox even if it has one message only: "Trash",
// "choir.mbox", and whatever is in "Work.sbd"; not "12" or "00001.7c53.eml", which may be one of
// many messages that begin as an mbox does.
[[nodiscard]] bool names_mailbox(const std::filesystem::path& file);
// Files and folders beside the mail, such as Dovecot's indexes.
[[nodiscard]] bool is_of_mail_program(const std::string& name);
// Keywords of the flags a, b, c, … of a file "0 $Forwarded" and so on.
[[nodiscard]] std::vector<std::string> read_letters(std::istream& dovecot_keywords);
inline constexpr const char* kDovecotKeywords = "dovecot-keywords";  // its name, beside cur/
// Whether the name of a Maildir's file has flags a, b, c, ….
[[nodiscard]] bool maildir_has_letters(std::string_view file_name);
// The keyword in lower case; nothing for text that cannot be one (RFC 8621 section 4.1.1).
[[nodiscard]] std::optional<std::string> as_keyword(std::string_view name);

}  // namespace indexer
