// Advisory locks on files (flock). Every process sees them, and a killed process releases its own.
#pragma once

#include <filesystem>
#include <optional>

namespace indexer {

class FileLock {
 public:
  enum class Mode { kShared, kExclusive };

  // Creates the file if it is missing. Nothing when another holder has a conflicting lock. Throws
  // std::filesystem::filesystem_error when the file cannot be opened; a shared lock needs no right
  // to write the file.
  [[nodiscard]] static std::optional<FileLock> try_lock(const std::filesystem::path& file,
                                                        Mode mode);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace indexer
