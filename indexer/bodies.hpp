// Finds the bodies of a message, wherever they are: in content documents, in members or attachments
// of the metadata document, or in the original message. The text of a content document may itself
// be an attachment of that document.
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
  // Counts the content documents that are read in `reads`.
  Bodies(const Stores& stores, std::atomic<std::uint64_t>& reads)
      : stores_(stores), reads_(reads) {}

  // Nothing when the document, or the attachment with its text, is missing.
  [[nodiscard]] std::optional<Body> of_content(const std::string& content_id) const;
  // Bodies inside the metadata document, plain text first.
  [[nodiscard]] std::vector<Body> of_metadata(const mail::MetadataDocument& message) const;
  // Bodies of the original message; for a message that has no others.
  [[nodiscard]] std::vector<Body> of_original(const mail::MetadataDocument& message) const;

 private:
  const Stores& stores_;
  std::atomic<std::uint64_t>& reads_;
};

// Attachments with bodies of the message, beside its content documents, whose bytes are in the
// account. The original message is one of them if the document has no other body.
[[nodiscard]] std::vector<mail::AttachedBody> attached_bodies_here(
    const mail::MetadataDocument& message, const replica::Blobs& blobs);

// The preview of the first body that has content.
[[nodiscard]] std::string preview_of(const std::vector<Body>& bodies);

// If the metadata document has none of a message's own fields, fills them in from the original
// message, if that is present.
void complete_from_original(mail::MetadataDocument& message, const replica::Blobs& blobs);

}  // namespace indexer
