#include "indexer/file_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace indexer {
namespace {

int open_lock_file(const std::filesystem::path& file, FileLock::Mode mode) {
  const int writable = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (writable >= 0 || mode == FileLock::Mode::kExclusive) return writable;
  return open(file.c_str(), O_RDONLY | O_CLOEXEC);
}

}  // namespace

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& file, Mode mode) {
  const int descriptor = open_lock_file(file, mode);
  if (descriptor < 0) {
    throw std::filesystem::filesystem_error("cannot open lock", file,
                                            std::error_code(errno, std::generic_category()));
  }
  FileLock lock(descriptor);
  const int operation = (mode == Mode::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (flock(descriptor, operation) == 0) return lock;
  if (errno == EWOULDBLOCK) return std::nullopt;
  throw std::filesystem::filesystem_error("cannot lock", file,
                                          std::error_code(errno, std::generic_category()));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace indexer
