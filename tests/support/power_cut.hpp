// What a power cut leaves of a folder, for programs that are killed in a test. A shadow beside the folder keeps what would be
// on the disk; the programs that write are started with a preloaded library (power_cut_preload.cpp) that brings it up to date
// whenever they call fsync or fdatasync.
//
// The model, harsher than most file systems: bytes are durable as of the last fsync or fdatasync of their file; closing,
// sync_file_range and msync make nothing durable. A new file's name becomes durable with its own fsync (as on ext4) or its
// folder's; a removal or renaming only with the folder's, though a journal would often have it sooner. A file whose name is
// durable and that was never synced is empty. A new folder is durable with its parent or with the first file synced in it.
// What was not synced may have reached the disk all the same, page by page: `strike` with a random generator decides.
//
// The library opens and closes files of the program, which gives back the locks that it has on them (fcntl): no other program
// may use the folder at the same time.
//
// Files are told apart by inode and time of birth: the file system must keep the latter (ext4, xfs, btrfs; newer tmpfs).
#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace support {

class PowerCut {
 public:
  // Neither needs to exist yet; `shadow` must not lie in `folder`. Creates nothing.
  PowerCut(std::filesystem::path folder, std::filesystem::path shadow);

  // From here on, all that is in the folder now is durable.
  void begin() const;
  // Replaces the folder's content with what is durable, and begins again. Nobody may have the folder in use.
  void strike() const;
  // The same, with some of what is not.
  void strike(std::mt19937_64& random) const;
  // `command`, run with the preloaded library.
  [[nodiscard]] std::vector<std::string> preloaded(std::vector<std::string> command) const;

  // What fsync of an open file or folder makes durable; one that is not below the folder is none of ours.
  void sync(int descriptor) const;

 private:
  [[nodiscard]] std::filesystem::path content_of(int descriptor) const;
  void sync_content(int descriptor, const std::filesystem::path& content) const;
  void sync_names(const std::filesystem::path& relative) const;
  void strike(std::mt19937_64* random) const;

  std::filesystem::path folder_;
  std::filesystem::path contents_;  // <inode>-<birth>: the durable bytes of a file
  std::filesystem::path names_;  // the durable tree; its files are hard links to the contents
  std::filesystem::path lock_;
};

}  // namespace support
