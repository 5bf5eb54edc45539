#include "mail/parser.hpp"

#include <gmime/gmime.h>

#include "mail/charset.hpp"
#include "mail/html.hpp"
#include "mail/structure.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

// Fields that lists and filters ask for beyond the envelope; the rest can be read from the original
// message.
constexpr std::string_view kKeptFields[] = {"List-Id", "List-Post", "List-Unsubscribe",
                                            "Auto-Submitted", "Importance"};
constexpr std::size_t kMaxKeptFields = 32;
constexpr std::size_t kPreviewHtml = 256
                                     << 10;  // bytes; style sheets can stand before the first word

// Fields that occur once: of several the first counts. Of recipients all are taken.
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
    m.sent_at = parse_mail_date(field.value);
  } else if (is("Message-ID") && m.message_ids.empty()) {
    m.message_ids = reader.message_ids(field);
  } else if (is("In-Reply-To") && m.in_reply_to.empty()) {
    m.in_reply_to = reader.message_ids(field);
  } else if (is("References") && m.references.empty()) {
    m.references = reader.message_ids(field);
  } else if (std::any_of(std::begin(kKeptFields), std::end(kKeptFields), is) &&
             m.headers.size() < kMaxKeptFields) {
    m.headers.emplace_back(field.name, reader.text(field));
  }
}

