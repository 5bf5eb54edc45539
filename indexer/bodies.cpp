#include "indexer/bodies.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "indexer/blob_bytes.hpp"
#include "mail/charset.hpp"
#include "mail/html.hpp"
#include "mail/parser.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

std::optional<std::string> text_of(const mail::AttachedBody& body, const replica::Blobs& blobs) {
  const auto bytes = blob_bytes(blobs, body.digest);
  if (!bytes) return std::nullopt;
  return mail::to_utf8(*bytes, body.charset);
}

std::optional<mail::ParsedMessage> parse_original(const mail::MetadataDocument& message,
                                                  const replica::Blobs& blobs) {
  if (!message.original) return std::nullopt;
  const auto raw = blob_bytes(blobs, message.original->digest);
  if (!raw) return std::nullopt;
  auto parsed = mail::parse_message(*raw);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace

std::optional<Body> Bodies::of_content(const std::string& content_id) const {
  const auto json = stores_.read_live(mail::Doctype::kContents, content_id);
  if (!json) return std::nullopt;
  ++reads_;
  auto content = mail::read_content(*json);
  if (!content) return std::nullopt;
  if (content->attached) {
    auto text = text_of(*content->attached, stores_.blobs());
    if (!text) return std::nullopt;
    content->content = *std::move(text);
  }
  return Body{content_id, std::move(content->type), std::move(content->content),
              content->truncated};
}

std::vector<Body> Bodies::of_metadata(const mail::MetadataDocument& message) const {
  std::vector<Body> bodies;
  for (const auto& body : message.inline_bodies)
    bodies.push_back({"inline", body.type, body.content, false});
  for (const auto& body : message.attached_bodies) {
    if (auto text = text_of(body, stores_.blobs()))
      bodies.push_back({body.name, body.type, *std::move(text), false});
  }
  return bodies;
}

std::vector<Body> Bodies::of_original(const mail::MetadataDocument& message) const {
  std::vector<Body> bodies;
  auto parsed = parse_original(message, stores_.blobs());
  if (!parsed) return bodies;
  for (auto& body : parsed->bodies)
    bodies.push_back(
        {message.original->name, std::move(body.type), std::move(body.content), body.truncated});
  return bodies;
}

std::vector<mail::AttachedBody> attached_bodies_here(const mail::MetadataDocument& message,
                                                     const replica::Blobs& blobs) {
  std::vector<mail::AttachedBody> here;
  std::copy_if(message.attached_bodies.begin(), message.attached_bodies.end(),
               std::back_inserter(here),
               [&blobs](const mail::AttachedBody& body) { return blobs.contains(body.digest); });
  // Content documents that are named may never come.
  const bool has_others = !message.inline_bodies.empty() || !here.empty();
  if (message.original && !has_others && blobs.contains(message.original->digest))
    here.push_back(*message.original);
  return here;
}

std::string preview_of(const std::vector<Body>& bodies) {
  for (const auto& body : bodies) {
    if (!mail::has_content(body.content)) continue;
    return body.type == "text/html" ? mail::preview_of(mail::html_to_text(body.content))
                                    : mail::preview_of(body.content);
  }
  return {};
}

void complete_from_original(mail::MetadataDocument& message, const replica::Blobs& blobs) {
  const bool has_own = !message.message_ids.empty() || !message.from.empty() ||
                       !message.subject.empty() || message.sent_at;
  if (has_own) return;
  auto parsed = parse_original(message, blobs);
  if (!parsed) return;
  auto& found = parsed->metadata;
  found.id = std::move(message.id);
  found.mailbox_ids = std::move(message.mailbox_ids);
  found.keywords = std::move(message.keywords);
  found.contents = std::move(message.contents);
  found.inline_bodies = std::move(message.inline_bodies);
  found.attached_bodies = std::move(message.attached_bodies);
  found.original = std::move(message.original);
  if (message.received_at) found.received_at = message.received_at;
  if (!message.preview.empty()) found.preview = std::move(message.preview);
  message = std::move(found);
}

}  // namespace indexer
