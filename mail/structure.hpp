// The parts of a message, and which of them are its bodies and which its attachments (RFC 8621
// section 4.1.4).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/mime.hpp"
#include "mail/parser.hpp"
#include "mail/parser_headers.hpp"

namespace mail {

struct Part {
  ContentFields fields;
  std::string_view body;  // in its transfer encoding
  std::string id;  // as in IMAP: "1", "2.1"; empty for the multipart that is the whole message
  std::vector<Part> parts;
  // Of an S/MIME signature: the part that is signed, and the bytes that it views.
  std::vector<Part> inside;
  std::shared_ptr<const std::string> signed_bytes;

  [[nodiscard]] bool is_multipart() const { return !parts.empty(); }
  // The kind of body that the part can belong to, "text/plain" or "text/html"; empty when none.
  // Patches, logs and other readable text count as plain text.
  [[nodiscard]] std::string_view body_type() const;
  [[nodiscard]] bool is_message() const;
  // Image, sound or video, which mail readers can show between texts.
  [[nodiscard]] bool is_media() const;
  // By S/MIME: encrypted, or signed so that the text is inside.
  [[nodiscard]] bool is_smime() const;
  // Its text cannot be read here: encrypted by OpenPGP or S/MIME.
  [[nodiscard]] bool is_opaque() const;
};

// The part that `message` is, with all below it. Messages inside are not looked into.
[[nodiscard]] Part read_structure(const Entity& message, const ParseLimits& limits,
                                  std::vector<std::string>& cuts);

enum class AttachmentUse {
  kForPeople,
  kForHtml,  // an image or the like beside an HTML body (multipart/related)
  kPerhapsForHtml,  // media with a Content-ID, by which an HTML body may show them
  kOfPrograms,  // a signature, a delivery report, another form of the text
};

// Parts in the order in which they are read. Where there is only one form of a text it stands in
// both lists. Media that the RFC shows between texts stand in the lists, and among the attachments
// too, since bodies are text here. A message without plain text or HTML has other text as its body:
// a patch, text/enriched.
struct Arrangement {
  struct Attached {
    const Part* part;
    AttachmentUse use;
    bool in_body;  // shown between texts
  };
  std::vector<const Part*> text;
  std::vector<const Part*> html;
  std::vector<Attached> attachments;
};
[[nodiscard]] Arrangement arrange(const Part& message);

}  // namespace mail
