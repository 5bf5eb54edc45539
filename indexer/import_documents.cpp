#include "indexer/import_documents.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "indexer/sha256.hpp"

namespace indexer {
namespace {

struct WellKnown {
  std::string_view id;
  std::string_view role;
};
constexpr WellKnown kWellKnown[] = {
    {"inbox", "inbox"},         {"drafts", "drafts"},
    {"draft", "drafts"},        {"sent", "sent"},
    {"sent-items", "sent"},     {"sent-mail", "sent"},
    {"sent-messages", "sent"},  {"archive", "archive"},
    {"archives", "archive"},    {"junk", "junk"},
    {"spam", "junk"},           {"junk-e-mail", "junk"},
    {"junk-email", "junk"},     {"trash", "trash"},
    {"deleted-items", "trash"}, {"deleted-messages", "trash"},
};
constexpr std::string_view kRoleOrder[] = {"inbox", "drafts", "sent", "archive", "junk", "trash"};

std::string slug_of(const std::string& name) {
  std::string slug;
  bool beyond_ascii = false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte)) {
      slug += static_cast<char>(std::tolower(byte));
    } else {
      beyond_ascii |= byte >= 0x80;
      if (!slug.empty() && slug.back() != '-') slug += '-';
    }
  }
  while (slug.ends_with('-')) slug.pop_back();
  if (slug.size() > 100) slug.resize(100);
  if (!beyond_ascii && !slug.empty() && slug.size() < 100) return slug;
  return slug + (slug.empty() ? "" : "-") + sha256_hex(name).substr(0, 8);
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

// Those that the file does not rule as they are, those that it rules as it has them.
std::vector<std::string> ruled_keywords(const mail::MetadataDocument& present,
                                        const ImportedMessage& message) {
  auto keywords = missing_from(*message.ruled, present.keywords);
  keywords.insert(keywords.end(), message.metadata.keywords.begin(),
                  message.metadata.keywords.end());
  return keywords;
}

}  // namespace

std::string message_digest(std::string_view raw) { return sha256_hex(raw).substr(0, 32); }

mail::Mailbox mailbox_of_name(const std::string& name) {
  mail::Mailbox mailbox;
  mailbox.id = slug_of(name);
  const std::size_t slash = name.rfind('/');
  const bool has_parent = slash != std::string::npos && slash > 0 && slash + 1 < name.size();
  mailbox.name = has_parent ? name.substr(slash + 1) : name;
  if (has_parent) mailbox.parent_id = slug_of(name.substr(0, slash));
  mailbox.sort_order = static_cast<std::int64_t>(std::size(kRoleOrder)) + 1;
  for (const WellKnown& known : kWellKnown) {
    if (known.id != mailbox.id) continue;
    mailbox.role = known.role;
    mailbox.sort_order =
        std::find(std::begin(kRoleOrder), std::end(kRoleOrder), known.role) - kRoleOrder + 1;
  }
  return mailbox;
}

std::vector<mail::Mailbox> mailboxes_of_name(const std::string& name) {
  std::vector<mail::Mailbox> mailboxes = {mailbox_of_name(name)};
  for (std::size_t slash = name.rfind('/'); mailboxes.front().parent_id;
       slash = name.rfind('/', slash - 1)) {
    mailboxes.insert(mailboxes.begin(), mailbox_of_name(name.substr(0, slash)));
  }
  return mailboxes;
}

std::string with_original(std::string document, std::string_view value) {
  document.pop_back();
  document += fmt::format(R"(,"_attachments":{{"{}":)", kOriginalName);
  document += value;
  document += "}}";
  return document;
}

mail::Result<std::optional<std::string>> imported_again(std::string_view document,
                                                        const ImportedMessage& message,
                                                        bool takes_keywords) {
  // Bounds the nesting, which nlohmann's writer follows on the stack.
  const auto present = mail::read_metadata(document);
  if (!present) return present.error();
  const auto mailboxes = missing_from(present->mailbox_ids, message.metadata.mailbox_ids);
  std::vector<std::string> keywords;
  const bool rules = takes_keywords && message.ruled;
  if (rules) keywords = ruled_keywords(*present, message);
  const bool same_keywords = !rules || is_same_set(keywords, present->keywords);
  if (mailboxes.empty() && same_keywords) return std::optional<std::string>();

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
