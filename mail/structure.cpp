#include "mail/structure.hpp"

#include <span>

#include "mail/smime.hpp"
#include "mail/transfer.hpp"

namespace mail {
namespace {

class StructureReader {
 public:
  StructureReader(const ParseLimits& limits, std::vector<std::string>& cuts)
      : limits_(limits), cuts_(cuts) {}

  Part read(const Entity& entity, std::string_view default_type, std::string id, int depth) {
    Part part;
    part.fields = read_content_fields(entity, default_type, charset_);
    part.body = entity.body;
    part.id = std::move(id);
    if (charset_.empty() && part.fields.type.starts_with("text/")) charset_ = part.fields.charset;
    const bool is_smime = part.is_smime();
    if (!part.fields.type.starts_with("multipart/") && !is_smime) return part;
    if (depth >= limits_.max_depth) {
      cut("parts nested deeper than " + std::to_string(limits_.max_depth));
      return part;
    }
    if (is_smime) {
      read_signed(part, depth);
      return part;
    }
    read_parts(part, depth);
    // A multipart without parts is read as the text that it must be.
    if (part.parts.empty() && part.fields.disposition != "attachment")
      part.fields.type = "text/plain";
    return part;
  }

 private:
  void read_signed(Part& part, int depth) {
    auto content = signed_content(decode_transfer(part.body, part.fields.encoding));
    if (!content || count_ >= limits_.max_parts) return;
    ++count_;
    part.signed_bytes = std::make_shared<const std::string>(*std::move(content));
    if (part.id.empty()) part.id = "1";  // the message itself
    part.inside.push_back(
        read(read_entity(*part.signed_bytes), "text/plain", part.id + ".1", depth + 1));
  }

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

// Where a part stands.
struct Container {
  std::string_view type;  // of the multipart that it is in; empty: it is the message
  bool is_in_alternative = false;  // this multipart is an alternative, or is in one
  [[nodiscard]] bool is_alternative() const { return type == "multipart/alternative"; }
};

Container inside(const Part& multipart, bool is_in_alternative) {
  Container container{multipart.fields.type, is_in_alternative};
  container.is_in_alternative |= container.is_alternative();
  return container;
}

bool is_added_by_programs(const Part& part, const Container& container) {
  const auto& type = part.fields.type;
  for (const std::string_view own :
       {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
        "application/pgp-encrypted"}) {
    if (type == own) return true;
  }
  if (container.type == "multipart/encrypted" || part.is_smime() || part.is_opaque()) return true;
  return container.type == "multipart/report" &&
         (type == "message/delivery-status" || type == "message/disposition-notification" ||
          type == "text/rfc822-headers" || type == "message/feedback-report");
}

AttachmentUse use_of(const Part& part, const Container& container) {
  if (is_added_by_programs(part, container)) return AttachmentUse::kOfPrograms;
  if (part.fields.disposition == "attachment") return AttachmentUse::kForPeople;
  if (container.is_alternative()) return AttachmentUse::kOfPrograms;  // such as an invitation
  const bool has_id = !part.fields.content_id.empty();
  const bool is_text = part.fields.type.starts_with("text/");
  if (container.type == "multipart/related" && (part.is_media() || is_text || has_id))
    return AttachmentUse::kForHtml;
  return part.is_media() && has_id ? AttachmentUse::kPerhapsForHtml : AttachmentUse::kForPeople;
}

// Which texts are bodies.
enum class BodyTypes {
  kPlainAndHtml,
  kAllReadable,  // other text that is read as it is counts as text/plain, too
};

// The lists of bodies that are collected. Null: not this one; inside one form of an alternative only
// that form's texts are collected.
struct BodyLists {
  std::vector<const Part*>* html;
  std::vector<const Part*>* text;
  [[nodiscard]] bool are_both() const { return html != nullptr && text != nullptr; }
};

// The algorithm of RFC 8621 section 4.1.4.
class Arranger {
 public:
  explicit Arranger(BodyTypes types) : types_(types) {}

  [[nodiscard]] Arrangement arrange(const Part& message) {
    const BodyLists lists{&result_.html, &result_.text};
    if (message.is_multipart()) {
      add(message.parts, inside(message, false), lists);
    } else {
      add({&message, 1}, {}, lists);
    }
    return std::move(result_);
  }

 private:
  void add(std::span<const Part> parts, const Container& container, BodyLists lists) {
    const auto html_before = lists.html == nullptr ? 0 : lists.html->size(),
               text_before = lists.text == nullptr ? 0 : lists.text->size();
    for (const Part& part : parts) {
      const bool is_first = &part == &parts.front();
      if (part.is_multipart()) {
        add(part.parts, inside(part, container.is_in_alternative), lists);
      } else if (!part.inside.empty()) {
        attach(part, container, false);
        add(part.inside, inside(part, container.is_in_alternative), lists);
      } else if (!is_body(part, is_first, container)) {
        attach(part, container, false);
      } else if (container.is_alternative()) {
        const auto list = part.body_type() == "text/html" ? lists.html : lists.text;
        if (list != nullptr) list->push_back(&part);
      } else {
        // The first text tells which form of an alternative its multipart is. (By the RFC, texts of
        // another kind that follow would be in neither list.)
        if (container.is_in_alternative && lists.are_both()) {
          if (part.body_type() == "text/plain") lists.html = nullptr;
          if (part.body_type() == "text/html") lists.text = nullptr;
        }
        if (lists.text != nullptr) lists.text->push_back(&part);
        if (lists.html != nullptr) lists.html->push_back(&part);
        if (part.is_media()) attach(part, container, lists.are_both());
      }
    }
    if (!container.is_alternative() || !lists.are_both()) return;
    // Only one form was there: it is the other one too.
    const bool no_html = lists.html->size() == html_before,
               no_text = lists.text->size() == text_before;
    if (no_text) append_from(*lists.html, html_before, *lists.text);
    if (no_html) append_from(*lists.text, text_before, *lists.html);
  }

  static void append_from(const std::vector<const Part*>& from, std::size_t begin,
                          std::vector<const Part*>& to) {
    to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(begin), from.end());
  }

  [[nodiscard]] bool is_body(const Part& part, bool is_first, const Container& container) const {
    const auto& fields = part.fields;
    const bool is_related = container.type == "multipart/related";
    if (fields.disposition == "attachment") return false;
    if (part.is_media()) return !container.is_alternative() && (is_first || !is_related);
    const bool is_text = types_ == BodyTypes::kAllReadable || fields.type == "text/plain" ||
                         fields.type == "text/html";
    return is_text && !part.body_type().empty() &&
           (is_first || (fields.name.empty() && !is_related));
  }

  void attach(const Part& part, const Container& container, bool in_body) {
    result_.attachments.push_back({&part, use_of(part, container), in_body});
  }

  const BodyTypes types_;
  Arrangement result_;
};

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

bool Part::is_smime() const {
  return fields.type == "application/pkcs7-mime" || fields.type == "application/x-pkcs7-mime";
}

bool Part::is_opaque() const {
  return fields.type == "multipart/encrypted" || (is_smime() && inside.empty());
}

Part read_structure(const Entity& message, const ParseLimits& limits,
                    std::vector<std::string>& cuts) {
  auto part = StructureReader(limits, cuts).read(message, "text/plain", {}, 0);
  if (!part.is_multipart()) part.id = "1";
  return part;
}

Arrangement arrange(const Part& message) {
  auto arrangement = Arranger(BodyTypes::kPlainAndHtml).arrange(message);
  return has_text(arrangement) ? arrangement : Arranger(BodyTypes::kAllReadable).arrange(message);
}

}  // namespace mail
