// A small file system in memory, which only root can mount.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "tests/support/program.hpp"

namespace end_to_end {

class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, const std::string& size) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    is_mounted_ = ::geteuid() == 0 && support::run({"mount", "-t", "tmpfs", "-o", "size=" + size,
                                                    "tmpfs", folder_.string()})
                                              .exit_code == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_mounted_) (void)support::run({"umount", "-l", folder_.string()});
  }
  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  void resize(const std::string& size) const {
    EXPECT_EQ(support::run({"mount", "-o", "remount,size=" + size, folder_.string()}).exit_code, 0);
  }
  // Leaves about so many bytes.
  void fill(std::uint64_t left) const {
    std::ofstream file(folder_ / "ballast", std::ios::binary);
    const std::string block(4U << 10U, 'x');
    while (std::filesystem::space(folder_).available >= left + block.size() && file << block)
      file.flush();
  }
  void empty() const { std::filesystem::remove(folder_ / "ballast"); }

 private:
  std::filesystem::path folder_;
  bool is_mounted_ = false;
};

}  // namespace end_to_end
