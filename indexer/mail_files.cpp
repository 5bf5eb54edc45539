#include "indexer/mail_files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

#include "indexer/file_form.hpp"
#include "indexer/maildir.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnFile = "davenport.db";  // in every data folder

// Its files hold no mail as others write it, and an account would be made of its own parts.
void refuse_data_folder(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path at = folder; at != at.parent_path(); at = at.parent_path()) {
    if (!fs::exists(at / kOwnFile, ignored)) continue;
    throw std::runtime_error(fmt::format(
        "{} belongs to davenport's data folder {}, which is not imported: davenport export ACCOUNT "
        "writes what an account has",
        folder.string(), at.string()));
  }
}

// What may be mail, or have mail in it; sorted.
struct Entries {
  std::vector<std::string> files;
  std::vector<std::string> folders;

  [[nodiscard]] bool has_folder(const char* name) const {
    return std::binary_search(folders.begin(), folders.end(), name);
  }
};

bool is_left_out(const std::string& file) {
  return file.starts_with('.') || is_of_mail_program(file) || is_deleted_in_mh(file);
}

Entries read_folder(const fs::path& folder) {
  Entries entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::error_code ignored;  // what cannot be looked at, is neither
    std::string name = entry.path().filename().string();
    if (entry.is_directory(ignored)) {
      if (!entry.is_symlink(ignored) && !is_of_mail_program(name))
        entries.folders.push_back(std::move(name));
    } else if (entry.is_regular_file(ignored) && !is_left_out(name)) {
      entries.files.push_back(std::move(name));
    }
  }
  std::sort(entries.files.begin(), entries.files.end());
  std::sort(entries.folders.begin(), entries.folders.end());
  return entries;
}

class TreeReader {
 public:
  explicit TreeReader(MailTree& tree) : tree_(tree) {}

  // `name` is the mailbox's, empty for a folder that was asked for itself.
  void read(const fs::path& folder, const std::string& name) {
    try {
      const Entries entries = read_folder(folder);
      if (std::binary_search(entries.files.begin(), entries.files.end(), kOwnFile)) {
        tree_.refused.push_back({folder.string(), "is a data folder of davenport"});
        return;
      }
      const bool has_cur = entries.has_folder("cur"), has_new = entries.has_folder("new");
      if ((has_cur && has_new) || ((has_cur || has_new) && entries.files.empty())) {
        read_maildir(folder, name, entries);
      } else {
        read_plain(folder, name, entries);
      }
    } catch (const fs::filesystem_error& error) {
      tree_.refused.push_back({folder.string(), error.code().message()});
    }
  }

 private:
  // There may be other mail beside that of the Maildir.
  void read_maildir(const fs::path& folder, const std::string& name, const Entries& entries) {
    add_files(folder, mailbox_name(name), name, entries.files);
    const bool is_whole = entries.has_folder("cur") && entries.has_folder("new");
    for (const std::string& part : entries.folders) {
      if (part == "tmp" && is_whole) continue;
      if (part == "cur" || part == "new") {
        add_messages(folder, part, name);
      } else {
        read(folder / part, below(name, folder_name(part)));
      }
    }
  }

  // Of cur/ or new/ in a Maildir.
  void add_messages(const fs::path& maildir, const std::string& part, const std::string& name) {
    Entries entries = read_folder(maildir / part);
    std::ifstream keywords(maildir / kDovecotKeywords);
    tree_.folders.push_back({.path = maildir / part,
                             .mailbox = mailbox_name(name),
                             .kind = MailFolder::Kind::kMaildir,
                             .names = std::move(entries.files),
                             .letters = read_letters(keywords)});
    for (const std::string& folder : entries.folders)
      read(maildir / part / folder, below(name, folder_name(folder)));
  }

  void read_plain(const fs::path& folder, const std::string& name, const Entries& entries) {
    const std::string mailbox = name.empty() ? plain_folder_name(folder.filename().string()) : name;
    add_files(folder, mailbox_name(mailbox), name, entries.files);
    for (const std::string& part : entries.folders)
      read(folder / part, below(name, plain_folder_name(part)));
  }

  void add_files(const fs::path& folder, const std::string& mailbox, const std::string& mbox_parent,
                 const std::vector<std::string>& files) {
    if (files.empty()) return;
    tree_.folders.push_back({.path = folder,
                             .mailbox = mailbox,
                             .names = files,
                             .mbox_parent = mbox_parent,
                             .sequences = MhSequences::read(folder)});
  }

  MailTree& tree_;
};

MailFolder archive_at(const fs::path& path) {
  return {path.parent_path(), "", MailFolder::Kind::kArchives, {path.filename().string()}};
}

void add_file(const fs::path& file, MailTree& tree) {
  const FileForm form = form_of(file);
  if (form.kind == FileForm::Kind::kArchive) return tree.folders.push_back(archive_at(file));
  const bool is_mbox = form.kind == FileForm::Kind::kMbox;
  tree.folders.push_back({.path = file.parent_path(),
                          .mailbox = is_mbox ? mbox_name(file, "") : mailbox_name(""),
                          .names = {file.filename().string()}});
}

}  // namespace

MailTree find_mail(std::span<const fs::path> paths) {
  MailTree tree;
  for (const fs::path& given : paths) {
    std::error_code error;
    if (fs::is_fifo(given, error)) {  // it may have no other name
      tree.folders.push_back(archive_at(given));
      continue;
    }
    const fs::path path = fs::canonical(given, error);
    if (error) throw std::runtime_error(fmt::format("{}: {}", given.string(), error.message()));
    if (fs::is_directory(path)) {
      refuse_data_folder(path);
      TreeReader(tree).read(path, "");
    } else if (fs::is_regular_file(path)) {
      add_file(path, tree);
    } else {
      tree.refused.push_back({given.string(), "is neither a file nor a folder"});
    }
  }
  return tree;
}

}  // namespace indexer
