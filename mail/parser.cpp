#include "mail/parser.hpp"

#include <gmime/gmime.h>

#include "mail/ascii.hpp"
#include "mail/body_writer.hpp"
#include "mail/charset.hpp"
#include "mail/charset_detector.hpp"
#include "mail/html.hpp"
#include "mail/mail_date.hpp"
#include "mail/structure.hpp"
#include "mail/text.hpp"
#include "mail/transfer.hpp"

namespace mail {
namespace {

// Fields that lists and filters ask for beyond the envelope; the rest can be read from the original
// message.
constexpr std::string_view kKeptFields[] = {"List-Id", "List-Post", "List-Unsubscribe",
                                            "Auto-Submitted", "Importance"};
constexpr std::size_t kMaxKeptFields = 32;
// Any mail has one of these; of other files that begin as a header does ("source: …", JSON), hardly
// one.
constexpr std::string_view kMailFields[] = {"From",
                                            "To",
                                            "Cc",
                                            "Bcc",
                                            "Date",
                                            "Subject",
                                            "Received",
                                            "Message-ID",
                                            "Return-Path",
                                            "Sender",
                                            "Reply-To",
                                            "In-Reply-To",
                                            "References",
                                            "MIME-Version",
                                            "Content-Type",
                                            "Delivered-To",
                                            "Content-Transfer-Encoding"};
constexpr std::size_t kAttachedHeader = 64 << 10;  // bytes; of a message that is attached
constexpr std::size_t kPreviewHtml = 256
                                     << 10;  // bytes; style sheets can stand before the first word

bool is_one_of(std::string_view field, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [field](auto name) { return equal_ignoring_case(field, name); });
}

// RFC 5322 allows nearly all of ASCII in a field's name; what programs write has none of these.
bool is_plain_name(std::string_view name) {
  return name.find_first_of("\"'`{}[]()<>,;=\\") == std::string_view::npos;
}

// Of fields that may occur only once the first counts; repeated recipient fields are all taken.
void read_field(const HeaderField& field, HeaderReader& reader, MetadataDocument& m) {
  const auto is = [&field](std::string_view name) { return equal_ignoring_case(field.name, name); };
  const auto first = [&reader, &field](std::vector<Address>& out) {
    if (out.empty()) reader.addresses(field, out);
  };
  if (is("From")) return first(m.from);
  if (is("Sender")) return first(m.sender);
  if (is("Reply-To")) return first(m.reply_to);
  if (is("To")) return reader.addresses(field, m.to);
  if (is("Cc")) return reader.addresses(field, m.cc);
  if (is("Bcc")) return reader.addresses(field, m.bcc);
  if (is("Subject") && m.subject.empty()) {
    m.subject = reader.text(field);
  } else if (is("Date") && !m.sent_at) {
    m.sent_at = parse_mail_date(reader.text(field));
  } else if (is("Message-ID") && m.message_ids.empty()) {
    m.message_ids = reader.message_ids(field);
  } else if (is("In-Reply-To") && m.in_reply_to.empty()) {
    m.in_reply_to = reader.message_ids(field);
  } else if (is("References") && m.references.empty()) {
    m.references = reader.message_ids(field);
  }
}

void keep_field(const HeaderField& field, std::span<const std::string_view> kept,
                HeaderReader& reader, MetadataDocument& m) {
  if (!is_one_of(field.name, kept) || m.headers.size() >= kMaxKeptFields) return;
  m.headers.emplace_back(field.name, reader.text(field));
}

// The date of a Received field stands behind the last semicolon, but for those in comments.
std::optional<DateTime> date_of_received(std::string_view value) {
  constexpr int kMaxSemicolons = 4;
  for (int tried = 0; tried < kMaxSemicolons; ++tried) {
    const auto semicolon = value.rfind(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    if (auto date = parse_mail_date(value.substr(semicolon + 1))) return date;
    value = value.substr(0, semicolon);
  }
  return std::nullopt;
}

// Of the newest Received field that has a date.
std::optional<DateTime> time_of_receipt(const Entity& message) {
  for (const HeaderField& field : message.fields) {
    if (!equal_ignoring_case(field.name, "Received")) continue;
    if (auto date = date_of_received(field.value)) return date;
  }
  return std::nullopt;
}

std::string preview(const std::vector<ContentDocument>& bodies) {
  for (const auto& body : bodies) {
    if (!has_content(body.content)) continue;
    if (body.type == "text/plain") return preview_of(body.content);
    return preview_of(html_to_text(std::string_view(body.content).substr(0, kPreviewHtml)));
  }
  return {};
}

// A message that is attached without a name is called by its subject.
std::string subject_of(const Part& part, const ParseLimits& limits,
                       std::vector<std::string>& cuts) {
  const auto header = decode_transfer(part.body.substr(0, kAttachedHeader), part.fields.encoding);
  const auto message = read_entity(without_envelope(header));
  HeaderReader reader(limits.max_header_value_bytes, limits.max_addresses,
                      read_content_fields(message, "text/plain").charset, cuts);
  return reader.text({"Subject", message.find("Subject")});
}

std::vector<Attachment> attachments(const Arrangement& arrangement, const ParseLimits& limits,
                                    std::vector<std::string>& cuts) {
  std::vector<Attachment> out;
  out.reserve(arrangement.attachments.size());
  for (const auto& attached : arrangement.attachments) {
    const auto& part = *attached.part;
    auto name = part.fields.name;
    if (name.empty() && part.is_message()) name = subject_of(part, limits, cuts);
    out.push_back({part.id,
                   std::move(name),
                   part.fields.type,
                   decoded_size(part.body, part.fields.encoding),
                   {},
                   part.fields.content_id});
  }
  return out;
}

// Whether an HTML body names the part by its Content-ID (RFC 2392).
bool names(const ContentDocument& html, const Part& part) {
  std::string in_url = part.fields.content_id;
  if (const auto at = in_url.find('@'); at != std::string::npos) in_url.replace(at, 1, "%40");
  return html.truncated || html.content.find(part.fields.content_id) != std::string::npos ||
         html.content.find(in_url) != std::string::npos;
}

bool is_for_people(const Arrangement::Attached& attached, const ContentDocument* html) {
  switch (attached.use) {
    case AttachmentUse::kForPeople:
      return true;
    case AttachmentUse::kForHtml:
      return html == nullptr;
    case AttachmentUse::kPerhapsForHtml:
      return html == nullptr || !names(*html, *attached.part);
    case AttachmentUse::kOfPrograms:
      break;
  }
  return false;
}

bool has_attachment(const Arrangement& arrangement, const std::vector<ContentDocument>& bodies) {
  const auto html = std::find_if(bodies.begin(), bodies.end(), [](const ContentDocument& body) {
    return body.type == "text/html";
  });
  const auto* shown = html == bodies.end() ? nullptr : &*html;
  return std::any_of(arrangement.attachments.begin(), arrangement.attachments.end(),
                     [shown](const auto& attached) { return is_for_people(attached, shown); });
}

// What raw 8-bit text in the header is in: what the message says of its text, else what it seems to
// be.
std::string header_charset(std::string_view raw, const Entity& message, const Part& structure,
                           const Arrangement& arrangement) {
  if (!structure.fields.charset.empty()) return structure.fields.charset;
  if (!arrangement.text.empty() && !arrangement.text.front()->fields.charset.empty())
    return arrangement.text.front()->fields.charset;
  const auto header = raw.substr(0, raw.size() - message.body.size());
  const bool is_plain = is_ascii(header) && header.find('\x1B') == std::string_view::npos;
  return is_plain ? std::string() : detect_charset(raw);
}

bool has_opaque_part(const Part& part) {
  const auto& parts = part.is_multipart() ? part.parts : part.inside;
  return part.is_opaque() || std::any_of(parts.begin(), parts.end(), has_opaque_part);
}

// A message with an opaque part keeps its Content-Type among its headers, and says so among what was cut.
void note_opaque_part(const Entity& message, const Part& structure, HeaderReader& reader,
                      ParsedMessage& parsed) {
  if (!has_opaque_part(structure)) return;
  parsed.metadata.headers.emplace_back("Content-Type",
                                       reader.text({"Content-Type", message.find("Content-Type")}));
  parsed.metadata.cut.emplace_back("encrypted content stays closed");
}

// Files of old Macintoshes have carriage returns alone. `copy` keeps the bytes that the result
// views.
std::string_view with_line_feeds(std::string_view raw, std::string& copy) {
  if (raw.find('\n') != std::string_view::npos || raw.find('\r') == std::string_view::npos)
    return raw;
  copy.assign(raw);
  std::replace(copy.begin(), copy.end(), '\r', '\n');
  return copy;
}

// The first part without parts of which `is_meant` says so.
template <typename Predicate>
const Part* find_leaf(const Part& part, Predicate is_meant) {
  if (!part.is_multipart() && is_meant(part)) return &part;
  for (const auto& child : part.is_multipart() ? part.parts : part.inside) {
    if (const auto* found = find_leaf(child, is_meant)) return found;
  }
  return nullptr;
}

std::string file_name(const Part& part) {
  if (!part.fields.name.empty() || !part.is_message()) return part.fields.name;
  std::vector<std::string> cuts;
  const auto subject = subject_of(part, ParseLimits{}, cuts);
  return (subject.empty() ? "message" : subject) + ".eml";
}

PartBytes part_bytes(const Part& part) {
  return {part.fields.type, file_name(part), decode_transfer(part.body, part.fields.encoding)};
}

}  // namespace

std::optional<Malformed> why_no_mail(std::string_view raw) {
  std::string copy;
  for (const auto& field : read_entity(without_envelope(with_line_feeds(raw, copy))).fields) {
    if (!is_plain_name(field.name)) break;
    if (is_one_of(field.name, kMailFields)) return std::nullopt;
  }
  return Malformed{"not a message: it begins with no header of mail (From, To, Subject, Date …)"};
}

Result<ParsedMessage> parse_message(std::string_view raw, const ParseLimits& limits,
                                    std::span<const std::string> kept_fields) {
  std::string copy;
  raw = without_envelope(with_line_feeds(raw, copy));
  const auto message = read_entity(raw);
  if (message.fields.empty()) return Malformed{"not a message: it begins with no header field"};
  ParsedMessage parsed;
  auto& metadata = parsed.metadata;
  if (message.fields_cut)
    parsed.metadata.cut.push_back("header fields after the first " +
                                  std::to_string(Entity::kMaxFields));

  const auto structure = read_structure(message, limits, parsed.metadata.cut);
  const auto arrangement = arrange(structure);
  HeaderReader reader(limits.max_header_value_bytes, limits.max_addresses,
                      header_charset(raw, message, structure, arrangement), parsed.metadata.cut);
  std::vector<std::string_view> kept(std::begin(kKeptFields), std::end(kKeptFields));
  kept.insert(kept.end(), kept_fields.begin(), kept_fields.end());
  for (const auto& field : message.fields) {
    read_field(field, reader, metadata);
    keep_field(field, kept, reader, metadata);
  }
  note_opaque_part(message, structure, reader, parsed);
  metadata.received_at = time_of_receipt(message);
  metadata.size = raw.size();

  BodyWriter writer(limits, parsed.metadata.cut);
  if (auto text = writer.body(arrangement.text, "text/plain"))
    parsed.bodies.push_back(*std::move(text));
  if (auto html = writer.body(arrangement.html, "text/html"))
    parsed.bodies.push_back(*std::move(html));
  metadata.preview = preview(parsed.bodies);
  metadata.attachments = attachments(arrangement, limits, parsed.metadata.cut);
  metadata.has_attachment = has_attachment(arrangement, parsed.bodies);
  return parsed;
}

std::optional<PartBytes> extract_part(std::string_view raw, std::string_view part_id) {
  std::string copy, message_bytes;
  for (int depth = 0; depth <= kMaxAttachedDepth; ++depth) {
    raw = without_envelope(with_line_feeds(raw, copy));
    std::vector<std::string> cuts;
    const auto structure = read_structure(read_entity(raw), ParseLimits{}, cuts);
    if (const auto* part =
            find_leaf(structure, [part_id](const Part& each) { return each.id == part_id; }))
      return part_bytes(*part);
    const auto* message = find_leaf(structure, [part_id](const Part& each) {
      return each.is_message() && part_id.starts_with(each.id + ".");
    });
    if (message == nullptr) return std::nullopt;
    part_id.remove_prefix(message->id.size() + 1);
    message_bytes = decode_transfer(message->body, message->fields.encoding);
    raw = message_bytes;
  }
  return std::nullopt;
}

std::vector<PartBytes> attached_parts(
    std::string_view raw,
    const std::function<bool(std::string_view type, std::string_view name)>& is_wanted) {
  std::string copy;
  raw = without_envelope(with_line_feeds(raw, copy));
  std::vector<std::string> cuts;
  const auto structure = read_structure(read_entity(raw), ParseLimits{}, cuts);
  std::vector<PartBytes> parts;
  for (const auto& attached : arrange(structure).attachments) {
    if (is_wanted(attached.part->fields.type, attached.part->fields.name))
      parts.push_back(part_bytes(*attached.part));
  }
  return parts;
}

void initialize() { g_mime_init(); }

}  // namespace mail