std::optional<DateTime> time_of_receipt(const Entity& message) {
  const auto received = message.find("Received");
  const auto semicolon = received.rfind(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  return parse_mail_date(received.substr(semicolon + 1));
}

// The charset that an HTML text names itself ("<meta charset=utf-8>"), for parts that say nothing.
std::string_view charset_in_html(std::string_view html) {
  html = html.substr(0, 2'048);
  for (auto at = html.find("charset="); at != std::string_view::npos;
       at = html.find("charset=", at + 1)) {
    auto name = html.substr(at + 8);
    while (!name.empty() && (name.front() == '"' || name.front() == '\'' || name.front() == ' '))
      name.remove_prefix(1);
    name = name.substr(0, name.find_first_of("\"' />;"));
    if (!name.empty()) return name;
  }
  return {};
}

void to_line_feeds(std::string& text) {
  std::size_t to = text.find('\r');
  if (to == std::string::npos) return;
  for (std::size_t from = to; from < text.size(); ++from) {
    if (text[from] == '\r') {
      if (from + 1 < text.size() && text[from + 1] == '\n') continue;
      text[to++] = '\n';
    } else {
      text[to++] = text[from];
    }
  }
  text.resize(to);
}

std::string escaped_html(std::string_view text) {
  std::string out;
  append_html_escaped(out, text);
  return out;
}

// Makes one body of the parts that RFC 8621 has readers show one after the other.
class BodyWriter {
 public:
  BodyWriter(const ParseLimits& limits, std::vector<std::string>& cuts)
      : limits_(limits), cuts_(cuts) {}

  // Nothing when no part of the list is of that type: then it says the same as the other list.
  [[nodiscard]] std::optional<ContentDocument> body(const std::vector<const Part*>& parts,
                                                    std::string_view type) {
    if (std::none_of(parts.begin(), parts.end(),
                     [type](const Part* part) { return part->body_type() == type; })) {
      return std::nullopt;
    }
    ContentDocument body;
    body.type = type;
    for (const auto* part : parts) {
      if (body.truncated) break;
      auto content = text_of(*part, body.truncated);
      if (part->body_type() != type) {
        content = type == "text/plain" ? html_to_text(content)
                                       : "<pre>" + escaped_html(content) + "</pre>";
      }
      if (!body.content.empty() && body.content.back() != '\n' && !content.empty())
        body.content += '\n';
      if (body.content.empty()) {
        body.content = std::move(content);
      } else {
        body.content += content;
      }
      if (body.content.size() > limits_.max_body_bytes) {
        body.content.resize(beginning(body.content).size());
        body.truncated = true;
      }
    }
    if (body.truncated)
      cuts_.push_back(body.type + " body is longer than " + std::to_string(limits_.max_body_bytes) +
                      " bytes");
    if (body.content.empty()) return std::nullopt;
    return body;
  }

 private:
  // UTF-8 with line feeds.
  std::string text_of(const Part& part, bool& truncated) const {
    // No encoding of text makes more than four bytes out of one that stays.
    const auto most = limits_.max_body_bytes * 4;
    truncated = part.body.size() > most;
    const auto raw = part.body.substr(0, most);
    const auto& fields = part.fields;
    const bool encoded = fields.encoding == "base64" || fields.encoding == "quoted-printable" ||
                         fields.encoding.find("uue") != std::string::npos;
    const std::string decoded = encoded ? decode_transfer(raw, fields.encoding) : std::string();
    const std::string_view bytes = encoded ? std::string_view(decoded) : raw;
    std::string_view charset = fields.charset;
    if (charset.empty() && fields.type == "text/html") charset = charset_in_html(bytes);
    auto text = to_utf8(bytes, charset);
    to_line_feeds(text);
    return text;
  }

  [[nodiscard]] std::string_view beginning(std::string_view text) const {
    auto size = limits_.max_body_bytes;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
    return text.substr(0, size);
  }

  const ParseLimits& limits_;
  std::vector<std::string>& cuts_;
};

std::string preview(const std::vector<ContentDocument>& bodies) {
  if (bodies.empty()) return {};
  const auto& body = bodies.front();
  if (body.type == "text/plain") return preview_of(body.content);
  return preview_of(html_to_text(std::string_view(body.content).substr(0, kPreviewHtml)));
}

std::vector<Attachment> attachments(const Arrangement& arrangement) {
  std::vector<Attachment> out;
  out.reserve(arrangement.attachments.size());
  for (const auto& attached : arrangement.attachments) {
    const auto& part = *attached.part;
    out.push_back({part.id,
                   part.fields.name,
                   part.fields.type,
                   decoded_size(part.body, part.fields.encoding),
                   {},
                   part.fields.content_id});
  }
  return out;
}

const Part* find_part(const Part& part, std::string_view id) {
  if (!part.is_multipart()) return part.id == id ? &part : nullptr;
  for (const auto& child : part.parts) {
    if (const auto* found = find_part(child, id)) return found;
  }
  return nullptr;
}

}  // namespace

Result<ParsedMessage> parse_message(std::string_view raw, const ParseLimits& limits) {
  raw = without_envelope(raw);
  const auto message = read_entity(raw);
  if (message.fields.empty()) return Malformed{"not a message: it begins with no header field"};
  ParsedMessage parsed;
  auto& metadata = parsed.metadata;
  if (message.fields_cut)
    parsed.cuts.push_back("header fields after the first " + std::to_string(Entity::kMaxFields));

  const auto structure = read_structure(message, limits, parsed.cuts);
  const auto arrangement = arrange(structure);
  auto charset = structure.fields.charset;
  if (charset.empty() && !arrangement.text.empty())
    charset = arrangement.text.front()->fields.charset;
  HeaderReader reader(limits.max_header_value_bytes, limits.max_addresses, std::move(charset),
                      parsed.cuts);
  for (const auto& field : message.fields) read_field(field, reader, metadata);
  metadata.received_at = time_of_receipt(message);
  metadata.size = raw.size();

  BodyWriter writer(limits, parsed.cuts);
  if (auto text = writer.body(arrangement.text, "text/plain"))
    parsed.bodies.push_back(*std::move(text));
  if (auto html = writer.body(arrangement.html, "text/html"))
    parsed.bodies.push_back(*std::move(html));
  metadata.preview = preview(parsed.bodies);
  metadata.attachments = attachments(arrangement);
  metadata.has_attachment =
      std::any_of(arrangement.attachments.begin(), arrangement.attachments.end(),
                  [](const Arrangement::Attached& attached) { return attached.counts; });
  return parsed;
}

std::optional<PartBytes> extract_part(std::string_view raw, std::string_view part_id) {
  std::vector<std::string> cuts;
  const auto structure = read_structure(read_entity(without_envelope(raw)), ParseLimits{}, cuts);
  const auto* part = find_part(structure, part_id);
  if (part == nullptr) return std::nullopt;
  return PartBytes{part->fields.type, part->fields.name,
                   decode_transfer(part->body, part->fields.encoding)};
}

void initialize() { g_mime_init(); }

}  // namespace mail
