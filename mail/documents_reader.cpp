// Readers of the doctypes: which JSON member goes where.
#include "mail/ascii.hpp"
#include "mail/attachment_join.hpp"
#include "mail/documents.hpp"
#include "mail/json_text.hpp"
#include "mail/json_values.hpp"

namespace mail {
namespace {

constexpr std::size_t kKeptBuffer = 4 << 20;  // bytes a thread keeps between documents

// Ids with or without angle brackets, one or several in a string.
void read_message_ids(JsonValue& v, std::vector<std::string>& out) {
  std::vector<std::string> texts;
  read_strings(v, texts);
  out.clear();
  constexpr std::string_view kSeparators = " \t\r\n<>,";
  for (const auto& text : texts) {
    for (auto begin = text.find_first_not_of(kSeparators); begin != std::string::npos;) {
      const auto end = std::min(text.find_first_of(kSeparators, begin), text.size());
      out.push_back(text.substr(begin, end - begin));
      begin = text.find_first_not_of(kSeparators, end);
    }
  }
}

Address address_in(JsonValue& v) {
  Address address;
  read_string(v, address.email);
  for_each_member(v, [&address](std::string_view name, JsonValue& member) {
    if (name == "name") read_string(member, address.name);
    if (name == "email" || name == "address") read_string(member, address.email);
  });
  return address;
}

void read_addresses(JsonValue& v, std::vector<Address>& out) {
  out.clear();
  const auto add = [&out](JsonValue& one) {
    if (auto address = address_in(one); !address.name.empty() || !address.email.empty())
      out.push_back(std::move(address));
  };
  if (token(v).front() == '[') {
    for_each_element(v, add);
  } else {
    add(v);
  }
}

void read_keywords(JsonValue& v, std::vector<std::string>& out) {
  read_set(v, out);
  for (auto& keyword : out) keyword = lower_ascii(keyword);
}

// IMAP's flags as JMAP's keywords: \Seen is $seen. \Recent belongs to a session, not to the
// message.
void read_flags(JsonValue& v, std::vector<std::string>& out) {
  read_keywords(v, out);
  std::erase(out, "\\recent");
  for (auto& flag : out) {
    if (!flag.empty() && flag.front() == '\\') flag.front() = '$';
  }
}

// [["List-Id", "…"], …], JMAP's [{"name": …, "value": …}, …] or cozy-emails' {"list-id": "…" or
// ["…"]}.
void read_headers(JsonValue& v, std::vector<std::pair<std::string, std::string>>& out) {
  out.clear();
  for_each_element(v, [&out](JsonValue& element) {
    std::vector<std::string> pair;
    read_strings(element, pair);
    pair.resize(2);
    for_each_member(element, [&pair](std::string_view name, JsonValue& member) {
      if (name == "name") read_string(member, pair[0]);
      if (name == "value") read_string(member, pair[1]);
    });
    if (!pair[0].empty()) out.emplace_back(std::move(pair[0]), std::move(pair[1]));
  });
  for_each_member(v, [&out](std::string_view name, JsonValue& member) {
    if (name.empty()) return;
    std::vector<std::string> values;
    read_strings(member, values);
    for (auto& text : values) out.emplace_back(name, std::move(text));
  });
}

// The second names are cozy-emails'. It keeps files under names of its own, `file_names`, where
// several have the same.
void read_attachments(JsonValue& v, std::vector<Attachment>& out,
                      std::vector<std::string>& file_names) {
  out.clear();
  file_names.clear();
  for_each_element(v, [&](JsonValue& element) {
    Attachment attachment;
    std::string file_name;
    bool any = false;
    for_each_member(element, [&](std::string_view name, JsonValue& member) {
      any = true;
      if (name == "partId") read_string(member, attachment.part_id);
      if (name == "name" || name == "fileName") read_string(member, attachment.name);
      if (name == "generatedFileName") read_string(member, file_name);
      if (name == "type" || name == "contentType") read_string(member, attachment.type);
      if (name == "size" || name == "length") read_integer(member, attachment.size);
      if (name == "blob") read_string(member, attachment.blob);
      if (name == "cid" || name == "contentId") read_string(member, attachment.cid);
    });
    if (!any) return;
    if (attachment.name.empty()) attachment.name = file_name;
    out.push_back(std::move(attachment));
    file_names.push_back(std::move(file_name));
  });
}

// "text/plain; charset=utf-8" to its two halves. Servers keep what an uploader said of the type, so
// it is taken leniently.
void read_media_type(JsonValue& v, AttachedBody& body) {
  std::string text;
  read_string(v, text);
  text = lower_ascii(text);
  body.type = text.substr(0, text.find_first_of("; \t"));
  constexpr std::string_view kCharset = "charset=";
  const auto at = text.find(kCharset, body.type.size());
  if (at == std::string::npos) return;
  body.charset = text.substr(at + kCharset.size());
  std::erase(body.charset, '"');
  body.charset.resize(std::min(body.charset.find_first_of("; \t"), body.charset.size()));
}

// `_attachments`, in their order.
std::vector<AttachedBody> attached_files_in(JsonValue& v) {
  std::vector<AttachedBody> files;
  for_each_member(v, [&files](std::string_view name, JsonValue& stub) {
    AttachedBody file;
    for_each_member(stub, [&file](std::string_view member_name, JsonValue& member) {
      if (member_name == "content_type") read_media_type(member, file);
      if (member_name == "digest") read_string(member, file.digest);
    });
    file.name = name;
    files.push_back(std::move(file));
  });
  return files;
}

// What a thread keeps from one document to the next.
struct Reader {
  simdjson::ondemand::parser parser{};
  std::string buffer;
};

// Calls `visit` for each member of the document.
template <typename Document, typename Visit>
Result<Document> read_document(std::string_view json, Document document, Visit visit) {
  if (nests_deeper_than(kMaxJsonDepth, json))
    return Malformed{"the JSON nests deeper than " + std::to_string(kMaxJsonDepth)};
  thread_local Reader reader;
  if (reader.buffer.capacity() > kKeptBuffer) reader = Reader{};
  try {
    reader.buffer.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    reader.buffer.assign(json);
    auto parsed =
        reader.parser.iterate(reader.buffer.data(), reader.buffer.size(), reader.buffer.capacity());
    JsonValue root = parsed.get_value();
    if (token(root).front() != '{') return Malformed{"not a JSON object"};
    for_each_member(
        root, [&](std::string_view name, JsonValue& member) { visit(document, name, member); });
    if (parsed.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return Malformed{"text follows the JSON object"};
  } catch (const simdjson::simdjson_error& error) {
    return Malformed{error.what()};
  }
  return document;
}

}  // namespace

Result<std::optional<Doctype>> read_doctype(std::string_view json, std::string_view member) {
  return read_document(
      json, std::optional<Doctype>(),
      [member](std::optional<Doctype>& found, std::string_view name, JsonValue& v) {
        if (name != member) return;
        const auto text = string_in(v);
        for (const auto doctype : kDoctypes) {
          if (text == doctype_name(doctype)) found = doctype;
        }
      });
}

Result<MetadataDocument> read_metadata(std::string_view json) {
  std::optional<DateTime> date;  // cozy-emails' name for sentAt
  bool says_attachment = false;  // else it follows from the attachments
  FileLists lists;
  auto result = read_document(
      json, MetadataDocument{}, [&](MetadataDocument& d, std::string_view name, JsonValue& v) {
        if (name == "_id") return read_string(v, d.id);
        if (name == "messageId" || name == "messageID") return read_message_ids(v, d.message_ids);
        if (name == "inReplyTo") return read_message_ids(v, d.in_reply_to);
        if (name == "references") return read_message_ids(v, d.references);
        if (name == "from") return read_addresses(v, d.from);
        if (name == "to") return read_addresses(v, d.to);
        if (name == "cc") return read_addresses(v, d.cc);
        if (name == "bcc") return read_addresses(v, d.bcc);
        if (name == "replyTo") return read_addresses(v, d.reply_to);
        if (name == "sender") return read_addresses(v, d.sender);
        if (name == "subject") return read_string(v, d.subject);
        if (name == "sentAt") return read_time(v, d.sent_at);
        if (name == "date") return read_time(v, date);
        if (name == "receivedAt") return read_time(v, d.received_at);
        if (name == "size") return read_integer(v, d.size);
        if (name == "preview") return read_string(v, d.preview);
        if (name == "mailboxIds" || name == "mailboxIDs") return read_set(v, d.mailbox_ids);
        if (name == "keywords") return read_keywords(v, d.keywords);
        if (name == "flags") return read_flags(v, d.keywords);
        if (name == "headers") return read_headers(v, d.headers);
        if (name == "hasAttachment" || name == "hasAttachments") {
          says_attachment = true;
          return read_bool(v, d.has_attachment);
        }
        if (name == "attachments") return read_attachments(v, d.attachments, lists.file_names);
        if (name == "cut") return read_strings(v, d.cut);
        if (name == "contents") return read_strings(v, d.contents);
        if (name == "_attachments") lists.files = attached_files_in(v);
        if (name == "text" || name == "html") {
          if (auto content = string_in(v)) {
            d.inline_bodies.push_back(
                {name == "text" ? "text/plain" : "text/html", *std::move(content)});
          }
        }
      });
  if (result && !result->sent_at) result->sent_at = date;
  if (result && !says_attachment) result->has_attachment = !result->attachments.empty();
  if (result) {
    join_attachments(std::move(lists), *result);
    std::stable_sort(
        result->inline_bodies.begin(), result->inline_bodies.end(),
        [](const InlineBody& a, const InlineBody& b) { return a.type > b.type; });  // plain first
  }
  return result;
}

Result<ContentDocument> read_content(std::string_view json) {
  std::vector<AttachedBody> attached;
  auto result = read_document(json, ContentDocument{},
                              [&attached](ContentDocument& d, std::string_view name, JsonValue& v) {
                                if (name == "_id") return read_string(v, d.id);
                                if (name == "email") return read_string(v, d.email);
                                if (name == "type") return read_string(v, d.type);
                                if (name == "content") return read_string(v, d.content);
                                if (name == "truncated") read_bool(v, d.truncated);
                                if (name == "_attachments") attached = attached_files_in(v);
                              });
  if (!result || !result->content.empty()) return result;
  const auto text = std::find_if(attached.begin(), attached.end(), [](const AttachedBody& body) {
    return body.type == "text/plain" || body.type == "text/html";
  });
  if (text == attached.end()) return result;
  if (result->type.empty()) result->type = text->type;
  result->attached = std::move(*text);
  return result;
}

Result<Mailbox> read_mailbox(std::string_view json) {
  std::string label;  // cozy-emails' name for name
  auto result =
      read_document(json, Mailbox{}, [&label](Mailbox& d, std::string_view name, JsonValue& v) {
        if (name == "_id") return read_string(v, d.id);
        if (name == "name") return read_string(v, d.name);
        if (name == "label") return read_string(v, label);
        if (name == "parentId") d.parent_id = string_in(v);
        if (name == "role") d.role = string_in(v);
        if (name == "sortOrder") read_integer(v, d.sort_order);
      });
  if (result && result->name.empty()) result->name = std::move(label);
  return result;
}

Result<FileDocument> read_file(std::string_view json) {
  return read_document(json, FileDocument{},
                       [](FileDocument& d, std::string_view name, JsonValue& v) {
                         if (name == "_id") return read_string(v, d.id);
                         if (name == "name") return read_string(v, d.name);
                         if (name == "path") return read_string(v, d.path);
                         if (name == "mime") return read_string(v, d.type);
                         if (name == "size") return read_integer(v, d.size);
                         if (name == "tags") return read_strings(v, d.tags);
                         if (name == "created_at") return read_time(v, d.created_at);
                         if (name == "updated_at") return read_time(v, d.updated_at);
                         if (name == "trashed") return read_bool(v, d.trashed);
                         if (name == "type") d.is_directory = token(v) == "\"directory\"";
                         if (name == "content" || name == "text") read_string(v, d.content);
                         if (name == "md5sum") read_string(v, d.md5sum);
                       });
}

Result<std::optional<DateTime>> read_message_date(std::string_view json) {
  std::optional<DateTime> sent_at, date;
  auto result =
      read_document(json, std::optional<DateTime>{},
                    [&](std::optional<DateTime>& received_at, std::string_view name, JsonValue& v) {
                      if (name == "receivedAt") read_time(v, received_at);
                      if (name == "sentAt") read_time(v, sent_at);
                      if (name == "date") read_time(v, date);
                    });
  if (result && !*result) *result = sent_at ? sent_at : date;
  return result;
}

}  // namespace mail
