// The parts of a message, and which of them are its bodies and which its attachments (RFC 8621
// section 4.1.4).
#pragma once

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

  [[nodiscard]] bool is_multipart() const { return !parts.empty(); }
  // The kind of body that the part can belong to, "text/plain" or "text/html"; empty when none.
  // Patches, logs and other readable text count as plain text.
  [[nodiscard]] std::string_view body_type() const;
  [[nodiscard]] bool is_message() const;
  // Image, sound or video, which mail readers can show between texts.
  [[nodiscard]] bool is_media() const;
  // Its text cannot be read here: encrypted by OpenPGP or S/MIME, or inside an S/MIME signature.
  [[nodiscard]] bool is_opaque() const;
};

// The part that `message` is, with all below it. Messages inside are not looked into.
[[nodiscard]] Part read_structure(const Entity& message, const ParseLimits& limits,
                                  std::vector<std::string>& cuts);

// Parts in the order in which they are read. Where there is only one form of a text it stands in
// both lists. Media that the RFC shows between texts stand in the lists, and among the attachments
// too, since bodies are text here. A message without plain text or HTML has other text as its body:
// a patch, text/enriched.
struct Arrangement {
  struct Attached {
    const Part* part;
    // A real attachment: no signature, no image of an HTML body, no delivery report.
    bool counts;
    bool in_body;  // shown between texts
  };
  std::vector<const Part*> text;
  std::vector<const Part*> html;
  std::vector<Attached> attachments;
};
[[nodiscard]] Arrangement arrange(const Part& message);

}  // namespace mail
