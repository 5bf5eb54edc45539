#include "indexer/import_documents.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/sha.h>
#include <unordered_map>

namespace indexer {
namespace {

std::string sha256_hex(std::string_view bytes, std::size_t digits) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(digits);
  for (std::size_t i = 0; i < digits; ++i)
    hex += kDigits[(digest[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xf];
  return hex;
}

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
  return slug + (slug.empty() ? "" : "-") + sha256_hex(name, 8);
}

}  // namespace

std::string message_digest(std::string_view raw) { return sha256_hex(raw, 32); }

mail::Mailbox mailbox_of_name(const std::string& name) {
  mail::Mailbox mailbox;
  mailbox.id = slug_of(name);
  mailbox.name = name;
  mailbox.sort_order = static_cast<std::int64_t>(std::size(kRoleOrder)) + 1;
  for (const WellKnown& known : kWellKnown) {
    if (known.id != mailbox.id) continue;
    mailbox.role = known.role;
    mailbox.sort_order =
        std::find(std::begin(kRoleOrder), std::end(kRoleOrder), known.role) - kRoleOrder + 1;
  }
  return mailbox;
}

std::string with_original(std::string document, std::string_view value) {
  document.pop_back();
  document += fmt::format(R"(,"_attachments":{{"{}":)", kOriginalName);
  document += value;
  document += "}}";
  return document;
}

mail::Result<std::string> with_mailboxes(std::string_view document,
                                         std::span<const std::string> mailbox_ids) {
  // Bounds the nesting, which nlohmann's writer follows on the stack.
  if (const auto readable = mail::read_metadata(document); !readable) return readable.error();
  auto json = nlohmann::ordered_json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return mail::Malformed{"its JSON cannot be written back unchanged"};
  auto& mailboxes = json["mailboxIds"];
  if (!mailboxes.is_object()) mailboxes = nlohmann::ordered_json::object();
  for (const std::string& id : mailbox_ids) mailboxes[id] = true;
  return {boost::system::in_place_value, json.dump()};
}

std::vector<std::string> missing_mailboxes(const std::vector<std::string>& wanted,
                                           const std::vector<std::string>& present) {
  std::vector<std::string> missing;
  for (const std::string& id : wanted) {
    if (std::find(present.begin(), present.end(), id) == present.end()) missing.push_back(id);
  }
  return missing;
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
    for (std::string& id : missing_mailboxes(message.metadata.mailbox_ids, mailboxes))
      mailboxes.push_back(std::move(id));
  }
  return unique;
}

}  // namespace indexer
