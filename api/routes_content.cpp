#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "api/percent.hpp"
#include "api/render.hpp"
#include "api/route.hpp"
#include "api/terminal.hpp"
#include "mail/documents.hpp"
#include "mail/html.hpp"
#include "mail/parser.hpp"
#include "mail/text.hpp"
#include "replica/attachments.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxFileNameCharacters = 120;
constexpr std::size_t kMaxExtension = 10;  // bytes, with its dot

// What came by mail runs no script and fetches nothing but images of the message itself, whatever the sanitiser let through.
constexpr std::string_view kMailPolicy =
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src "
    "'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; img-src 'self' "
    "data:";
// Appended when remote images are wanted.
constexpr std::string_view kRemoteImages = " http: https:";

bool accepts(std::string_view accept, std::string_view type) {
  if (accept.empty()) return true;
  const std::string any_subtype = fmt::format("{}/*", type.substr(0, type.find('/')));
  return accept.find(type) != accept.npos || accept.find("*/*") != accept.npos ||
         accept.find(any_subtype) != accept.npos;
}

std::vector<indexer::Body> all_made_safe(std::vector<indexer::Body> bodies,
                                         const mail::SafeHtmlOptions& safe) {
  for (auto& body : bodies) {
    if (body.type == "text/html") body.content = mail::sanitize_html(body.content, safe);
  }
  return bodies;
}

// Images that a message's HTML names by their Content-ID are shown from its attachments.
mail::SafeHtmlOptions safe_html_options(const Call& call, indexer::Account& account,
                                        bool remote_images) {
  const auto json = account.metadata_document(call.segments[1]);
  auto metadata = json ? mail::read_metadata(*json) : mail::MetadataDocument{};
  std::map<std::string, std::string, std::less<>> urls;
  if (metadata) {
    for (auto& attachment : metadata->attachments) {
      if (attachment.cid.empty()) continue;
      urls.emplace(std::move(attachment.cid),
                   fmt::format("/v1/accounts/{}/messages/{}/attachments/{}",
                               percent_encode(call.segments[0]), percent_encode(call.segments[1]),
                               percent_encode(attachment.part_id)));
    }
  }
  return {remote_images, [urls = std::move(urls)](std::string_view content_id) {
            const auto found = urls.find(content_id);
            return found == urls.end() ? std::string() : found->second;
          }};
}

// Whether the document of a message without bodies names one: as a content document, or in a file that is not here.
bool is_awaited(indexer::Account& account, const std::string& id) {
  const auto json = account.metadata_document(id);
  const auto metadata = json ? mail::read_metadata(*json) : mail::MetadataDocument{};
  if (!metadata) return false;
  const auto& original = metadata->original;
  return !metadata->contents.empty() || !metadata->attached_bodies.empty() ||
         (original && !account.stores().blobs().contains(original->digest));
}

HttpResponse source_failed(const replica::SourceError& error) {
  using Kind = replica::SourceError::Kind;
  if (error.kind() == Kind::kTimeout)
    return error_response(504, "sourceTimeout",
                          fmt::format("the source did not send it in time: {}", error.what()));
  if (error.kind() == Kind::kNotFound)
    return error_response(404, "unknownAttachment",
                          fmt::format("the source does not have it any more: {}", error.what()));
  return error_response(
      502, "sourceFailed",
      fmt::format("it is not kept here, and the source failed: {}", error.what()));
}

// A message's document, and the revision that it is of.
struct Document {
  std::string json;
  std::string rev;
  mail::MetadataDocument metadata;
};

std::optional<Document> find_document(indexer::Account& account, const std::string& id) {
  auto json = account.metadata_document(id);
  const auto row = account.message(id);
  if (!json || !row) return std::nullopt;
  auto metadata = mail::read_metadata(*json);
  if (!metadata) return std::nullopt;
  const auto members = nlohmann::json::parse(*row, nullptr, false);
  return Document{std::move(*json), members.value("rev", ""), std::move(*metadata)};
}

// The bytes of an attachment that a document names; they are fetched from the source when they are not here. Else the answer
// that says why there are none.
std::optional<std::string> find_bytes(const Call& call, indexer::Account& account,
                                      const Document& document, const std::string& name,
                                      HttpResponse& otherwise) {
  const auto stub = replica::find_attachment(document.json, name);
  if (!stub) {
    otherwise = unknown("attachment", name, "its document does not have it any more");
    return std::nullopt;
  }
  auto bytes = account.stores().attachment_bytes(stub->digest);
  if (bytes) return bytes;
  replica::WantedBlob wanted;
  wanted.digest = stub->digest;
  wanted.id = document.metadata.id;
  wanted.rev = document.rev;
  wanted.name = name;
  wanted.length = stub->length;
  try {
    call.replication.fetch_blob(call.accounts.find(account.name()), mail::Doctype::kEmails, wanted);
  } catch (const replica::SourceError& error) {
    otherwise = source_failed(error);
    return std::nullopt;
  }
  return account.stores().attachment_bytes(stub->digest);
}

// The original message, or the answer that says why there is none.
std::optional<std::string> find_raw(const Call& call, indexer::Account& account,
                                    const std::string& id, HttpResponse& otherwise) {
  const auto document = find_document(account, id);
  if (!document) {
    otherwise = unknown_message(id);
    return std::nullopt;
  }
  if (!document->metadata.original) {
    otherwise = error_response(
        404, "rawNotKept",
        "the original of this message is not kept: its source has no message/rfc822 attachment for "
        "it; GET …/body gives its text");
    return std::nullopt;
  }
  return find_bytes(call, account, *document, document->metadata.original->name, otherwise);
}

