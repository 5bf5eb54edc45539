// The bodies of a message, in whichever of their homes they are: content documents, members or attachments of the metadata
// document, or the original message. A content document's text may itself be an attachment of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "indexer/stores.hpp"
#include "mail/documents.hpp"

namespace indexer {

struct Body {
  std::string part_id;  // id of the content document, name of the attachment, or "inline"
  std::string type;  // "text/plain" or "text/html"
  std::string content;
  bool truncated = false;
};

class Bodies {
 public:
  // Content documents that are read count in `reads`.
  Bodies(const Stores& stores, std::atomic<std::uint64_t>& reads)
      : stores_(stores), reads_(reads) {}

  // Nothing where the document, or the attachment that its text is in, is not here.
  [[nodiscard]] std::optional<Body> of_content(const std::string& content_id) const;
  // What the metadata document brings along: its own texts, plain ones first.
  [[nodiscard]] std::vector<Body> of_metadata(const mail::MetadataDocument& message) const;
  // The original message's; for a message that has no others.
  [[nodiscard]] std::vector<Body> of_original(const mail::MetadataDocument& message) const;

 private:
  const Stores& stores_;
  std::atomic<std::uint64_t>& reads_;
};

[[nodiscard]] bool has_content(std::string_view text);

// Those attachments that give the message its bodies beside its content documents, and whose bytes are here. The original
// message is one where the document itself has no other.
[[nodiscard]] std::vector<mail::AttachedBody> attached_bodies_here(
    const mail::MetadataDocument& message, const replica::Blobs& blobs);

// Of the first that has content.
[[nodiscard]] std::string preview_of(const std::vector<Body>& bodies);

// A metadata document that has none of a message's own fields takes them from its original, where that is here.
void complete_from_original(mail::MetadataDocument& message, const replica::Blobs& blobs);

}  // namespace indexer
