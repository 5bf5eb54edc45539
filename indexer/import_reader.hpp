// Finds the messages of folders, mbox files and archives, and pushes them into a pipeline.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/archive.hpp"
#include "indexer/import_pipeline.hpp"

namespace indexer {

class ImportReader {
 public:
  // Adds messages to `progress.of` that could not be counted beforehand.
  ImportReader(ImportPipeline& pipeline, Progress& progress)
      : pipeline_(pipeline), progress_(progress) {}

  void read(const MailFolder& folder);
  // `name` is that of the archive's file.
  void read(ArchiveReader& archive, const std::string& name);

 private:
  // How the messages of an mbox are filed.
  struct MboxMailbox {
    std::string name;
    // Whether the file's name says that it is a mailbox. If not, an mbox of one message is a message
    // among others.
    bool is_named = false;
  };
  // A file, or a member of an archive.
  struct Source {
    FoundMessage message;  // what is known of its messages beforehand
    std::optional<MboxMailbox> mbox = {};  // nothing: it is a message, whatever it begins with
  };
  void read_file(const MailFolder& folder, const std::string& name);
  void read_compressed(std::istream& in, Source source);
  void read_uncompressed(std::istream& in, std::string_view beginning, Source source);
  void read_mbox(std::istream& in, Source source);
  void read_message(std::istream& in, FoundMessage message);

  // Nothing for a member that is no mail.
  [[nodiscard]] std::optional<Source> source_of(const ArchiveMember& member,
                                                const std::string& name);
  void read_member(ArchiveReader& archive, const ArchiveMember& member, const std::string& name);
  // `in` gives the bytes of a member, `beginning` is what they begin with.
  void read_member_bytes(std::istream& in, std::string_view beginning, Source source);

  // A message that is in several mailboxes may be in the archive once, and links to it. What links
  // lead to is read again, behind all else.
  void read_links(const std::string& name);
  void read_linked(ArchiveReader& archive, const ArchiveMember& member,
                   std::span<const std::string> links, const std::string& name);
  [[nodiscard]] std::string file_of_link(const std::string& link) const;

  void read_letters_member(ArchiveReader& archive, const ArchiveMember& member,
                           const std::string& name);
  // Keywords of the flags a, b, c, … of a Maildir's member; none where it has no such flags.
  std::vector<std::string> letters_of(const std::filesystem::path& member, const std::string& name);
  void scan_letters(const std::string& name);

  ImportPipeline& pipeline_;
  Progress& progress_;
  // Of the archive that is read, by the Maildir's path in it.
  std::map<std::filesystem::path, std::vector<std::string>> letters_;
  std::set<std::filesystem::path> without_letters_;  // Maildirs whose messages came before theirs
  bool was_scanned_ = false;  // for letters
  std::map<std::string, std::string> links_;  // to what each leads; paths without "." and ".."
};

}  // namespace indexer
