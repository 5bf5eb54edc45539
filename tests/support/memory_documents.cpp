// Documents, attachments and `_local` documents of the CouchDB in memory.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "tests/support/bytes.hpp"
#include "tests/support/memory_routes.hpp"

namespace support::memory {
namespace {

using Json = nlohmann::ordered_json;

const Refusal kMissing{404, "not_found", "missing"};
const Refusal kConflict{409, "conflict", "Document update conflict."};

Rev parse_rev(const std::string& text) {
  const auto rev = Rev::parse(text);
  if (!rev) throw Refusal{400, "bad_request", "Invalid rev format"};
  return *rev;
}

const Document& known(const DatabaseRequest& asked, const std::string& id) {
  const Document* document = asked.database.find(id);
  if (document == nullptr) throw kMissing;
  return *document;
}

// The revision that `rev` names (the winner when it is not there), with its content.
std::size_t revision_index(const DatabaseRequest& asked, const Document& document) {
  const std::string rev = asked.request.parameter("rev");
  if (rev.empty()) {
    const std::size_t winner = document.tree.leaves().front();
    if (document.tree[winner].content->deleted) throw Refusal{404, "not_found", "deleted"};
    return winner;
  }
  auto index = document.tree.find(parse_rev(rev));
  if (index && asked.request.is_true("latest")) index = document.tree.leaves_below(*index).front();
  if (!index || !document.tree[*index].content) throw kMissing;
  return *index;
}

Rendering rendering_of(const Request& request) {
  const bool meta = request.is_true("meta");
  return {.revisions = request.is_true("revs"),
          .conflicts = meta || request.is_true("conflicts"),
          .deleted_conflicts = meta || request.is_true("deleted_conflicts"),
          .revs_info = meta || request.is_true("revs_info"),
          .attachment_data = request.is_true("attachments"),
          .attachment_encoding = request.is_true("att_encoding_info")};
}

Answer answer_open_revs(const DatabaseRequest& asked, const Document& document) {
  const Rendering rendering = rendering_of(asked.request);
  Answer reply;
  reply.chunks = {"["};
  const auto add = [&](std::size_t index) {
    std::string row = reply.chunks.size() > 1 ? ",{\"ok\":" : "{\"ok\":";
    append_document(row, document, index, rendering);
    reply.chunks.push_back(row + '}');
  };
  const std::string wanted = asked.request.parameter("open_revs");
  if (wanted == "all") {
    for (const std::size_t leaf : document.tree.leaves()) add(leaf);
  } else {
    const Json revs = Json::parse(wanted, nullptr, false);
    if (!revs.is_array()) throw Refusal{400, "bad_request", "invalid UTF-8 JSON"};
    for (const std::string rev : revs) {
      const auto index = document.tree.find(parse_rev(rev));
      if (index && asked.request.is_true("latest")) {
        for (const std::size_t leaf : document.tree.leaves_below(*index)) add(leaf);
      } else if (index && document.tree[*index].content) {
        add(*index);
      } else {
        reply.chunks.push_back((reply.chunks.size() > 1 ? ",{\"missing\":\"" : "{\"missing\":\"") +
                               rev + "\"}");
      }
    }
  }
  reply.chunks.emplace_back("]");
  return reply;
}

Answer get_document(const DatabaseRequest& asked, const std::string& id) {
  const Document& document = known(asked, id);
  if (!asked.request.parameter("open_revs").empty()) return answer_open_revs(asked, document);
  const std::size_t index = revision_index(asked, document);
  const std::string tag = '"' + document.tree[index].rev.to_string() + '"';
  Answer reply;
  reply.fields = "ETag: " + tag + "\r\n";
  if (asked.request.field("If-None-Match") == tag) {
    reply.status = 304;
    return reply;
  }
  append_document(reply.payload, document, index, rendering_of(asked.request));
  reply.payload += '\n';
  return reply;
}

Answer written(int status, const std::string& id, const Rev& rev) {
  Answer reply;
  reply.status = status;
  reply.payload = "{\"ok\":true,\"id\":";
  append_string(reply.payload, id);
  reply.payload += fmt::format(",\"rev\":\"{}\"}}\n", rev.to_string());
  reply.fields = fmt::format("ETag: \"{}\"\r\n", rev.to_string());
  return reply;
}

Answer put_document(const DatabaseRequest& asked, const std::string& id) {
  SentDocument sent = read_document(payload_of(asked.request), asked.database.find(id));
  sent.id = id;
  if (asked.request.parameter("new_edits") == "false") {
    if (!sent.rev) throw Refusal{400, "bad_request", "Missing revision"};
    asked.database.graft(id, sent.start, sent.path, std::move(sent.content));
    asked.server.moved(asked.database.name(), "updated");
    return written(201, id, *sent.rev);
  }
  const std::string rev = asked.request.parameter("rev");
  if (!rev.empty()) sent.rev = parse_rev(rev);
  return written(201, id, edit(asked, std::move(sent)));
}

Answer delete_document(const DatabaseRequest& asked, const std::string& id) {
  const std::string rev = asked.request.parameter("rev");
  (void)known(asked, id);
  if (rev.empty()) throw kConflict;
  SentDocument tombstone;
  tombstone.id = id;
  tombstone.rev = parse_rev(rev);
  tombstone.content.deleted = true;
  return written(200, id, edit(asked, std::move(tombstone)));
}

// "bytes=0-7" or "bytes=8-", clipped to what is there. Nothing when it cannot be read.
std::optional<std::pair<std::size_t, std::size_t>> parse_range(const std::string& field,
                                                               std::size_t size) {
  if (!field.starts_with("bytes=") || size == 0) return std::nullopt;
  std::size_t first = 0;
  std::size_t last = size - 1;
  const char* const end = field.data() + field.size();
  const auto begin = std::from_chars(field.data() + 6, end, first);
  if (begin.ec != std::errc() || begin.ptr == end || *begin.ptr != '-') return std::nullopt;
  std::from_chars(begin.ptr + 1, end, last);
  if (first >= size || last < first) return std::nullopt;
  return {{first, std::min(last, size - 1)}};
}

Answer get_attachment(const DatabaseRequest& asked, const std::string& id,
                      const std::string& name) {
  const Document& document = known(asked, id);
  const auto& attachments = document.tree[revision_index(asked, document)].content->attachments;
  const auto found = std::ranges::find(attachments, name, &NamedAttachment::name);
  if (found == attachments.end()) throw Refusal{404, "not_found", "Document is missing attachment"};
  const Attachment& attachment = *found->attachment;
  Answer reply;
  reply.content_type = attachment.content_type;
  reply.fields = fmt::format("Accept-Ranges: {}\r\nETag: \"{}\"\r\n",
                             attachment.is_gzip ? "none" : "bytes", attachment.digest.substr(4));
  if (attachment.is_gzip) {
    const bool packed = asked.request.field("Accept-Encoding").find("gzip") != std::string::npos;
    if (packed) reply.fields += "Content-Encoding: gzip\r\n";
    reply.payload = packed ? attachment.stored : bytes_of(attachment);
    return reply;
  }
  reply.payload = attachment.stored;
  const std::string range = asked.request.field("Range");
  if (range.empty()) return reply;
  const auto part = parse_range(range, attachment.stored.size());
  if (!part) {
    reply.status = 416;
    reply.fields += fmt::format("Content-Range: bytes */{}\r\n", attachment.stored.size());
    reply.payload.clear();
    return reply;
  }
  reply.status = 206;
  reply.fields += fmt::format("Content-Range: bytes {}-{}/{}\r\n", part->first, part->second,
                              attachment.stored.size());
  reply.payload = attachment.stored.substr(part->first, part->second - part->first + 1);
  return reply;
}

// Writes (or, without bytes, removes) one attachment: a new revision of the document.
Answer change_attachment(const DatabaseRequest& asked, const std::string& id,
                         const std::string& name, const std::string* bytes) {
  SentDocument sent;
  sent.id = id;
  const std::string rev = asked.request.parameter("rev");
  if (!rev.empty()) {
    sent.rev = parse_rev(rev);
    const Document& document = known(asked, id);
    const auto index = document.tree.find(*sent.rev);
    if (!index || !document.tree[*index].content) throw kConflict;
    sent.content = *document.tree[*index].content;
  }
  std::erase_if(sent.content.attachments,
                [&name](const NamedAttachment& named) { return named.name == name; });
  if (bytes != nullptr) {
    std::string type = asked.request.field("Content-Type");
    if (type.empty()) type = "application/octet-stream";
    sent.content.attachments.insert(sent.content.attachments.begin(),
                                    {name, make_attachment(std::move(type), *bytes), 0});
  }
  return written(bytes == nullptr ? 200 : 201, id, edit(asked, std::move(sent)));
}

Answer written_local(int status, const std::string& id, std::uint64_t rev) {
  Answer reply;
  reply.status = status;
  reply.payload = "{\"ok\":true,\"id\":";
  append_string(reply.payload, id);
  reply.payload += fmt::format(",\"rev\":\"0-{}\"}}\n", rev);
  return reply;
}

}  // namespace

Rev edit(const DatabaseRequest& asked, SentDocument sent) {
  const auto rev = asked.database.edit(sent.id, sent.rev, std::move(sent.content));
  if (!rev) throw kConflict;
  asked.server.moved(asked.database.name(), "updated");
  return *rev;
}

Answer answer_document(const DatabaseRequest& asked) {
  const bool is_design = asked.path[0] == "_design" && asked.path.size() > 1;
  const std::string id = is_design ? asked.path[0] + '/' + asked.path[1] : asked.path[0];
  if (asked.request.method == "GET") return get_document(asked, id);
  if (asked.request.method == "PUT") return put_document(asked, id);
  if (asked.request.method == "DELETE") return delete_document(asked, id);
  throw Refusal{405, "method_not_allowed", "Only DELETE,GET,HEAD,POST,PUT,COPY allowed"};
}

Answer answer_attachment(const DatabaseRequest& asked) {
  std::string name = asked.path[1];
  for (std::size_t i = 2; i < asked.path.size(); ++i) name += '/' + asked.path[i];
  const std::string& id = asked.path[0];
  if (asked.request.method == "GET") return get_attachment(asked, id, name);
  if (asked.request.method == "PUT")
    return change_attachment(asked, id, name, &asked.request.http.body());
  if (asked.request.method == "DELETE") return change_attachment(asked, id, name, nullptr);
  throw Refusal{405, "method_not_allowed", "Only GET,HEAD,PUT,DELETE allowed"};
}

Answer answer_local_document(const DatabaseRequest& asked) {
  std::string id = "_local";
  for (std::size_t i = 1; i < asked.path.size(); ++i) id += '/' + asked.path[i];
  auto& documents = asked.database.local_documents();
  const auto found = documents.find(id);
  if (asked.request.method == "GET") {
    if (found == documents.end()) throw kMissing;
    Answer reply;
    append_local_document(reply.payload, id, found->second);
    reply.payload += '\n';
    return reply;
  }
  if (asked.request.method == "DELETE") {
    if (found == documents.end()) throw kMissing;
    documents.erase(found);
    return written_local(200, id, 0);
  }
  if (asked.request.method != "PUT")
    throw Refusal{405, "method_not_allowed", "Only DELETE,GET,HEAD,POST,PUT,COPY allowed"};
  Json json = payload_of(asked.request);
  std::uint64_t parent = 0;
  const std::string rev = json.value("_rev", asked.request.parameter("rev"));
  if (rev.starts_with("0-")) std::from_chars(rev.data() + 2, rev.data() + rev.size(), parent);
  // CouchDB 3 counts on from whatever revision it is told; 1.x wants the one that is there.
  const std::uint64_t present = found == documents.end() ? 0 : found->second.rev;
  if (asked.server.options.dialect == CouchDialect::kCouchdb1 && parent != present) throw kConflict;
  json.erase("_id");
  json.erase("_rev");
  documents[id] = {parent + 1, members_of(json.dump())};
  return written_local(201, id, parent + 1);
}

}  // namespace support::memory
