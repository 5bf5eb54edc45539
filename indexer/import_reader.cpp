#include "indexer/import_reader.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <istream>
#include <sys/stat.h>

#include "indexer/export_format.hpp"
#include "indexer/mbox.hpp"
#include "indexer/restore.hpp"

namespace indexer {
namespace {

constexpr std::string_view kMboxBegin = "From ";

mail::DateTime file_time(std::int64_t seconds) {
  return {std::chrono::sys_seconds(std::chrono::seconds(seconds))};
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
  const auto size = static_cast<std::size_t>(status.st_size);
  Origin origin{file.string(), folder.mailbox, file_time(status.st_mtime)};
  if (folder.kind == MailFolder::Kind::kMaildir)
    return read_maildir_file(folder, name, size, std::move(origin));

  const FileForm form = form_of(file);
  if (form.kind == FileForm::Kind::kArchive) {
    pipeline_.refuse(origin.path, "is a tar among other files: import it by its name");
  } else if (form.is_compressed) {
    read_compressed(file, form.kind, std::move(origin));
  } else if (form.kind == FileForm::Kind::kMbox) {
    std::ifstream in(file, std::ios::binary);
    read_mbox(in, origin);
  } else if (size > kMaxMessageBytes) {
    pipeline_.refuse(origin.path, too_large());
  } else {
    pipeline_.push(
        {.path = origin.path, .file = file, .mailbox = origin.mailbox, .arrived = origin.arrived},
        size);
  }
}

void ImportReader::read_maildir_file(const MailFolder& folder, const std::string& name,
                                     std::size_t size, Origin origin) {
  if (size > kMaxMessageBytes) return pipeline_.refuse(origin.path, too_large());
  if (const auto delivered = maildir_delivery(name)) origin.arrived = delivered;
  pipeline_.push({.path = origin.path,
                  .file = folder.path / name,
                  .keywords = maildir_keywords(name, folder.letters),
                  .managed_keywords = maildir_managed_keywords(name, folder.letters),
                  .mailbox = origin.mailbox,
                  .arrived = origin.arrived},
                 size);
}

void ImportReader::read_compressed(const std::filesystem::path& file, FileForm::Kind kind,
                                   Origin origin) {
  try {
    ArchiveReader archive(file, progress_);
    ArchiveMember member;
    if (!archive.next(member)) return pipeline_.refuse(origin.path, "is empty");
    ArchiveMemberStream bytes(archive);
    std::istream in(&bytes);
    in.exceptions(std::ios::badbit);
    if (kind == FileForm::Kind::kMbox) return read_mbox(in, origin);
    read_message(in, {.path = origin.path, .mailbox = origin.mailbox, .arrived = origin.arrived});
  } catch (const ArchiveError& error) {
    std::string_view reason = error.what();
    if (reason.starts_with(origin.path + ": ")) reason.remove_prefix(origin.path.size() + 2);
    pipeline_.refuse(origin.path, std::string(reason));
  }
}

void ImportReader::read_mbox(std::istream& in, const Origin& origin) {
  MboxReader reader(in, kMaxMessageBytes);
  MboxReader::Message message;
  for (int number = 1; reader.next(message); ++number) {
    if (message.is_expunged) continue;
    if (number > 1) ++progress_.of;
    std::string name = fmt::format("{}#{}", origin.path, number);
    if (message.too_large) {
      pipeline_.refuse(std::move(name), too_large());
      continue;
    }
    const std::size_t bytes = message.raw.size();
    pipeline_.push({.path = std::move(name),
                    .raw = std::move(message.raw),
                    .keywords = std::move(message.keywords),
                    .mailbox = origin.mailbox,
                    .arrived = message.delivered ? message.delivered : origin.arrived},
                   bytes);
  }
  if (in.bad()) pipeline_.refuse(origin.path, "reading it failed midway");
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
  ArchiveMember member;
  while (archive.next(member)) {
    if (member.is_file) read_member(archive, member, name);
  }
}

void ImportReader::read_member(ArchiveReader& archive, const ArchiveMember& member,
                               const std::string& name) {
  auto place = mailbox_of_member(member.path);
  if (!place && member.is_whole)
    place = mailbox_of_member("mail");  // it was asked for, whatever it is called
  if (!place) return;
  ++progress_.of;
  FoundMessage message{.path = fmt::format("{}:{}", name, member.path), .mailbox = place->mailbox};
  if (member.is_whole) message.path = name;
  if (member.modified) message.arrived = mail::DateTime{*member.modified};
  ArchiveMemberStream bytes(archive);
  std::istream in(&bytes);
  in.exceptions(std::ios::badbit);  // what is wrong with the archive ends the import
  message.raw.resize(kMboxBegin.size());
  in.read(message.raw.data(), static_cast<std::streamsize>(kMboxBegin.size()));
  message.raw.resize(static_cast<std::size_t>(in.gcount()));
  if (!place->is_maildir && message.raw == kMboxBegin) {
    in.clear();
    return read_mbox(in, {message.path, place->mbox_mailbox, message.arrived});
  }
  if (place->is_maildir) {
    const std::string file_name = std::filesystem::path(member.path).filename().string();
    message.keywords = maildir_keywords(file_name, {});
    message.managed_keywords = maildir_managed_keywords(file_name, {});
    if (const auto delivered = maildir_delivery(file_name)) message.arrived = delivered;
  }
  read_message(in, std::move(message));
}

}  // namespace indexer
