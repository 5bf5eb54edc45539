// From a raw message (RFC 5322, MIME) to metadata and bodies.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace mail {

// Bounds that keep time and memory in proportion to the message, whatever it holds.
struct ParseLimits {
  int max_depth = 50;  // nested multiparts and messages
  int max_parts = 2'000;  // parts looked at
  std::size_t max_body_bytes = 4 << 20;  // UTF-8 bytes kept of one body
  std::size_t max_addresses = 1'000;  // of one header field
  std::size_t max_header_value_bytes = 64 << 10;
};

struct ParsedMessage {
  // The caller has to set `id`, `mailbox_ids`, `keywords` and `contents`. `received_at` comes from
  // the newest Received field that has a date.
  MetadataDocument metadata;
  // Text/plain before text/html, at most one of each; without `id` and `email`.
  std::vector<ContentDocument> bodies;
};

// Refuses only input without any header field. `raw` may begin with an mbox "From " line.
// `kept_fields` names header fields to put into `headers` beside those that are always there.
[[nodiscard]] Result<ParsedMessage> parse_message(std::string_view raw,
                                                  const ParseLimits& limits = {},
                                                  std::span<const std::string> kept_fields = {});

// Why a file is no mail; nothing when it is mail. Stricter than `parse_message`: there must be one
// of the header fields that mail has, and only plausible field names before it.
[[nodiscard]] std::optional<Malformed> why_no_mail(std::string_view raw);

struct PartBytes {
  std::string type;
  std::string name;
  std::string bytes;  // decoded from its transfer encoding
};
// The part of that id (as in `Attachment::part_id`), or nothing. Parts of an attached message have
// its number before their own: "2.1" is the first of the message that part 2 is. An attached
// message without a name is called by its subject.
[[nodiscard]] std::optional<PartBytes> extract_part(std::string_view raw, std::string_view part_id);

// The attachments of a message with their bytes, in the order of `MetadataDocument::attachments`;
// only those whose type and name `is_wanted` accepts. None when `raw` is no message.
[[nodiscard]] std::vector<PartBytes> attached_parts(
    std::string_view raw,
    const std::function<bool(std::string_view type, std::string_view name)>& is_wanted);

// Attachments are found in messages that are attached to each other up to this depth.
inline constexpr int kMaxAttachedDepth = 5;

// Initializes GMime, which decodes transfer encodings; called once, before threads start.
void initialize();

}  // namespace mail
