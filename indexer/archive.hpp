// The one door to libarchive: tars that are read and written from end to end, one member at a time. Belongs to one thread
// at a time. Throws ArchiveError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>

namespace indexer {

// The archive cannot be read or written; the message says why.
struct ArchiveError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Whether a file begins as a tar does, or as something compressed with gzip, bzip2, xz or zstd.
[[nodiscard]] bool looks_like_archive(const std::filesystem::path& file);

struct ArchiveMember {
  std::string path;
  bool is_file = false;  // neither a folder nor a link
  std::uint64_t size = 0;  // as the archive says, 0 where it does not
};

// Reads tars, plain or compressed; something compressed that is no tar is one member named "data".
class ArchiveReader {
 public:
  // A file, or a pipe that has a name.
  explicit ArchiveReader(const std::filesystem::path& file);
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
