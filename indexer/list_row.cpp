#include "indexer/list_row.hpp"

#include <unordered_set>

#include "mail/json_writer.hpp"

namespace indexer {
namespace {

void write_addresses(mail::JsonWriter& writer, std::string_view key,
                     const std::vector<mail::Address>& addresses) {
  writer.key(key).begin_array();
  for (const auto& address : addresses) {
    writer.begin_object()
        .key("name")
        .string(address.name)
        .key("email")
        .string(address.email)
        .end_object();
  }
  writer.end_array();
}

void write_strings(mail::JsonWriter& writer, std::string_view key,
                   const std::vector<std::string>& texts) {
  writer.key(key).begin_array();
  for (const auto& text : texts) writer.string(text);
  writer.end_array();
}

// {"inbox": true}; a name that occurs twice is written once.
void write_set(mail::JsonWriter& writer, std::string_view key,
               const std::vector<std::string>& names) {
  writer.key(key).begin_object();
  if (names.size() < 2) {
    for (const auto& name : names) writer.key(name).boolean(true);
  } else {
    std::unordered_set<std::string_view> written;
    for (const auto& name : names) {
      if (written.insert(name).second) writer.key(name).boolean(true);
    }
  }
  writer.end_object();
}

void write_time(mail::JsonWriter& writer, std::string_view key,
                const std::optional<mail::DateTime>& time) {
  writer.key(key);
  if (time) {
    writer.string(mail::to_rfc3339(*time));
  } else {
    writer.null();
  }
}

void write_identity(mail::JsonWriter& writer, std::string_view id, const replica::Change& change) {
  writer.begin_object().key("id").string(id).key("docId").string(change.id).key("rev").string(
      change.rev.to_string());
}

}  // namespace

std::string message_row(std::string_view id, const replica::Change& change,
                        const mail::MetadataDocument& message) {
  std::string row;
  row.reserve(1024);
  mail::JsonWriter writer(row);
  write_identity(writer, id, change);
  write_set(writer, "mailboxIds", message.mailbox_ids);
  write_set(writer, "keywords", message.keywords);
  write_addresses(writer, "from", message.from);
  write_addresses(writer, "to", message.to);
  writer.key("subject").string(message.subject).key("preview").string(message.preview);
  write_time(writer, "sentAt", message.sent_at);
  write_time(writer, "receivedAt", message.received_at);
  writer.key("size").number(message.size).key("hasAttachment").boolean(message.has_attachment);
  writer.key("attachments").begin_array();
  for (const auto& attachment : message.attachments) {
    writer.begin_object()
        .key("partId")
        .string(attachment.part_id)
        .key("name")
        .string(attachment.name);
    writer.key("type").string(attachment.type).key("size").number(attachment.size).end_object();
  }
  writer.end_array();
  if (!message.cut.empty()) write_strings(writer, "cut", message.cut);
  writer.key("conflicts").number(change.conflicts);
  return row;
}

std::string message_details(const mail::MetadataDocument& message) {
  std::string details;
  mail::JsonWriter writer(details);
  writer.begin_object();
  write_addresses(writer, "cc", message.cc);
  write_addresses(writer, "bcc", message.bcc);
  write_addresses(writer, "replyTo", message.reply_to);
  write_addresses(writer, "sender", message.sender);
  write_strings(writer, "messageId", message.message_ids);
  write_strings(writer, "inReplyTo", message.in_reply_to);
  write_strings(writer, "references", message.references);
  writer.end_object();
  return details;
}

std::string file_row(std::string_view id, const replica::Change& change,
                     const mail::FileDocument& file) {
  std::string row;
  mail::JsonWriter writer(row);
  write_identity(writer, id, change);
  writer.key("name").string(file.name).key("path").string(file.path).key("type").string(file.type);
  writer.key("size").number(file.size);
  write_strings(writer, "tags", file.tags);
  write_time(writer, "updatedAt", file.updated_at ? file.updated_at : file.created_at);
  return row;
}

}  // namespace indexer
