#include "api/instance_lock.hpp"

#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

#include "replica/files.hpp"

namespace api {
namespace {

namespace fs = std::filesystem;

// The process that wrote itself into the file; 0 when it did not get to it yet.
long holder_in(const fs::path& file) {
  long pid = 0;
  std::ifstream(file) >> pid;
  return pid;
}

indexer::FileLock lock_in(const fs::path& data_dir) {
  replica::create_folders(data_dir);
  const fs::path file = data_dir / "lock";
  auto lock = indexer::FileLock::try_lock(file, indexer::FileLock::Mode::kExclusive);
  if (lock) return std::move(*lock);
  const long pid = holder_in(file);
  throw std::runtime_error(
      fmt::format("another davenport{} is running on {}: stop it, or use another --data",
                  pid > 0 ? fmt::format(" (process {})", pid) : "", data_dir.string()));
}

}  // namespace

InstanceLock::InstanceLock(const fs::path& data_dir) : lock_(lock_in(data_dir)) {
  std::ofstream(data_dir / "lock") << ::getpid() << '\n';
}

}  // namespace api
