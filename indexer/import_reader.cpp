#include "indexer/import_reader.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <istream>
#include <sys/stat.h>

#include "indexer/export_format.hpp"
#include "indexer/restore.hpp"

namespace indexer {
namespace {

constexpr std::string_view kMboxBegin = "From ";

bool begins_as_mbox(std::istream& in) {
  char begin[kMboxBegin.size()] = {};
  in.read(begin, sizeof begin);
  return in.gcount() == sizeof begin && std::string_view(begin, sizeof begin) == kMboxBegin;
}

bool is_mbox(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return begins_as_mbox(in);
}

}  // namespace

void ImportReader::read(const MailFolder& folder) {
  for (const std::string& name : folder.names) {
    if (folder.kind == MailFolder::Kind::kArchives) {
      ArchiveReader archive(folder.path / name);
      read(archive, (folder.path / name).string());
    } else {
      read_file(folder, name);
    }
  }
}

void ImportReader::read_file(const MailFolder& folder, const std::string& name) {
  const std::filesystem::path file = folder.path / name;
  const bool is_maildir = folder.kind == MailFolder::Kind::kMaildir;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    pipeline_.refuse(file.string(), std::strerror(errno));
  } else if (!is_maildir && is_mbox(file)) {
    std::ifstream in(file, std::ios::binary);
    read_mbox(in, file.string(), folder.mailbox);
  } else if (static_cast<std::size_t>(status.st_size) > kMaxMessageBytes) {
    pipeline_.refuse(file.string(), too_large());
  } else {
    FoundMessage message{file.string(), file, {}, {}, {}, folder.mailbox};
    if (is_maildir) {
      message.keywords = maildir_keywords(name, folder.letters);
      message.ruled = maildir_ruled_keywords(name, folder.letters);
    }
    pipeline_.push(std::move(message), static_cast<std::size_t>(status.st_size));
  }
}

void ImportReader::read_mbox(std::istream& in, const std::string& path,
                             const std::string& mailbox) {
  MboxReader reader(in, kMaxMessageBytes);
  MboxReader::Message message;
  for (int number = 1; reader.next(message); ++number) {
    if (number > 1) ++progress_.of;
    std::string name = fmt::format("{}#{}", path, number);
    if (message.too_large) {
      pipeline_.refuse(std::move(name), too_large());
      continue;
    }
    const std::size_t bytes = message.raw.size();
    pipeline_.push(
        {std::move(name), {}, std::move(message.raw), std::move(message.keywords), {}, mailbox},
        bytes);
  }
  if (in.bad()) pipeline_.refuse(path, "reading it failed midway");
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
  const auto place = place_in_archive(member.path);
  if (!place) return;
  ++progress_.of;
  const std::string path = fmt::format("{}:{}", name, member.path);
  ArchiveMemberStream bytes(archive);
  std::istream in(&bytes);
  in.exceptions(std::ios::badbit);  // what is wrong with the archive ends the import
  FoundMessage message{path, {}, {}, {}, {}, place->mailbox};
  message.raw.resize(kMboxBegin.size());
  in.read(message.raw.data(), static_cast<std::streamsize>(kMboxBegin.size()));
  message.raw.resize(static_cast<std::size_t>(in.gcount()));
  if (!place->is_maildir && message.raw == kMboxBegin) {
    in.clear();
    return read_mbox(in, path, place->mbox_mailbox);
  }
  std::string piece(std::size_t{64} << 10, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
    message.raw.append(piece, 0, static_cast<std::size_t>(in.gcount()));
    if (message.raw.size() > kMaxMessageBytes) return pipeline_.refuse(path, too_large());
  }
  if (place->is_maildir) {
    const std::string file_name = std::filesystem::path(member.path).filename().string();
    message.keywords = maildir_keywords(file_name, {});
    message.ruled = maildir_ruled_keywords(file_name, {});
  }
  const std::size_t size = message.raw.size();
  pipeline_.push(std::move(message), size);
}

}  // namespace indexer
