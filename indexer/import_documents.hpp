// What `import` makes of a message, whatever target it goes to: ids, mailboxes, and changes to documents that are there.
#pragma once

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

// A mailbox by its name: id "sent-2020" of "Sent/2020", role where the name is a well-known one. Names beyond ASCII keep
// apart by a digest in the id.
[[nodiscard]] mail::Mailbox mailbox_of_name(const std::string& name);

// The document with one more member, `_attachments`, that has the original message; `value` is the attachment's JSON.
[[nodiscard]] std::string with_original(std::string document, std::string_view value);

// The metadata document as a member of these mailboxes too; nothing else of it changes. Refuses what cannot be read.
[[nodiscard]] mail::Result<std::string> with_mailboxes(std::string_view document,
                                                       std::span<const std::string> mailbox_ids);

// Those of `wanted` that are not in `present`.
[[nodiscard]] std::vector<std::string> missing_mailboxes(const std::vector<std::string>& wanted,
                                                         const std::vector<std::string>& present);

// The messages of a batch, each once: one that comes again adds its mailboxes to the first.
[[nodiscard]] std::vector<ImportedMessage*> merge_repeated(std::span<ImportedMessage> messages);

}  // namespace indexer
