// Mail that is there already. Reading it is the parser's part, which other tests hold against other parsers.
#include <algorithm>

#include "indexer/extraction/extract.hpp"
#include "mail/html.hpp"
#include "mail/parser.hpp"
#include "tests/oracle/random_mail.hpp"
#include "tests/support/support.hpp"

namespace oracle {
namespace {

void add_addresses(Message& message, const char* field,
                   const std::vector<mail::Address>& addresses) {
  for (const auto& address : addresses) {
    if (!address.name.empty()) message.fields[field].emplace_back(address.name);
    if (!address.email.empty()) message.fields[field].emplace_back(address.email);
  }
}

// Plain text, or the words of the HTML where there is none.
std::string body_of(const std::vector<mail::ContentDocument>& bodies) {
  std::string html;
  for (const auto& body : bodies) {
    const bool is_blank = body.content.find_first_not_of(" \t\r\n\f\v") == std::string::npos;
    if (is_blank) continue;
    if (body.type == "text/plain") return body.content;
    html = body.content;
  }
  return mail::html_to_text(html);
}

void add_attachments(Message& message, const std::string& raw,
                     const std::vector<mail::Attachment>& attachments) {
  for (const auto& attachment : attachments) {
    if (!attachment.name.empty()) message.fields["filename"].emplace_back(attachment.name);
    message.fields["type"].emplace_back(attachment.type);
    const auto type = indexer::file_type(attachment.type, attachment.name);
    const auto part = type == indexer::FileType::kNone
                          ? std::nullopt
                          : mail::extract_part(raw, attachment.part_id);
    if (part)
      message.fields["attachment"].emplace_back(indexer::extract_text(part->bytes, type).text);
  }
}

}  // namespace

MailByBytes read_mail(const std::filesystem::path& folder, std::size_t count) {
  std::vector<std::filesystem::path> files;
  for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
    if (item.is_regular_file()) files.push_back(item.path());
  }
  std::sort(files.begin(), files.end());
  MailByBytes known;
  for (const auto& file : files) {
    if (known.size() == count) break;
    auto raw = support::read_file(file);
    if (raw.starts_with("From ")) continue;  // an mbox, whose messages are others
    const auto parsed = mail::parse_message(raw);
    if (!parsed) continue;
    Message message;
    const auto& m = parsed->metadata;
    add_addresses(message, "from", m.from);
    add_addresses(message, "to", m.to);
    add_addresses(message, "cc", m.cc);
    add_addresses(message, "bcc", m.bcc);
    message.fields["subject"].emplace_back(m.subject);
    message.fields["body"].emplace_back(body_of(parsed->bodies));
    add_attachments(message, raw, m.attachments);
    for (const auto& [name, value] : m.headers) {
      if (name == "List-Id" || name == "List-ID") message.fields["list"].emplace_back(value);
    }
    message.message_ids = m.message_ids;
    message.has_attachment = m.has_attachment;
    message.size = m.size;
    known.emplace(std::move(raw), std::move(message));
  }
  return known;
}

}  // namespace oracle
