#include "indexer/texts.hpp"

#include <optional>
#include <utility>

#include "indexer/bodies.hpp"
#include "mail/html.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr std::string_view kPlain = "text/plain";
constexpr std::string_view kHtml = "text/html";

mail::Malformed absent(const std::string& doc_id) {
  return {"document " + doc_id + " is not in the store"};
}

// Plain texts follow each other; HTML counts only where there is none of them with content.
class BodyText {
 public:
  void add(std::string_view type, std::string&& content) {
    if (!mail::has_content(content)) return;
    if (type == kHtml) {
      if (html_.empty()) html_ = std::move(content);
    } else if (plain_.empty()) {
      plain_ = std::move(content);
    } else {
      plain_.append("\n\n").append(content);
    }
  }
  void add(std::vector<Body>&& bodies) {
    for (auto& body : bodies) add(body.type, std::move(body.content));
  }
  [[nodiscard]] bool has_plain() const { return !plain_.empty(); }
  [[nodiscard]] bool is_empty() const { return plain_.empty() && html_.empty(); }
  [[nodiscard]] std::string take() {
    return plain_.empty() ? mail::html_to_text(html_) : std::move(plain_);
  }

 private:
  std::string plain_;
  std::string html_;
};

bool is_html(const TextEntry& entry, std::size_t index) {
  return index < entry.content_types.size() && entry.content_types[index] == kHtml;
}

std::string body_of(const Stores& stores, const TextEntry& entry,
                    const mail::MetadataDocument& message) {
  const Bodies bodies(stores, stores.content_reads().index);
  BodyText text;
  text.add(bodies.of_metadata(message));
  for (const bool html : {false, true}) {
    if (html && text.has_plain()) break;
    for (std::size_t i = 0; i < entry.contents.size(); ++i) {
      if (is_html(entry, i) != html) continue;
      auto body = bodies.of_content(entry.contents[i]);
      if (body) text.add(body->type, std::move(body->content));
    }
  }
  if (text.is_empty()) text.add(bodies.of_original(message));
  return text.take();
}

mail::Result<EntryText> read_message(const Stores& stores, const TextEntry& entry,
                                     Extractor* extractor) {
  const auto json = stores.read_live(mail::Doctype::kEmails, entry.doc_id);
  if (!json) return absent(entry.doc_id);
  auto message = mail::read_metadata(*json);
  if (!message) return message.error();
  complete_from_original(*message, stores.blobs());
  EntryText text;
  if (extractor != nullptr)
    text.attachments = FileTexts(stores, *extractor).texts(attached_files(*message, *json));
  text.body = body_of(stores, entry, *message);
  text.from = std::move(message->from);
  text.to = std::move(message->to);
  text.cc = std::move(message->cc);
  text.bcc = std::move(message->bcc);
  text.subject = std::move(message->subject);
  text.message_ids = std::move(message->message_ids);
  text.headers = std::move(message->headers);
  for (auto& attachment : message->attachments) {
    if (!attachment.name.empty()) text.attachment_names.push_back(std::move(attachment.name));
    if (!attachment.type.empty()) text.attachment_types.push_back(std::move(attachment.type));
  }
  return text;
}

// The text that the document brings along, or that of its bytes.
std::string file_body(const Stores& stores, mail::FileDocument& file, std::string_view document,
                      Extractor* extractor) {
  const auto stored = stored_file(file, document);
  if (!stored) return std::move(file.content);
  if (extractor == nullptr) return known_text(stores, *stored).value_or("");
  auto texts = FileTexts(stores, *extractor).texts({*stored});
  return texts.empty() ? std::string() : std::move(texts.front());
}

mail::Result<EntryText> read_file_text(const Stores& stores, const TextEntry& entry,
                                       Extractor* extractor) {
  const auto json = stores.read_live(mail::Doctype::kFiles, entry.doc_id);
  if (!json) return absent(entry.doc_id);
  auto file = mail::read_file(*json);
  if (!file) return file.error();
  EntryText text;
  text.body = file_body(stores, *file, *json, extractor);
  text.subject = file->name;
  text.attachment_names = {std::move(file->name)};
  text.tags = std::move(file->tags);
  text.path = std::move(file->path);
  text.type = std::move(file->type);
  return text;
}

// The one that a snippet is cut from: plain text where the catalog knows of one.
std::size_t content_for_snippet(const TextEntry& entry) {
  for (std::size_t i = 0; i < entry.contents.size(); ++i) {
    if (i < entry.content_types.size() && entry.content_types[i] == kPlain) return i;
  }
  return 0;
}

}  // namespace

std::string new_text(const std::vector<mail::TextRun>& runs) {
  std::string own, all;
  for (const auto& run : runs) {
    all += run.text;
    if (run.is_new) own += run.text;
  }
  return mail::has_content(own) ? own : all;
}

mail::Result<EntryText> Texts::read(const TextEntry& entry) const {
  return entry.kind == Kind::kMail ? read_message(stores_, entry, extractor_)
                                   : read_file_text(stores_, entry, extractor_);
}

std::vector<AttachedFile> Texts::attachments(const TextEntry& entry) const {
  const auto json = stores_.read_live(mail::Doctype::kEmails, entry.doc_id);
  if (entry.kind != Kind::kMail || !json) return {};
  auto message = mail::read_metadata(*json);
  if (!message) return {};
  complete_from_original(*message, stores_.blobs());
  return attached_files(*message, *json);
}

std::vector<std::pair<std::string, FileType>> Texts::unreadable_files(
    const TextEntry& entry) const {
  auto files = attachments(entry);
  if (entry.kind == Kind::kFile) {
    const auto json = stores_.read_live(mail::Doctype::kFiles, entry.doc_id);
    const auto file = json ? mail::read_file(*json) : mail::Malformed{"gone"};
    if (const auto stored = file ? stored_file(*file, *json) : std::nullopt) files = {*stored};
  }
  std::vector<std::pair<std::string, FileType>> unreadable;
  for (const auto& file : files) {
    if (auto digest = unreadable_digest(stores_, file))
      unreadable.emplace_back(std::move(*digest), file.type);
  }
  return unreadable;
}

std::string Texts::snippet_text(const TextEntry& entry) const {
  BodyText body;
  if (entry.kind == Kind::kFile) {
    auto text = read_file_text(stores_, entry, nullptr);
    return text ? std::move(text->body) : std::string();
  }
  const Bodies bodies(stores_, stores_.content_reads().snippet);
  if (!entry.contents.empty()) {
    const auto first = content_for_snippet(entry);
    auto content = bodies.of_content(entry.contents[first]);
    if (content) body.add(content->type, std::move(content->content));
    // Beside HTML, the plain text may have nothing to read.
    for (std::size_t i = 0; i < entry.contents.size() && body.is_empty(); ++i) {
      if (i == first || !is_html(entry, i)) continue;
      if (auto html = bodies.of_content(entry.contents[i]))
        body.add(html->type, std::move(html->content));
    }
  } else if (const auto json = stores_.read_live(mail::Doctype::kEmails, entry.doc_id)) {
    if (const auto message = mail::read_metadata(*json)) {
      body.add(bodies.of_metadata(*message));
      if (body.is_empty()) body.add(bodies.of_original(*message));
    }
  }
  return body.take();
}

}  // namespace indexer
