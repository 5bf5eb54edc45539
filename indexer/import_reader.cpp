#include "indexer/import_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <istream>
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
                            .mailbox = folder.mailbox,
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
    read_uncompressed(bytes, std::move(source));
  } catch (const ArchiveError& error) {
    std::string_view reason = error.what();
    if (reason.starts_with(path + ": ")) reason.remove_prefix(path.size() + 2);
    pipeline_.refuse(path, std::string(reason));
  }
}

void ImportReader::read_uncompressed(ArchiveMemberStream& bytes, Source source) {
  const bool is_mbox = source.mbox && uncompressed_kind(bytes.beginning()) == FileForm::Kind::kMbox;
  std::istream in(&bytes);
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
      source.message.mailbox = source.mbox->name;
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
  ArchiveMember member;
  while (archive.next(member)) {
    if (!member.is_file) continue;
    if (is_letters(member)) {
      read_letters_member(archive, member, name);
    } else {
      read_member(archive, member, name);
    }
  }
}

void ImportReader::read_member(ArchiveReader& archive, const ArchiveMember& member,
                               const std::string& name) {
  // A pipe was asked for, whatever it is called.
  const auto place = member.is_whole ? MemberMailbox{mailbox_name(""), mailbox_name("")}
                                     : mailbox_of_member(member.path);
  if (!place) return;
  Source source{
      .message = {.path = member.is_whole ? name : fmt::format("{}:{}", name, member.path),
                  .mailbox = place->mailbox}};
  if (member.modified) source.message.arrived = mail::DateTime{*member.modified};
  const std::filesystem::path path(member.path);
  if (place->is_maildir) {
    add_maildir_state(path.filename().string(), letters_of(path, name), source.message);
  } else {
    source.mbox = {place->mbox_mailbox, names_mailbox(path) && !member.is_whole};
  }
  ArchiveMemberStream bytes(archive);  // what is wrong with the archive ends the import
  const std::string_view beginning = bytes.beginning();
  if (beginning.empty() && source.mbox && source.mbox->is_named) return;
  ++progress_.of;
  if (begins_as_compressed(beginning)) {
    std::istream in(&bytes);
    read_compressed(in, std::move(source));
  } else if (begins_as_tar(beginning)) {
    pipeline_.refuse(std::move(source.message.path), kTarWithin);
  } else {
    read_uncompressed(bytes, std::move(source));
  }
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
