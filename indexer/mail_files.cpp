#include "indexer/mail_files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "indexer/file_form.hpp"
#include "indexer/maildir.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnFile = "davenport.db";  // in every data folder

// "choir.mbox" of "choir.mbox.gz"
fs::path unpacked_name(const fs::path& file) {
  const fs::path name = file.filename();
  return name.stem().extension() == ".mbox" ? name.stem() : name;
}

// Without the extension it may be one message of many that begin so.
bool is_named_mbox(const fs::path& file) {
  return unpacked_name(file).extension() == ".mbox" && form_of(file).kind == FileForm::Kind::kMbox;
}

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

struct Entries {
  std::vector<std::string> files;
  std::vector<std::string> folders;
};

Entries read_folder(const fs::path& folder) {
  Entries entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::error_code ignored;  // what cannot be looked at, is neither
    if (entry.is_directory(ignored)) {
      if (!entry.is_symlink(ignored)) entries.folders.push_back(entry.path().filename().string());
    } else if (entry.is_regular_file(ignored) &&
               !entry.path().filename().string().starts_with('.')) {
      entries.files.push_back(entry.path().filename().string());
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
      const auto has = [&](const char* part) {
        return std::binary_search(entries.folders.begin(), entries.folders.end(), part);
      };
      if (has("cur") || has("new")) {
        read_maildir(folder, name, entries);
      } else {
        read_plain(folder, name, entries);
      }
    } catch (const fs::filesystem_error& error) {
      tree_.refused.push_back({folder.string(), error.code().message()});
    }
  }

  // An mbox is a mailbox: "choir" of choir.mbox.
  void read_mbox(const fs::path& file, const std::string& parent) {
    const std::string stem = unpacked_name(file).stem().string();
    const std::string name = mailbox_name(stem == "mbox" ? "" : stem);
    tree_.folders.push_back({file.parent_path(),
                             below(parent, name),
                             MailFolder::Kind::kFiles,
                             {file.filename().string()}});
  }

 private:
  void read_maildir(const fs::path& folder, const std::string& name, const Entries& entries) {
    for (const std::string& part : entries.folders) {
      if (part == "tmp") continue;
      if (part == "cur" || part == "new") {
        tree_.folders.push_back({folder / part, mailbox_name(name), MailFolder::Kind::kMaildir,
                                 read_folder(folder / part).files,
                                 read_letters(folder / "dovecot-keywords")});
      } else {
        read(folder / part, below(name, folder_name(part)));
      }
    }
  }

  void read_plain(const fs::path& folder, const std::string& name, const Entries& entries) {
    std::vector<std::string> messages;
    for (const std::string& file : entries.files) {
      if (is_named_mbox(folder / file)) {
        read_mbox(folder / file, name);
      } else {
        messages.push_back(file);
      }
    }
    if (!messages.empty()) {
      tree_.folders.push_back({folder,
                               mailbox_name(name.empty() ? folder.filename().string() : name),
                               MailFolder::Kind::kFiles, std::move(messages)});
    }
    for (const std::string& part : entries.folders) read(folder / part, below(name, part));
  }

  MailTree& tree_;
};

MailFolder archive_at(const fs::path& path) {
  return {path.parent_path(), "", MailFolder::Kind::kArchives, {path.filename().string()}};
}

void add_file(const fs::path& file, MailTree& tree) {
  switch (form_of(file).kind) {
    case FileForm::Kind::kArchive:
      return tree.folders.push_back(archive_at(file));
    case FileForm::Kind::kMbox:
      return TreeReader(tree).read_mbox(file, "");
    case FileForm::Kind::kMessage:
      tree.folders.push_back({file.parent_path(),
                              mailbox_name(""),
                              MailFolder::Kind::kFiles,
                              {file.filename().string()}});
  }
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
