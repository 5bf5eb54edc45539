// The one door to libarchive: tars that are read and written from end to end, one member at a time. Belongs to one thread
// at a time. Throws ArchiveError.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>

#include "indexer/progress.hpp"

namespace indexer {

// The archive cannot be read or written; the message says why.
struct ArchiveError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// By the first bytes of a file, of which these many are enough: whether it is a tar, or something compressed with gzip,
// bzip2, xz or zstd.
inline constexpr std::size_t kArchiveBeginning = 512;
[[nodiscard]] bool begins_as_tar(std::string_view beginning);
[[nodiscard]] bool begins_as_compressed(std::string_view beginning);

struct ArchiveMember {
  std::string path;
  bool is_file = false;  // neither a folder nor a link
  bool is_whole = false;  // it is all there is: the file is no tar
  std::uint64_t size = 0;  // as the archive says, 0 where it does not
  std::optional<std::chrono::sys_seconds> modified;  // as the archive says
};

// Reads tars, plain or compressed; what is no tar is one member, named as the file is, but for the ending of what it is
// compressed with ("choir.mbox" of "choir.mbox.gz").
class ArchiveReader {
 public:
  // A file, or a pipe that has a name: that one is waited for, until `progress` says that all is cancelled. Then this throws
  // Cancelled.
  ArchiveReader(const std::filesystem::path& file, const Progress& progress);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // False at the end. What was not read of the member before is skipped.
  [[nodiscard]] bool next(ArchiveMember& member);
  // The member given by `next` comes once more, unless something of it was read.
  void put_back();
  // Of the member: as many as there are, at most `buffer`; 0 at its end.
  [[nodiscard]] std::size_t read(std::span<char> buffer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The member that a reader stands at, as a stream.
class ArchiveMemberStream : public std::streambuf {
 public:
  explicit ArchiveMemberStream(ArchiveReader& reader);

 protected:
  int_type underflow() override;

 private:
  ArchiveReader& reader_;
  std::string buffer_;
};

// Writes a tar (pax interchange format).
class ArchiveWriter {
 public:
  explicit ArchiveWriter(int descriptor);  // stays open
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  // A file of exactly `size` bytes, which `write` brings.
  void begin(const std::string& path, std::uint64_t size);
  void write(std::string_view bytes);
  // A further name of a member that was written.
  void link(const std::string& path, const std::string& target);
  void finish();  // without it the archive is cut off

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