// At most kMaxFileNameCharacters; what is cut off stands before the extension.
std::string shortened(std::string_view name) {
  const auto kept = mail::first_characters(name, kMaxFileNameCharacters);
  if (kept.size() == name.size()) return std::string(name);
  const auto dot = name.rfind('.');
  const auto extension = dot == std::string_view::npos ? "" : name.substr(dot);
  if (extension.size() > kMaxExtension) return std::string(kept);
  return fmt::format(
      "{}{}", mail::first_characters(name, kMaxFileNameCharacters - extension.size()), extension);
}

// RFC 6266 and 5987: a name in ASCII for everybody, the full one for those who know how.
std::string disposition(std::string_view name) {
  std::string cleaned;
  for (const char c : shortened(name)) {
    const bool unsafe = static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == '/' || c == '\\' ||
                        c == '"' || c == ':';
    cleaned += unsafe ? '_' : c;
  }
  cleaned = for_terminal(cleaned);  // nothing that turns the direction of what is read
  const auto visible = cleaned.find_first_not_of(". ");
  cleaned = visible == std::string::npos ? "attachment" : cleaned.substr(visible);
  std::string ascii;
  for (const char c : cleaned) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && c != '%') ascii += c;
    if (byte >= 0xc0 || c == '%') ascii += '_';  // one for each character
  }
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", ascii,
                     percent_encode(cleaned));
}

bool is_media_type(std::string_view type) {
  return std::count(type.begin(), type.end(), '/') == 1 && type.size() < 100 &&
         std::all_of(type.begin(), type.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 ||
                  std::string_view("/!#$&-^_.+").find(static_cast<char>(c)) !=
                      std::string_view::npos;
         });
}

HttpResponse download(std::string bytes, std::string_view type, std::string_view name) {
  HttpResponse response;
  response.content_type = is_media_type(type) ? type : "application/octet-stream";
  response.payload = std::move(bytes);
  response.fields = {{"Content-Disposition", disposition(name)},
                     {"Content-Security-Policy", std::string(kMailPolicy)}};
  return response;
}

}  // namespace

HttpResponse get_body(const Call& call, indexer::Account& account) {
  const std::string& id = call.segments[1];
  Parameters parameters(call.request);
  const std::string type = parameters.choice("type", {"text/plain", "text/html"});
  const bool remote_images = parameters.choice("images", {"none", "remote"}) == "remote";
  if (parameters.mistake()) return *parameters.mistake();
  const bool as_json = call.request.accept.find("application/json") != std::string::npos;
  if (!as_json && !accepts(call.request.accept, type)) {
    return error_response(406, "notAcceptable",
                          fmt::format("a body is given as {} or as application/json", type));
  }
  const auto bodies = account.bodies(id);
  if (!bodies) return unknown_message(id);
  const auto safe = safe_html_options(call, account, remote_images);
  if (as_json) {
    const bool of_one_type = call.request.query.contains("type");
    return json_response(render_bodies(
        id, of_one_type ? bodies_as(*bodies, type, safe) : all_made_safe(*bodies, safe)));
  }
  if (bodies->empty() && is_awaited(account, id))
    return error_response(404, "unknownBody", "the body of this message has not arrived yet");
  const auto chosen = bodies_as(*bodies, type, safe);
  if (chosen.empty() && type == "text/html") {
    return error_response(404, "unknownBody",
                          "this message has no text/html body; ask for type=text/plain");
  }
  HttpResponse response;
  response.content_type = type + "; charset=utf-8";
  for (const auto& body : chosen) {
    if (!response.payload.empty()) response.payload += "\n\n";
    response.payload += body.content;
  }
  response.fields = {
      {"Content-Security-Policy",
       fmt::format("{}{}", kMailPolicy, remote_images ? kRemoteImages : std::string_view())}};
  return response;
}

HttpResponse get_raw(const Call& call, indexer::Account& account) {
  HttpResponse otherwise;
  auto raw = find_raw(call, account, call.segments[1], otherwise);
  return raw ? download(std::move(*raw), "message/rfc822", "message.eml") : otherwise;
}

// An attachment of the document, or else a part of the original message.
HttpResponse get_attachment(const Call& call, indexer::Account& account) {
  HttpResponse otherwise;
  const std::string& part_id = call.segments[2];
  const auto document = find_document(account, call.segments[1]);
  if (!document) return unknown_message(call.segments[1]);
  for (const auto& attachment : document->metadata.attachments) {
    if (attachment.part_id != part_id || attachment.blob.empty()) continue;
    auto bytes = find_bytes(call, account, *document, attachment.blob, otherwise);
    return bytes ? download(std::move(*bytes), attachment.type, attachment.name) : otherwise;
  }
  const auto raw = find_raw(call, account, call.segments[1], otherwise);
  if (!raw) return otherwise;
  auto part = mail::extract_part(*raw, part_id);
  if (!part)
    return unknown("attachment", part_id, "'partId' of a message's attachments names them");
  return download(std::move(part->bytes), part->type, part->name);
}

}  // namespace api
