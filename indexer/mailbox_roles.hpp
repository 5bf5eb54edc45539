// What mailboxes are for, by the names that mail programs and providers give them in 15 languages.
#pragma once

#include <string>
#include <string_view>

namespace indexer {

// "inbox", "drafts", "sent", "archive", "junk" or "trash" (RFC 8621 section 2); empty for any other
// mailbox. Those of Gmail stand below "[Gmail]" or "[Google Mail]".
[[nodiscard]] std::string_view role_of_name(std::string_view name);

// What is the same in two spellings of such a name: "gesendete-elemente" of "Gesendete Elemente".
[[nodiscard]] std::string folded_name(std::string_view name);

}  // namespace indexer
