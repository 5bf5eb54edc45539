// The one door to libarchive: tars that are read and written from end to end, one member at a time.
// Belongs to one thread at a time. Throws ArchiveError.
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

// Whether a file is a tar, or compressed with gzip, bzip2, xz or zstd, by its first
// kArchiveBeginning bytes.
inline constexpr std::size_t kArchiveBeginning = 512;
[[nodiscard]] bool begins_as_tar(std::string_view beginning);
[[nodiscard]] bool begins_as_compressed(std::string_view beginning);

// "choir.mbox" of "lists/choir.mbox.gz".
[[nodiscard]] std::string without_compression(const std::filesystem::path& file);

struct ArchiveMember {
  std::string path;
  bool is_file = false;  // neither a folder nor a link
  std::string link_target;  // the path that a link leads to; empty for anything else
  bool is_whole = false;  // the file is no tar, and this is all of it
  std::uint64_t size = 0;  // as the archive says, 0 where it does not
  std::optional<std::chrono::sys_seconds> modified;  // as the archive says
};

// Reads tars, plain or compressed. Any other file is one member with the file's name, without the
// suffix of its compression ("choir.mbox" for "choir.mbox.gz").
class ArchiveReader {
 public:
  // `file` may be a named pipe; its data is waited for. Throws Cancelled when `progress` is
  // cancelled meanwhile.
  ArchiveReader(const std::filesystem::path& file, const Progress& progress);
  // A file within another one: `in` gives its bytes and outlives the reader, `file` is its name.
  ArchiveReader(std::istream& in, const std::filesystem::path& file, const Progress& progress);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // False at the end. Unread bytes of the member before are skipped.
  [[nodiscard]] bool next(ArchiveMember& member);
  // Makes `next` return the same member again. Only before something of it was read.
  void put_back();
  // Fills the buffer with bytes of the member, or with what is left of it. Returns their number; 0 at
  // its end.
  [[nodiscard]] std::size_t read(std::span<char> buffer);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The member that a reader stands at, as a stream.
class ArchiveMemberStream : public std::streambuf {
 public:
  explicit ArchiveMemberStream(ArchiveReader& reader);

  // The bytes that are read next: kArchiveBeginning of them or more, unless the member ends sooner.
  // None of them is consumed.
  [[nodiscard]] std::string_view beginning();

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

  // Begins a file of exactly `size` bytes, which `write` then gives.
  void begin(const std::string& path, std::uint64_t size);
  void write(std::string_view bytes);
  // Adds a hard link to a member that was written.
  void link(const std::string& path, const std::string& target);
  void finish();  // without it the archive is cut off

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace indexer
