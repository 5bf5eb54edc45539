// Mail that is there already. Reading it is the parser's part, which other tests hold against other parsers.
#include <algorithm>

#include "indexer/extraction/extract.hpp"
#include "mail/ascii.hpp"
#include "mail/html.hpp"
#include "mail/parser.hpp"
#include "tests/oracle/random_mail.hpp"
#include "tests/support/support.hpp"

namespace oracle {
namespace {

void add_addresses(Entry& entry, const char* field, const std::vector<mail::Address>& addresses) {
  for (const auto& address : addresses) {
    entry.fields[field].emplace_back(address.name + " " + address.email);
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

void add_attachments(Entry& entry, const std::string& raw,
                     const std::vector<mail::Attachment>& attachments) {
  for (const auto& attachment : attachments) {
    if (!attachment.name.empty()) entry.fields["filename"].emplace_back(attachment.name);
    entry.fields["type"].emplace_back(attachment.type);
    const auto type = indexer::file_type(attachment.type, attachment.name);
    const auto part = type == indexer::FileType::kNone
                          ? std::nullopt
                          : mail::extract_part(raw, attachment.part_id);
    if (part)
      entry.fields["attachment"].emplace_back(indexer::extract_text(part->bytes, type).text);
  }
}

void add_headers(Entry& entry, const std::vector<std::pair<std::string, std::string>>& headers) {
  for (const auto& [name, value] : headers) {
    const auto lower = mail::lower_ascii(name);
    if (lower == "list-id") entry.fields["list"].emplace_back(value);
    if (std::find(kIndexedHeaders.begin(), kIndexedHeaders.end(), lower) == kIndexedHeaders.end())
      continue;
    entry.headers.insert(lower);
    entry.fields["header:" + lower].emplace_back(value);
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
  const std::vector<std::string> kept(kIndexedHeaders.begin(), kIndexedHeaders.end());
  for (const auto& file : files) {
    if (known.size() == count) break;
    auto raw = support::read_file(file);
    if (raw.starts_with("From ")) continue;  // an mbox, whose messages are others
    const auto parsed = mail::parse_message(raw, {}, kept);
    if (!parsed) continue;
    Entry entry;
    const auto& m = parsed->metadata;
    add_addresses(entry, "from", m.from);
    add_addresses(entry, "to", m.to);
    add_addresses(entry, "cc", m.cc);
    add_addresses(entry, "bcc", m.bcc);
    entry.fields["subject"].emplace_back(m.subject);
    entry.fields["body"].emplace_back(body_of(parsed->bodies));
    add_attachments(entry, raw, m.attachments);
    add_headers(entry, m.headers);
    if (!m.from.empty())
      entry.sender = m.from.front().name.empty() ? m.from.front().email : m.from.front().name;
    entry.message_ids = m.message_ids;
    entry.has_attachment = m.has_attachment;
    entry.size = m.size;
    known.emplace(std::move(raw), std::move(entry));
  }
  return known;
}

}  // namespace oracle
