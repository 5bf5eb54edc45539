// Files and folders that survive a power cut. Throws std::filesystem::filesystem_error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace replica {

// The folder and those above it, each named durably in its parent.
void create_folders(const std::filesystem::path& folder);
// Makes the names in a folder durable.
void sync_folder(const std::filesystem::path& folder);
// Durable content under a name that is not durable yet: sync_folder follows. What was under that
// name is gone.
void write_and_sync(const std::filesystem::path& file, std::string_view bytes);
// Makes what is in a file durable.
void sync_file(const std::filesystem::path& file);
// All that is in a file; nothing when there is none.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& file);

// Whether a path is that folder or inside it, links and mounts resolved. For a path that does not exist yet, its existing part
// decides.
[[nodiscard]] bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

// A file that is appended to; it may exist already. The first append creates it, with its folder.
class GrowingFile {
 public:
  explicit GrowingFile(std::filesystem::path file) : file_(std::move(file)) {}
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;
  ~GrowingFile();

  [[nodiscard]] const std::filesystem::path& path() const { return file_; }
  [[nodiscard]] std::uint64_t size() const;
  void append(std::string_view bytes);
  void clear();

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace replica
