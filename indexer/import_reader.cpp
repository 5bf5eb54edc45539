#include "indexer/import_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <istream>
#include <sstream>
#include <sys/stat.h>

#include "indexer/export_format.hpp"
#include "indexer/file_form.hpp"
#include "indexer/maildir.hpp"
#include "indexer/mbox.hpp"
#include "indexer/restore.hpp"

namespace indexer {
namespace {

constexpr const char* kTarWithin = "is a tar among other files: import it by its name";

mail::DateTime file_time(std::int64_t seconds) {
  return {std::chrono::sys_seconds(std::chrono::seconds(seconds))};
}

bool is_letters(const ArchiveMember& member) {
  return std::filesystem::path(member.path).filename() == kDovecotKeywords;
}

// "cur/1" of "./cur/1".
std::string plain_path(const std::filesystem::path& path) {
  return path.lexically_normal().relative_path().string();
}

void add_maildir_state(std::string_view file_name, std::span<const std::string> letters,
                       FoundMessage& message) {
  message.keywords = maildir_keywords(file_name, letters);
  message.managed_keywords = maildir_managed_keywords(file_name, letters);
  if (const auto delivered = maildir_delivery(file_name)) message.arrived = delivered;
}

void add_mh_state(std::string_view file_name, const MhSequences& sequences, FoundMessage& message) {
  static const auto managed =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"$seen"});
  auto keywords = sequences.keywords_of(file_name);
  if (!keywords) return;
  message.keywords = std::move(*keywords);
  message.managed_keywords = managed;
}

}  // namespace

void ImportReader::read(const MailFolder& folder) {
  for (const std::string& name : folder.names) {
    if (folder.kind == MailFolder::Kind::kArchives) {
      ArchiveReader archive(folder.path / name, progress_);
      read(archive, (folder.path / name).string());
    } else {
      read_file(folder, name);
    }
  }
}

void ImportReader::read_file(const MailFolder& folder, const std::string& name) {
  const std::filesystem::path file = folder.path / name;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0)
    return pipeline_.refuse(file.string(), std::strerror(errno));
  Source source{.message = {.path = file.string(),
                            .mailboxes = {folder.mailbox},
                            .arrived = file_time(status.st_mtime)}};
  if (folder.kind == MailFolder::Kind::kMaildir) {
    add_maildir_state(name, folder.letters, source.message);
  } else {
    source.mbox = {mbox_name(file, folder.mbox_parent), names_mailbox(file)};
    if (folder.sequences) add_mh_state(name, *folder.sequences, source.message);
  }

  const FileForm form = form_of(file);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (form.is_compressed) {
    std::ifstream in(file, std::ios::binary);
    read_compressed(in, std::move(source));
  } else if (form.kind == FileForm::Kind::kArchive) {
    pipeline_.refuse(file.string(), kTarWithin);
  } else if (form.kind == FileForm::Kind::kMbox && source.mbox) {
    std::ifstream in(file, std::ios::binary);
    read_mbox(in, std::move(source));
  } else if (size == 0 && source.mbox && source.mbox->is_named) {
    --progress_.of;  // a mailbox without messages
  } else if (size > kMaxMessageBytes) {
    pipeline_.refuse(file.string(), too_large());
  } else {
    source.message.file = file;
    pipeline_.push(std::move(source.message), size);
  }
}

void ImportReader::read_compressed(std::istream& in, Source source) {
  const std::string path = source.message.path;
  try {
    ArchiveReader archive(in, path, progress_);
    ArchiveMember member;
    if (!archive.next(member)) return pipeline_.refuse(path, "is empty");
    if (!member.is_whole) return pipeline_.refuse(path, kTarWithin);
    ArchiveMemberStream bytes(archive);
    const std::string_view beginning = bytes.beginning();
    std::istream uncompressed(&bytes);
    read_uncompressed(uncompressed, beginning, std::move(source));
  } catch (const ArchiveError& error) {
    std::string_view reason = error.what();
    if (reason.starts_with(path + ": ")) reason.remove_prefix(path.size() + 2);
    pipeline_.refuse(path, std::string(reason));
  }
}

