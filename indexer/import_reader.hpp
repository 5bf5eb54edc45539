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
  // Adds messages to `progress.of` that could not be counted beforehand.
  ImportReader(ImportPipeline& pipeline, Progress& progress)
      : pipeline_(pipeline), progress_(progress) {}

  void read(const MailFolder& folder);
  // `name` is that of the archive, for reports of refused files.
  void read(ArchiveReader& archive, const std::string& name);

 private:
  // The mailbox of a file's messages, and their time of arrival if nothing else tells it.
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
  // `message` holds the beginning; the rest is read from `in`.
  void read_message(std::istream& in, FoundMessage message);
  void read_member(ArchiveReader& archive, const ArchiveMember& member, const std::string& name);

  ImportPipeline& pipeline_;
  Progress& progress_;
};

}  // namespace indexer
