#include "indexer/import_documents.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "indexer/mailbox_roles.hpp"
#include "indexer/maildir.hpp"
#include "indexer/sha256.hpp"
#include "mail/ascii.hpp"

namespace indexer {
namespace {

constexpr std::string_view kRoleOrder[] = {"inbox", "drafts", "sent", "archive", "junk", "trash"};
static_assert(std::size(kRoleOrder) + 1 == kSortOrderWithoutRole);

constexpr std::size_t kMaxSlug = 100;  // bytes
constexpr std::size_t kMaxLevels = 50;  // a deeper name is treated as one level

// "sent-2020" of "Sent/2020".
struct Slug {
  std::string text;
  bool tells_all = true;  // false: characters beyond ASCII, or beyond the longest, are not in it
};
Slug slug_of(const std::string& name) {
  Slug slug;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte)) {
      slug.text += static_cast<char>(std::tolower(byte));
    } else {
      if (byte >= 0x80) slug.tells_all = false;
      if (!slug.text.empty() && slug.text.back() != '-') slug.text += '-';
    }
  }
  while (slug.text.ends_with('-')) slug.text.pop_back();
  if (slug.text.size() > kMaxSlug) slug.text.resize(kMaxSlug);
  if (slug.text.empty() || slug.text.size() == kMaxSlug) slug.tells_all = false;
  return slug;
}

std::string with_digest(std::string slug, const std::string& name, std::size_t digits) {
  if (!slug.empty()) slug += '-';
  return slug + sha256_hex(name).substr(0, digits);
}

// Fields that `message` has kept and the document that is there has not, by their names.
std::vector<std::pair<std::string, std::string>> missing_headers(
    const mail::MetadataDocument& present, const ImportedMessage& message) {
  std::vector<std::pair<std::string, std::string>> missing;
  for (const auto& header : message.metadata.headers) {
    const bool is_there = std::any_of(
        present.headers.begin(), present.headers.end(),
        [&](const auto& each) { return mail::equal_ignoring_case(each.first, header.first); });
    if (!is_there) missing.push_back(header);
  }
  return missing;
}

// Those of `wanted` that are not in `present`.
std::vector<std::string> missing_from(const std::vector<std::string>& present,
                                      const std::vector<std::string>& wanted) {
  std::vector<std::string> missing;
  for (const std::string& each : wanted) {
    if (std::find(present.begin(), present.end(), each) == present.end()) missing.push_back(each);
  }
  return missing;
}

bool is_same_set(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return missing_from(a, b).empty() && missing_from(b, a).empty();
}

// The keywords that the file manages as it has them, all others as they are.
std::vector<std::string> merge_keywords(const mail::MetadataDocument& present,
                                        const ImportedMessage& message) {
  auto keywords = missing_from(*message.managed_keywords, present.keywords);
  keywords.insert(keywords.end(), message.metadata.keywords.begin(),
                  message.metadata.keywords.end());
  return keywords;
}

}  // namespace

std::string message_digest(std::string_view raw) { return sha256_hex(raw).substr(0, 32); }

std::vector<std::string> levels_of_mailbox(const std::string& name) {
  // The inbox is one, in whatever case (RFC 3501 section 5.1).
  const std::size_t top = name.find('/');
  const std::string whole = top == 0 || top == std::string::npos
                                ? name
                                : mailbox_name(name.substr(0, top)) + name.substr(top);
  std::vector<std::string> levels;
  for (std::size_t slash = whole.find('/', 1);
       slash != std::string::npos && slash + 1 < whole.size(); slash = whole.find('/', slash + 1)) {
    levels.push_back(whole.substr(0, slash));
    if (levels.size() == kMaxLevels) return {whole};
  }
  levels.push_back(whole);
  return levels;
}

mail::Mailbox mailbox_of_name(const std::string& name) {
  mail::Mailbox mailbox;
  const Slug slug = slug_of(name);
  mailbox.id = slug.tells_all ? slug.text : with_digest(slug.text, name, 8);
  const auto levels = levels_of_mailbox(name);
  mailbox.name = levels.size() == 1 ? name : name.substr(name.rfind('/', name.size() - 2) + 1);
  mailbox.sort_order = kSortOrderWithoutRole;
  if (const std::string_view role = role_of_name(name); !role.empty()) {
    mailbox.role = role;
    mailbox.sort_order =
        std::find(std::begin(kRoleOrder), std::end(kRoleOrder), role) - kRoleOrder + 1;
  }
  return mailbox;
}

std::string distinct_mailbox_id(const std::string& name) {
  return with_digest(slug_of(name).text, name, 16);
}

std::string with_original(std::string document, std::string_view value) {
  document.pop_back();
  document += fmt::format(R"(,"_attachments":{{"{}":)", kOriginalName);
  document += value;
  document += "}}";
  return document;
}

mail::Result<std::optional<std::string>> reimported_document(std::string_view document,
                                                             const ImportedMessage& message,
                                                             bool takes_keywords) {
  // Bounds the nesting, which nlohmann's writer follows on the stack.
  const auto present = mail::read_metadata(document);
  if (!present) return present.error();
  const auto mailboxes = missing_from(present->mailbox_ids, message.metadata.mailbox_ids);
  std::vector<std::string> keywords;
  const bool has_keywords = takes_keywords && message.managed_keywords;
  if (has_keywords) keywords = merge_keywords(*present, message);
  const bool same_keywords = !has_keywords || is_same_set(keywords, present->keywords);
  const auto headers = missing_headers(*present, message);
  const bool takes_date =
      !present->received_at && !present->sent_at && message.metadata.received_at;
  if (mailboxes.empty() && same_keywords && headers.empty() && !takes_date)
    return std::optional<std::string>();

  auto json = nlohmann::ordered_json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return mail::Malformed{"its JSON cannot be written back unchanged"};
  if (!mailboxes.empty()) {
    auto& member = json["mailboxIds"];
    if (!member.is_object()) member = nlohmann::ordered_json::object();
    for (const std::string& id : mailboxes) member[id] = true;
  }
  if (!same_keywords) {
    json["keywords"] = nlohmann::ordered_json::object();
    for (const std::string& keyword : keywords) json["keywords"][keyword] = true;
  }
  if (!headers.empty()) {
    auto& member = json["headers"];
    if (!member.is_array()) member = nlohmann::ordered_json::array();
    for (const auto& [name, value] : headers) member.push_back({name, value});
  }
  if (takes_date) json["receivedAt"] = mail::to_rfc3339(*message.metadata.received_at);
  return std::optional<std::string>(json.dump());
}

std::vector<ImportedMessage*> merge_repeated(std::span<ImportedMessage> messages) {
  std::vector<ImportedMessage*> unique;
  std::unordered_map<std::string_view, ImportedMessage*> by_id;
  for (ImportedMessage& message : messages) {
    const auto [first, is_first] = by_id.emplace(message.metadata.id, &message);
    if (is_first) {
      unique.push_back(&message);
      continue;
    }
    std::vector<std::string>& mailboxes = first->second->metadata.mailbox_ids;
    for (std::string& id : missing_from(mailboxes, message.metadata.mailbox_ids))
      mailboxes.push_back(std::move(id));
  }
  return unique;
}

}  // namespace indexer