void ImportReader::read_uncompressed(std::istream& in, std::string_view beginning, Source source) {
  const bool is_mbox = source.mbox && uncompressed_kind(beginning) == FileForm::Kind::kMbox;
  in.exceptions(std::ios::badbit);  // the reason is that of the archive
  if (is_mbox) {
    read_mbox(in, std::move(source));
  } else {
    read_message(in, std::move(source.message));
  }
}

void ImportReader::read_mbox(std::istream& in, Source source) {
  MboxReader reader(in, kMaxMessageBytes);
  MboxReader::Message message;
  bool is_counted = true;  // the file was
  for (int number = 1; reader.next(message); ++number) {
    if (number == 1 && (source.mbox->is_named || reader.has_next()))
      source.message.mailboxes = {source.mbox->name};
    if (message.is_no_mail) continue;
    if (!is_counted) ++progress_.of;
    is_counted = false;
    std::string name = fmt::format("{}#{}", source.message.path, number);
    if (message.too_large) {
      pipeline_.refuse(std::move(name), too_large());
      continue;
    }
    FoundMessage found = source.message;
    const std::size_t bytes = message.raw.size();
    found.path = std::move(name);
    found.raw = std::move(message.raw);
    for (std::string& keyword : message.keywords) {
      if (std::find(found.keywords.begin(), found.keywords.end(), keyword) == found.keywords.end())
        found.keywords.push_back(std::move(keyword));
    }
    if (!message.mailboxes.empty()) found.mailboxes = std::move(message.mailboxes);
    if (message.delivered) found.arrived = message.delivered;
    pipeline_.push(std::move(found), bytes);
  }
  if (is_counted) --progress_.of;
  if (in.bad()) pipeline_.refuse(source.message.path, "reading it failed midway");
}

void ImportReader::read_message(std::istream& in, FoundMessage message) {
  std::string piece(std::size_t{64} << 10, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
    message.raw.append(piece, 0, static_cast<std::size_t>(in.gcount()));
    if (message.raw.size() > kMaxMessageBytes)
      return pipeline_.refuse(std::move(message.path), too_large());
  }
  const std::size_t size = message.raw.size();
  pipeline_.push(std::move(message), size);
}

void ImportReader::read(ArchiveReader& archive, const std::string& name) {
  if (is_export(archive))
    throw ExportRefused(
        fmt::format("{} is an export: import it alone, into a local account", name));
  letters_.clear();
  without_letters_.clear();
  was_scanned_ = false;
  links_.clear();
  ArchiveMember member;
  while (archive.next(member)) {
    if (!member.link_target.empty()) {
      if (mailbox_of_member(member.path))
        links_[plain_path(member.path)] = plain_path(member.link_target);
    } else if (member.is_file && is_letters(member)) {
      read_letters_member(archive, member, name);
    } else if (member.is_file) {
      read_member(archive, member, name);
    }
  }
  read_links(name);
}

std::optional<ImportReader::Source> ImportReader::source_of(const ArchiveMember& member,
                                                            const std::string& name) {
  // A pipe was asked for, whatever it is called.
  const auto place = member.is_whole ? MemberMailbox{mailbox_name(""), mailbox_name("")}
                                     : mailbox_of_member(member.path);
  if (!place) return std::nullopt;
  Source source{
      .message = {.path = member.is_whole ? name : fmt::format("{}:{}", name, member.path),
                  .mailboxes = {place->mailbox}}};
  if (member.modified) source.message.arrived = mail::DateTime{*member.modified};
  const std::filesystem::path path(member.path);
  if (place->is_maildir) {
    add_maildir_state(path.filename().string(), letters_of(path, name), source.message);
  } else {
    source.mbox = {place->mbox_mailbox, names_mailbox(path) && !member.is_whole};
  }
  return source;
}

void ImportReader::read_member(ArchiveReader& archive, const ArchiveMember& member,
                               const std::string& name) {
  auto source = source_of(member, name);
  if (!source) return;
  ArchiveMemberStream bytes(archive);  // what is wrong with the archive ends the import
  const std::string_view beginning = bytes.beginning();
  std::istream in(&bytes);
  read_member_bytes(in, beginning, *std::move(source));
}

