#include "tests/support/memory_json.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "tests/support/bytes.hpp"

namespace support::memory {
namespace {

using Json = nlohmann::ordered_json;

const NamedAttachment* find_named(const std::vector<NamedAttachment>& attachments,
                                  std::string_view name) {
  const auto found = std::ranges::find(attachments, name, &NamedAttachment::name);
  return found == attachments.end() ? nullptr : &*found;
}

// CouchDB looks for a stub's attachment in the revisions that the document has.
const NamedAttachment* find_stub(const Document* known, std::string_view name) {
  if (known == nullptr) return nullptr;
  for (std::size_t i = known->tree.size(); i > 0; --i) {
    const auto& content = known->tree[i - 1].content;
    if (!content) continue;
    if (const auto* named = find_named(content->attachments, name)) return named;
  }
  return nullptr;
}

NamedAttachment read_attachment(const std::string& name, const Json& json, const Document* known) {
  if (json.contains("data")) {
    const auto bytes = from_base64(json.at("data").get<std::string>());
    if (!bytes) throw Refusal{400, "bad_request", "Attachment data must be a base64 string"};
    const std::string type = json.value("content_type", "application/octet-stream");
    return {name, make_attachment(type, *bytes), json.value("revpos", std::uint64_t{0})};
  }
  const auto* named = find_stub(known, name);
  if (named == nullptr)
    throw Refusal{412, "missing_stub", "Invalid attachment stub in document for " + name};
  return *named;
}

void append_attachments(std::string& json, const std::vector<NamedAttachment>& attachments,
                        const Rendering& rendering) {
  json += ",\"_attachments\":{";
  for (const auto& named : attachments) {
    if (json.back() != '{') json += ',';
    const Attachment& attachment = *named.attachment;
    append_string(json, named.name);
    json += ":{\"content_type\":";
    append_string(json, attachment.content_type);
    fmt::format_to(std::back_inserter(json), R"(,"revpos":{},"digest":"{}")", named.revpos,
                   attachment.digest);
    if (rendering.attachment_data) {
      json += ",\"data\":\"" + base64(bytes_of(attachment)) + '"';
    } else {
      fmt::format_to(std::back_inserter(json), R"(,"length":{},"stub":true)", attachment.length);
    }
    if (rendering.attachment_encoding && attachment.is_gzip) {
      fmt::format_to(std::back_inserter(json), R"(,"encoding":"gzip","encoded_length":{})",
                     attachment.stored.size());
    }
    json += '}';
  }
  json += '}';
}

void append_losers(std::string& json, const Document& document, std::string_view member,
                   bool deleted) {
  std::string list;
  for (const std::size_t leaf : document.tree.leaves()) {
    const Revision& revision = document.tree[leaf];
    if (leaf == document.tree.leaves().front() || revision.content->deleted != deleted) continue;
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", revision.rev.to_string());
  }
  if (!list.empty()) json += fmt::format(",\"{}\":[{}]", member, list);
}

void append_revisions(std::string& json, const Document& document, std::size_t index) {
  fmt::format_to(std::back_inserter(json), R"(,"_revisions":{{"start":{},"ids":[)",
                 document.tree[index].rev.generation);
  for (const std::string& digest : document.tree.path(index))
    json += fmt::format("{}\"{}\"", json.back() == '[' ? "" : ",", digest);
  json += "]}";
}

void append_revs_info(std::string& json, const Document& document, std::size_t index) {
  json += ",\"_revs_info\":[";
  for (std::optional<std::size_t> at = index; at; at = document.tree[*at].parent) {
    const Revision& revision = document.tree[*at];
    const std::string_view status = !revision.content           ? "missing"
                                    : revision.content->deleted ? "deleted"
                                                                : "available";
    json += fmt::format(R"({}{{"rev":"{}","status":"{}"}})", json.back() == '[' ? "" : ",",
                        revision.rev.to_string(), status);
  }
  json += ']';
}

}  // namespace

void append_string(std::string& json, std::string_view text) {
  json += Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore);
}

void append_document(std::string& json, const Document& document, std::size_t index,
                     const Rendering& rendering) {
  const Revision& revision = document.tree[index];
  const Content& content = *revision.content;
  json += "{\"_id\":";
  append_string(json, document.id);
  fmt::format_to(std::back_inserter(json), R"(,"_rev":"{}-{}")", revision.rev.generation,
                 revision.rev.digest);
  if (content.deleted) json += ",\"_deleted\":true";
  if (!content.members.empty()) {
    json += ',';
    json += content.members;
  }
  if (rendering.revisions) append_revisions(json, document, index);
  if (rendering.revs_info) append_revs_info(json, document, index);
  if (rendering.conflicts) append_losers(json, document, "_conflicts", false);
  if (rendering.deleted_conflicts) append_losers(json, document, "_deleted_conflicts", true);
  if (!content.attachments.empty()) append_attachments(json, content.attachments, rendering);
  json += '}';
}

void append_local_document(std::string& json, std::string_view id, const LocalDocument& document) {
  json += "{\"_id\":";
  append_string(json, id);
  fmt::format_to(std::back_inserter(json), R"(,"_rev":"0-{}")", document.rev);
  if (!document.members.empty()) json += ',' + document.members;
  json += '}';
}

std::string members_of(std::string_view object) {
  const auto begin = object.find('{');
  const auto end = object.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  std::string_view members = object.substr(begin + 1, end - begin - 1);
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (!members.empty() && is_space(members.front())) members.remove_prefix(1);
  while (!members.empty() && is_space(members.back())) members.remove_suffix(1);
  return std::string(members);
}

SentDocument read_document(const Json& json, const Document* known) {
  if (!json.is_object()) throw Refusal{400, "bad_request", "Document must be a JSON object"};
  SentDocument sent;
  Json members = Json::object();
  for (const auto& [name, value] : json.items()) {
    if (name == "_id") {
      if (!value.is_string()) throw Refusal{400, "illegal_docid", "Document id must be a string"};
      sent.id = value;
    } else if (name == "_rev") {
      sent.rev = value.is_string() ? Rev::parse(value.get<std::string>()) : std::nullopt;
      if (!sent.rev && !value.is_null()) throw Refusal{400, "bad_request", "Invalid rev format"};
    } else if (name == "_deleted") {
      sent.content.deleted = value.is_boolean() && value.get<bool>();
    } else if (name == "_revisions") {
      sent.start = value.at("start");
      sent.path = value.at("ids").get<std::vector<std::string>>();
    } else if (name == "_attachments") {
      for (const auto& [attachment, stub] : value.items())
        sent.content.attachments.push_back(read_attachment(attachment, stub, known));
    } else if (name.starts_with('_')) {
      static constexpr auto kIgnored = {"_conflicts", "_deleted_conflicts", "_revs_info",
                                        "_local_seq"};
      if (std::ranges::find(kIgnored, name) == kIgnored.end())
        throw Refusal{400, "doc_validation", "Bad special document member: " + name};
    } else {
      members[name] = value;
    }
  }
  sent.content.members = members_of(members.dump());
  if (sent.path.empty() && sent.rev) {
    sent.start = sent.rev->generation;
    sent.path = {sent.rev->digest};
  }
  return sent;
}

}  // namespace support::memory
