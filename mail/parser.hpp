// From a raw message (RFC 5322, MIME) to metadata and bodies, by GMime.
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
  // Without `id`, `mailbox_ids`, `keywords` and `contents`, which are the caller's to give. `received_at` is read off the
  // newest Received field.
  MetadataDocument metadata;
  std::vector<ContentDocument>
      bodies;  // text/plain before text/html, at most one of each; without `id` and `email`
};

// Refuses only what has no header field at all (not a message). `raw` may begin with an mbox "From " line. `kept_fields`
// are names of header fields that `headers` is to have beside those that it always has.
[[nodiscard]] Result<ParsedMessage> parse_message(std::string_view raw,
                                                  const ParseLimits& limits = {},
                                                  std::span<const std::string> kept_fields = {});

// Why a file is no mail, though something in it may look like a header; nothing where it is mail. Stricter than
// `parse_message`: one of the fields that mail has must be there, and only names of fields before it.
[[nodiscard]] std::optional<Malformed> why_no_mail(std::string_view raw);

struct PartBytes {
  std::string type;
  std::string name;
  std::string bytes;  // decoded from its transfer encoding
};
// The part of that id (as in `Attachment::part_id`), or nothing. Parts of an attached message have its number before their
// own: "2.1" is the first of the message that part 2 is. An attached message without a name is called by its subject.
[[nodiscard]] std::optional<PartBytes> extract_part(std::string_view raw, std::string_view part_id);

// The attachments of a message with their bytes, in the order of `MetadataDocument::attachments`: those of which `is_wanted`
// says so by type and name. None of what is no message.
[[nodiscard]] std::vector<PartBytes> attached_parts(
    std::string_view raw,
    const std::function<bool(std::string_view type, std::string_view name)>& is_wanted);

// How deep messages may be attached to each other for what is inside to be found.
inline constexpr int kMaxAttachedDepth = 5;

// Makes GMime ready; called once, before threads start.
void initialize();

}  // namespace mail