void ImportReader::read_member_bytes(std::istream& in, std::string_view beginning, Source source) {
  if (beginning.empty() && source.mbox && source.mbox->is_named) return;
  ++progress_.of;
  if (begins_as_compressed(beginning)) {
    read_compressed(in, std::move(source));
  } else if (begins_as_tar(beginning)) {
    pipeline_.refuse(std::move(source.message.path), kTarWithin);
  } else {
    read_uncompressed(in, beginning, std::move(source));
  }
}

void ImportReader::read_links(const std::string& name) {
  std::map<std::string, std::vector<std::string>> links_to;  // files
  for (const auto& [link, target] : links_) links_to[file_of_link(link)].push_back(link);
  const bool is_pipe = !std::filesystem::is_regular_file(name);  // cannot be read twice
  if (!links_to.empty() && !is_pipe) {
    ArchiveReader archive(name, progress_);
    ArchiveMember member;
    while (!links_to.empty() && archive.next(member)) {
      const auto found = member.is_file ? links_to.find(plain_path(member.path)) : links_to.end();
      if (found == links_to.end()) continue;
      read_linked(archive, member, found->second, name);
      links_to.erase(found);
    }
  }
  for (const auto& [file, links] : links_to) {
    const std::string reason =
        fmt::format("is a link to {}{}", file,
                    is_pipe ? ": import the tar as a file" : ", which is no file of the tar");
    progress_.of += static_cast<std::int64_t>(links.size());
    for (const std::string& link : links)
      pipeline_.refuse(fmt::format("{}:{}", name, link), reason);
  }
}

void ImportReader::read_linked(ArchiveReader& archive, const ArchiveMember& member,
                               std::span<const std::string> links, const std::string& name) {
  std::string bytes(std::min<std::size_t>(member.size, kMaxMessageBytes + 1), '\0');
  bytes.resize(archive.read(bytes));
  std::istringstream in(std::move(bytes));
  for (const std::string& link : links) {
    ArchiveMember linked = member;
    linked.path = link;
    auto source = source_of(linked, name);
    if (!source) continue;
    if (member.size > kMaxMessageBytes) {
      ++progress_.of;
      pipeline_.refuse(std::move(source->message.path), too_large());
      continue;
    }
    in.clear();
    in.seekg(0);
    read_member_bytes(in, in.view().substr(0, kArchiveBeginning), *std::move(source));
  }
}

// Links may lead to links, and in a circle.
std::string ImportReader::file_of_link(const std::string& link) const {
  constexpr int kMaxLinks = 40;  // in a row, as the kernel follows them
  std::string file = link;
  for (int links = 0; links < kMaxLinks; ++links) {
    const auto at = links_.find(file);
    if (at == links_.end()) break;
    file = at->second;
  }
  return file;
}

void ImportReader::read_letters_member(ArchiveReader& archive, const ArchiveMember& member,
                                       const std::string& name) {
  const auto maildir = std::filesystem::path(member.path).parent_path();
  if (without_letters_.contains(maildir)) {
    return pipeline_.refuse(fmt::format("{}:{}", name, member.path),
                            "comes after messages with keywords that it names, which they lack "
                            "now: import the tar as a file");
  }
  ArchiveMemberStream bytes(archive);
  std::istream in(&bytes);
  letters_[maildir] = read_letters(in);
}

std::vector<std::string> ImportReader::letters_of(const std::filesystem::path& member,
                                                  const std::string& name) {
  if (!maildir_has_letters(member.filename().string())) return {};
  if (!was_scanned_) scan_letters(name);
  const auto maildir = member.parent_path().parent_path();
  const auto known = letters_.find(maildir);
  if (known != letters_.end()) return known->second;
  without_letters_.insert(maildir);
  return {};
}

// A message may come before the file that names its keywords. A pipe cannot be read twice.
void ImportReader::scan_letters(const std::string& name) {
  was_scanned_ = true;
  if (!std::filesystem::is_regular_file(name)) return;
  try {
    ArchiveReader archive(name, progress_);
    ArchiveMember member;
    while (archive.next(member)) {
      if (member.is_file && is_letters(member)) read_letters_member(archive, member, name);
    }
  } catch (const ArchiveError&) {
    // Reading the messages will come to the same place, and say so.
  }
}

}  // namespace indexer
