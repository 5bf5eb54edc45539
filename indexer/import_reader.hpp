// Finds the messages of folders, mbox files and archives, and pushes them into a pipeline.
#pragma once

#include <filesystem>
#include <string>

#include "indexer/archive.hpp"
#include "indexer/file_form.hpp"
#include "indexer/import_pipeline.hpp"

namespace indexer {

class ImportReader {
 public:
  // `progress.of` grows by messages that could not be counted before.
  ImportReader(ImportPipeline& pipeline, Progress& progress)
      : pipeline_(pipeline), progress_(progress) {}

  void read(const MailFolder& folder);
  // `name` is the archive's, for what is refused.
  void read(ArchiveReader& archive, const std::string& name);

 private:
  // Where the messages of a file belong, and when they came if nothing else says so.
  struct Origin {
    std::string path;  // as it is named when refused
    std::string mailbox;  // name
    std::optional<mail::DateTime> arrived;
  };
  void read_file(const MailFolder& folder, const std::string& name);
  void read_maildir_file(const MailFolder& folder, const std::string& name, std::size_t size,
                         Origin origin);
  void read_compressed(const std::filesystem::path& file, FileForm::Kind kind, Origin origin);
  void read_mbox(std::istream& in, const Origin& origin);
  // What `in` has follows what `message` has of it.
  void read_message(std::istream& in, FoundMessage message);
  void read_member(ArchiveReader& archive, const ArchiveMember& member, const std::string& name);

  ImportPipeline& pipeline_;
  Progress& progress_;
};

}  // namespace indexer
