// What `import` makes of a message, whatever target it goes to: ids, mailboxes, and changes to documents that are there.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/import.hpp"
#include "mail/documents.hpp"

namespace indexer {

inline constexpr std::string_view kOriginalName = "message.eml";

// First 32 hexadecimal digits of the SHA-256 of a message's bytes: its document id.
[[nodiscard]] std::string message_digest(std::string_view raw);

// The names of the mailboxes that a name speaks of, each above the next: "Sent" and "Sent/2020".
[[nodiscard]] std::vector<std::string> levels_of_mailbox(const std::string& name);
// A mailbox by its name: of "Sent/2020" id "sent-2020" and name "2020", without the parent; role where the name is a well-known
// one. Names beyond ASCII keep apart by a digest in the id, others may share one.
[[nodiscard]] mail::Mailbox mailbox_of_name(const std::string& name);
// How mailboxes without a role stand behind those that have one.
inline constexpr std::int64_t kSortOrderWithoutRole = 7;
// An id that no other name has.
[[nodiscard]] std::string distinct_mailbox_id(const std::string& name);

// The document with one more member, `_attachments`, that has the original message; `value` is the attachment's JSON.
[[nodiscard]] std::string with_original(std::string document, std::string_view value);

// What the metadata document of a message that is there becomes when the message is imported again: in the mailboxes that
// it lacks, and with the keywords that its file rules, if `takes_keywords`; with header fields that were not kept before, and
// the time of its arrival where it had no date; nothing else of it changes. Nothing when it is so already. Refuses what cannot
// be read.
[[nodiscard]] mail::Result<std::optional<std::string>> imported_again(
    std::string_view document, const ImportedMessage& message, bool takes_keywords);

// The messages of a batch, each once: one that comes again adds its mailboxes to the first.
[[nodiscard]] std::vector<ImportedMessage*> merge_repeated(std::span<ImportedMessage> messages);

}  // namespace indexer
