#include "replica/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace replica {

namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& file) {
  throw std::filesystem::filesystem_error(what, file,
                                          std::error_code(errno, std::generic_category()));
}

int open_file(const std::filesystem::path& file, int flags) {
  const int descriptor = ::open(file.c_str(), flags | O_CLOEXEC, 0666);
  if (descriptor < 0) fail("cannot open", file);
  return descriptor;
}

void write_all(int descriptor, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write", file);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& file, int flags)
      : file_(file), number_(open_file(file, flags)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }

  void write(std::string_view bytes) const { write_all(number_, bytes, file_); }
  void sync() const {
    if (::fsync(number_) != 0) fail("cannot make durable", file_);
  }

 private:
  const std::filesystem::path& file_;
  int number_;
};

}  // namespace

void create_folders(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::is_directory(folder)) return;
  const auto parent = folder.parent_path();
  if (parent != folder) create_folders(parent);
  if (std::filesystem::create_directory(folder)) sync_folder(parent.empty() ? "." : parent);
}

void sync_folder(const std::filesystem::path& folder) {
  Descriptor(folder, O_RDONLY | O_DIRECTORY).sync();
}

void write_and_sync(const std::filesystem::path& file, std::string_view bytes) {
  const Descriptor descriptor(file, O_WRONLY | O_CREAT | O_TRUNC);
  descriptor.write(bytes);
  descriptor.sync();
}

void sync_file(const std::filesystem::path& file) { Descriptor(file, O_RDONLY).sync(); }

std::optional<std::string> read_file(const std::filesystem::path& file) {
  std::error_code absent;
  const auto size = std::filesystem::file_size(file, absent);
  if (absent) return std::nullopt;
  std::string bytes(size, '\0');
  std::ifstream in(file, std::ios::binary);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) {
    throw std::filesystem::filesystem_error("cannot read", file,
                                            std::make_error_code(std::errc::io_error));
  }
  return bytes;
}

bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder) {
  for (auto at = std::filesystem::weakly_canonical(path);; at = at.parent_path()) {
    std::error_code absent;
    if (std::filesystem::equivalent(at, folder, absent)) return true;
    if (at == at.parent_path()) return false;
  }
}

GrowingFile::~GrowingFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t GrowingFile::size() const {
  std::error_code absent;
  const auto size = std::filesystem::file_size(file_, absent);
  return absent ? 0 : size;
}

void GrowingFile::append(std::string_view bytes) {
  if (descriptor_ < 0) {
    create_folders(file_.parent_path());
    descriptor_ = open_file(file_, O_WRONLY | O_CREAT | O_APPEND);
  }
  write_all(descriptor_, bytes, file_);
}

void GrowingFile::clear() {
  if (std::filesystem::exists(file_)) std::filesystem::resize_file(file_, 0);
}

}  // namespace replica
