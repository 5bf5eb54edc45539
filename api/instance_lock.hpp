// Keeps a second server from using a data folder, even if the admin socket was removed: a lock on
// <data_dir>/lock, which names the process that holds it.
#pragma once

#include <filesystem>

#include "indexer/file_lock.hpp"

namespace api {

class InstanceLock {
 public:
  // Creates the folder if needed. Throws std::runtime_error, which names the process, when another
  // server holds the lock.
  explicit InstanceLock(const std::filesystem::path& data_dir);

 private:
  indexer::FileLock lock_;
};

}  // namespace api
