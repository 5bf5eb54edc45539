#include "indexer/durable_files.hpp"

#include "replica/files.hpp"

namespace indexer {
namespace fs = std::filesystem;

void replace_file(const fs::path& file, std::string_view bytes) {
  auto unfinished = file;
  unfinished += ".new";
  replica::write_and_sync(unfinished, bytes);
  fs::rename(unfinished, file);
  replica::sync_folder(file.parent_path());
}

void sync_files(const fs::path& folder) {
  for (const auto& file : fs::directory_iterator(folder)) replica::sync_file(file.path());
  replica::sync_folder(folder);
}

}  // namespace indexer
