// Finds the messages of folders, mbox files and archives, and pushes them into a pipeline.
#pragma once

#include <filesystem>
#include <string>

#include "indexer/archive.hpp"
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
  void read_file(const MailFolder& folder, const std::string& name);
  void read_mbox(std::istream& in, const std::string& path, const std::string& mailbox);
  void read_member(ArchiveReader& archive, const ArchiveMember& member, const std::string& name);

  ImportPipeline& pipeline_;
  Progress& progress_;
};

}  // namespace indexer
