// What `import` makes of a message, whatever its target: ids, mailboxes, and changes to existing
// documents.
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

// A mailbox's name and those of its parents, top first: "Sent" and "Sent/2020" for "Sent/2020".
[[nodiscard]] std::vector<std::string> levels_of_mailbox(const std::string& name);
// A mailbox by its name: for "Sent/2020" the id is "sent-2020" and the name "2020"; the parent is
// not set. The role is that of role_of_name. Names beyond ASCII get a digest in their id; other names
// may have the same id.
[[nodiscard]] mail::Mailbox mailbox_of_name(const std::string& name);
// Sort order of mailboxes without a role: after those that have one.
inline constexpr std::int64_t kSortOrderWithoutRole = 7;
// An id that differs for every name.
[[nodiscard]] std::string distinct_mailbox_id(const std::string& name);

// The document with an additional member `_attachments` for the original message; `value` is the
// attachment's JSON.
[[nodiscard]] std::string with_original(std::string document, std::string_view value);

// The metadata document of a message that exists already, changed as a further import of the
// message requires; nothing when it needs no change. It gets the mailboxes that it lacks, with
// `takes_keywords` the keywords that the file manages, header fields that were not kept before, and
// the time of arrival if it had no date. An error when the document cannot be read.
[[nodiscard]] mail::Result<std::optional<std::string>> reimported_document(
    std::string_view document, const ImportedMessage& message, bool takes_keywords);

// The messages of a batch without repeats; a repeated one adds its mailboxes to the first.
[[nodiscard]] std::vector<ImportedMessage*> merge_repeated(std::span<ImportedMessage> messages);

}  // namespace indexer
