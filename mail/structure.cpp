#include "mail/structure.hpp"

#include <span>

namespace mail {
namespace {

class StructureReader {
 public:
  StructureReader(const ParseLimits& limits, std::vector<std::string>& cuts)
      : limits_(limits), cuts_(cuts) {}

  Part read(const Entity& entity, std::string_view default_type, std::string id, int depth) {
    Part part{read_content_fields(entity, default_type, charset_), entity.body, std::move(id), {}};
    if (charset_.empty() && part.fields.type.starts_with("text/")) charset_ = part.fields.charset;
    if (!part.fields.type.starts_with("multipart/")) return part;
    if (depth >= limits_.max_depth) {
      cut("parts nested deeper than " + std::to_string(limits_.max_depth));
      return part;
    }
    read_parts(part, depth);
    // A multipart without parts is read as the text that it must be.
    if (part.parts.empty() && part.fields.disposition != "attachment")
      part.fields.type = "text/plain";
    return part;
  }

 private:
  void read_parts(Part& part, int depth) {
    if (part.fields.boundary.empty()) return;
    const auto room = static_cast<std::size_t>(std::max(limits_.max_parts - count_, 0));
    auto bodies = split_multipart(part.body, part.fields.boundary, room + 1);
    if (bodies.size() > room) {
      bodies.resize(room);
      cut("parts after the first " + std::to_string(limits_.max_parts));
    }
    count_ += static_cast<int>(bodies.size());
    const auto default_type =
        part.fields.type == "multipart/digest" ? "message/rfc822" : "text/plain";
    const auto prefix = part.id.empty() ? part.id : part.id + ".";
    part.parts.reserve(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      part.parts.push_back(
          read(read_entity(bodies[i]), default_type, prefix + std::to_string(i + 1), depth + 1));
    }
  }

  void cut(std::string what) {
    if (std::find(cuts_.begin(), cuts_.end(), what) == cuts_.end())
      cuts_.push_back(std::move(what));
  }

  const ParseLimits& limits_;
  std::vector<std::string>& cuts_;
  int count_ = 0;
  std::string charset_;  // of the first text that says so
};

// What mail programs add of themselves does not count, nor an image that an HTML body shows.
bool counts_as_attachment(const Part& part, std::string_view container, bool in_alternative) {
  const auto& type = part.fields.type;
  const bool attached = part.fields.disposition == "attachment";
  for (const std::string_view own :
       {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
        "application/pgp-encrypted"}) {
    if (type == own) return false;
  }
  if (container == "multipart/encrypted" || part.is_opaque()) return false;
  if (container == "multipart/report" &&
      (type == "message/delivery-status" || type == "message/disposition-notification" ||
       type == "text/rfc822-headers" || type == "message/feedback-report")) {
    return false;
  }
  if (attached) return true;
  return !in_alternative && !(part.is_media() && !part.fields.content_id.empty()) &&
         container != "multipart/related";
}

// The algorithm of RFC 8621 section 4.1.4. Either list may be closed (null): inside one form of an
// alternative only that form's texts are collected.
class Arranger {
 public:
  // `prose`: other text that is read as it is counts as text/plain.
  Arranger(Arrangement& out, bool prose) : out_(out), prose_(prose) {}

  using List = std::vector<const Part*>*;

  void place(std::span<const Part> parts, std::string_view container, bool in_alternative,
             List html, List text) {
    const bool alternative = container == "multipart/alternative";
    const auto text_before = text == nullptr ? 0 : text->size(),
               html_before = html == nullptr ? 0 : html->size();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto& part = parts[i];
      if (part.is_multipart()) {
        const bool below = in_alternative || part.fields.type == "multipart/alternative";
        place(part.parts, part.fields.type, below, html, text);
      } else if (!is_body(part, i == 0, container) || (alternative && part.is_media())) {
        attach(part, container, in_alternative, false);
      } else if (alternative) {
        const auto list = part.body_type() == "text/html" ? html : text;
        if (list != nullptr) list->push_back(&part);
      } else {
        if (in_alternative && part.body_type() == "text/plain") html = nullptr;
        if (in_alternative && part.body_type() == "text/html") text = nullptr;
        if (text != nullptr) text->push_back(&part);
        if (html != nullptr) html->push_back(&part);
        if (part.is_media())
          attach(part, container, in_alternative, text != nullptr && html != nullptr);
      }
    }
    if (!alternative || text == nullptr || html == nullptr) return;
    // Only one form was there: it is the other one too.
    const bool no_text = text->size() == text_before, no_html = html->size() == html_before;
    if (no_text && !no_html)
      text->insert(text->end(), html->begin() + static_cast<std::ptrdiff_t>(html_before),
                   html->end());
    if (no_html && !no_text)
      html->insert(html->end(), text->begin() + static_cast<std::ptrdiff_t>(text_before),
                   text->end());
  }

 private:
  [[nodiscard]] bool is_body(const Part& part, bool first, std::string_view container) const {
    const auto& fields = part.fields;
    if (fields.disposition == "attachment") return false;
    if (part.is_media()) return first || container != "multipart/related";
    const bool is_text = prose_ || fields.type == "text/plain" || fields.type == "text/html";
    return is_text && !part.body_type().empty() &&
           (first || (fields.name.empty() && container != "multipart/related"));
  }

  void attach(const Part& part, std::string_view container, bool in_alternative, bool in_body) {
    out_.attachments.push_back(
        {&part, counts_as_attachment(part, container, in_alternative), in_body});
  }

  Arrangement& out_;
  bool prose_;
};

Arrangement arranged(const Part& message, bool prose) {
  Arrangement arrangement;
  Arranger arranger(arrangement, prose);
  if (message.is_multipart()) {
    const bool alternative = message.fields.type == "multipart/alternative";
    arranger.place(message.parts, message.fields.type, alternative, &arrangement.html,
                   &arrangement.text);
  } else {
    arranger.place({&message, 1}, "", false, &arrangement.html, &arrangement.text);
  }
  return arrangement;
}

bool has_text(const Arrangement& arrangement) {
  const auto is_text = [](const Part* part) { return !part->body_type().empty(); };
  return std::any_of(arrangement.text.begin(), arrangement.text.end(), is_text) ||
         std::any_of(arrangement.html.begin(), arrangement.html.end(), is_text);
}

}  // namespace

std::string_view Part::body_type() const {
  const std::string_view type = fields.type;
  if (type == "text/html") return "text/html";
  if (type == "text/plain") return "text/plain";
  const bool prose =
      type.starts_with("text/x-") || type == "text/markdown" || type == "text/enriched";
  return prose && !type.starts_with("text/x-vcard") && !type.starts_with("text/x-amp")
             ? "text/plain"
             : "";
}

bool Part::is_message() const {
  return fields.type == "message/rfc822" || fields.type == "message/global";
}

bool Part::is_media() const {
  const std::string_view type = fields.type;
  return type.starts_with("image/") || type.starts_with("audio/") || type.starts_with("video/");
}

bool Part::is_opaque() const {
  return fields.type == "multipart/encrypted" || fields.type == "application/pkcs7-mime" ||
         fields.type == "application/x-pkcs7-mime";
}

Part read_structure(const Entity& message, const ParseLimits& limits,
                    std::vector<std::string>& cuts) {
  auto part = StructureReader(limits, cuts).read(message, "text/plain", {}, 0);
  if (!part.is_multipart()) part.id = "1";
  return part;
}

Arrangement arrange(const Part& message) {
  auto arrangement = arranged(message, false);
  return has_text(arrangement) ? arrangement : arranged(message, true);
}

}  // namespace mail
