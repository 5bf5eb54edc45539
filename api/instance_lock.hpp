// One server for a data folder, also when its admin socket went: a lock on <data_dir>/lock, which says whose it is.
#pragma once

#include <filesystem>

#include "indexer/file_lock.hpp"

namespace api {

class InstanceLock {
 public:
  // Makes the folder. Throws std::runtime_error, which names the process, when another server has it.
  explicit InstanceLock(const std::filesystem::path& data_dir);

 private:
  indexer::FileLock lock_;
};

}  // namespace api
