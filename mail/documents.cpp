#include "mail/documents.hpp"

#include <stdexcept>

#include "mail/json_writer.hpp"

namespace mail {
namespace {

// Takes `digits` decimal digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+02:00" or nothing, which is UTC.
std::optional<std::chrono::minutes> take_offset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return std::chrono::minutes{0};
  const bool west = text.front() == '-';
  if (!take_one_of(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  take_one_of(text, ":");
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || !text.empty()) return std::nullopt;
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return west ? -offset : offset;
}

void append_number(std::string& out, int value, std::size_t digits) {
  std::string text = std::to_string(value);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void write_addresses(JsonWriter& json, std::string_view name,
                     const std::vector<Address>& addresses) {
  if (addresses.empty()) return;
  json.key(name).begin_array();
  for (const auto& address : addresses) {
    json.begin_object();
    if (!address.name.empty()) json.key("name").string(address.name);
    json.key("email").string(address.email).end_object();
  }
  json.end_array();
}

void write_strings(JsonWriter& json, std::string_view name,
                   const std::vector<std::string>& strings) {
  if (strings.empty()) return;
  json.key(name).begin_array();
  for (const auto& string : strings) json.string(string);
  json.end_array();
}

void write_set(JsonWriter& json, std::string_view name, const std::vector<std::string>& members) {
  json.key(name).begin_object();
  for (const auto& member : members) json.key(member).boolean(true);
  json.end_object();
}

void write_attachments(JsonWriter& json, const std::vector<Attachment>& attachments) {
  if (attachments.empty()) return;
  json.key("attachments").begin_array();
  for (const auto& attachment : attachments) {
    json.begin_object().key("partId").string(attachment.part_id);
    if (!attachment.name.empty()) json.key("name").string(attachment.name);
    json.key("type").string(attachment.type).key("size").number(attachment.size);
    if (!attachment.blob.empty()) json.key("blob").string(attachment.blob);
    if (!attachment.cid.empty()) json.key("cid").string(attachment.cid);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string_view doctype_name(Doctype doctype) {
  switch (doctype) {
    case Doctype::kEmails:
      return "io.cozy.emails";
    case Doctype::kContents:
      return "io.cozy.email.contents";
    case Doctype::kMailboxes:
      return "io.cozy.email.mailboxes";
    case Doctype::kFiles:
      return "io.cozy.files";
  }
  throw std::logic_error("a doctype without a name");
}

void throw_exception_from_error(const Malformed& malformed, const boost::source_location&) {
  throw std::runtime_error(malformed.reason);
}

std::optional<DateTime> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = take_number(text, 4);
  if (!year_number || !take_one_of(text, "-")) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take_one_of(text, "-")) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number || !take_one_of(text, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take_one_of(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take_one_of(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  if (take_one_of(text, ".")) {
    if (!take_number(text, 1)) return std::nullopt;
    while (take_number(text, 1)) {
    }
  }
  const auto offset = take_offset(text);
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!offset || !date.ok()) return std::nullopt;
  const auto local = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second};
  return DateTime{local - *offset, *offset};
}

std::string to_rfc3339(const DateTime& time) {
  using namespace std::chrono;
  const auto local = time.utc + time.offset;
  const auto midnight = floor<days>(local);
  const year_month_day date{midnight};
  const hh_mm_ss clock{local - midnight};
  std::string out;
  out.reserve(25);
  append_number(out, static_cast<int>(date.year()), 4);
  append_number(out += '-', static_cast<int>(static_cast<unsigned>(date.month())), 2);
  append_number(out += '-', static_cast<int>(static_cast<unsigned>(date.day())), 2);
  append_number(out += 'T', static_cast<int>(clock.hours().count()), 2);
  append_number(out += ':', static_cast<int>(clock.minutes().count()), 2);
  append_number(out += ':', static_cast<int>(clock.seconds().count()), 2);
  if (time.offset.count() == 0) return out += 'Z';
  const auto offset = static_cast<int>(abs(time.offset).count());
  append_number(out += time.offset.count() < 0 ? '-' : '+', offset / 60, 2);
  append_number(out += ':', offset % 60, 2);
  return out;
}

std::string to_json(const MetadataDocument& document) {
  std::string out;
  out.reserve(1'024);
  JsonWriter json(out);
  json.begin_object().key("_id").string(document.id);
  write_strings(json, "messageId", document.message_ids);
  write_strings(json, "inReplyTo", document.in_reply_to);
  write_strings(json, "references", document.references);
  write_addresses(json, "from", document.from);
  write_addresses(json, "to", document.to);
  write_addresses(json, "cc", document.cc);
  write_addresses(json, "bcc", document.bcc);
  write_addresses(json, "replyTo", document.reply_to);
  write_addresses(json, "sender", document.sender);
  json.key("subject").string(document.subject);
  if (document.sent_at) json.key("sentAt").string(to_rfc3339(*document.sent_at));
  if (document.received_at) json.key("receivedAt").string(to_rfc3339(*document.received_at));
  json.key("size").number(document.size);
  if (!document.preview.empty()) json.key("preview").string(document.preview);
  write_set(json, "mailboxIds", document.mailbox_ids);
  write_set(json, "keywords", document.keywords);
  if (!document.headers.empty()) {
    json.key("headers").begin_array();
    for (const auto& header : document.headers) {
      json.begin_array().string(header.first).string(header.second).end_array();
    }
    json.end_array();
  }
  json.key("hasAttachment").boolean(document.has_attachment);
  write_attachments(json, document.attachments);
  write_strings(json, "cut", document.cut);
  write_strings(json, "contents", document.contents);
  for (const auto& body : document.inline_bodies) {
    json.key(body.type == "text/html" ? "html" : "text").string(body.content);
  }
  json.end_object();
  return out;
}

std::string to_json(const ContentDocument& document) {
  std::string out;
  out.reserve(document.content.size() + document.content.size() / 16 + 128);
  JsonWriter json(out);
  json.begin_object().key("_id").string(document.id);
  if (!document.email.empty()) json.key("email").string(document.email);
  json.key("type").string(document.type).key("content").string(document.content);
  if (document.truncated) json.key("truncated").boolean(true);
  json.end_object();
  return out;
}

std::string to_json(const Mailbox& document) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("_id").string(document.id).key("name").string(document.name);
  if (document.parent_id) json.key("parentId").string(*document.parent_id);
  if (document.role) json.key("role").string(*document.role);
  json.key("sortOrder").number(document.sort_order).end_object();
  return out;
}

}  // namespace mail
