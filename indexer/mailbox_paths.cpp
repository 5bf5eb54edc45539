#include "indexer/mailbox_paths.hpp"

#include <algorithm>

#include "indexer/sha256.hpp"
#include "mail/text.hpp"

namespace indexer {
namespace {

constexpr int kMaxDepth = 20;  // parents may go round in a circle
constexpr std::size_t kMaxFolderName = 100;  // bytes

std::string as_plain(std::string name) {
  if (name.size() > kMaxFolderName) name.resize(kMaxFolderName);
  name = mail::to_valid_utf8(name);
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\') c = '_';
  }
  if (name.empty() || name == "." || name == "..") return "_";
  return name;
}

// Names that are changed stay apart by a digest.
std::string as_folder(const std::string& name) {
  std::string plain = as_plain(name);
  return plain == name ? plain : plain + "-" + sha256_hex(name).substr(0, 8);
}

// A name may itself be of several levels.
std::string as_folders(std::string_view name) {
  std::string folders;
  while (true) {
    const std::size_t slash = name.find('/');
    folders += as_folder(std::string(name.substr(0, slash)));
    if (slash == std::string_view::npos) return folders;
    folders += '/';
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

void MailboxPaths::add(const mail::Mailbox& mailbox) {
  by_id_[mailbox.id] = {mailbox.name, mailbox.parent_id.value_or("")};
}

std::string MailboxPaths::path_of(const std::string& id) const {
  auto at = by_id_.find(id);
  if (at == by_id_.end()) return as_folders(id);
  std::string path = as_folders(at->second.name);
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    at = by_id_.find(at->second.parent);
    if (at == by_id_.end()) break;
    path.insert(0, as_folders(at->second.name) + "/");
  }
  return path;
}

std::vector<std::string> folders_of(const MailboxPaths& paths,
                                    const std::vector<std::string>& mailbox_ids) {
  std::vector<std::string> folders;
  for (const std::string& id : mailbox_ids) folders.push_back(paths.path_of(id));
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  if (folders.empty()) folders.emplace_back("unfiled");
  return folders;
}

}  // namespace indexer
