// A limit of this process that a test lowers, put back at its end.
#pragma once

#include <filesystem>
#include <sys/resource.h>

namespace support {

class ResourceLimit {
 public:
  // `resource`: RLIMIT_NOFILE, RLIMIT_FSIZE …
  explicit ResourceLimit(__rlimit_resource_t resource) : resource_(resource) {
    getrlimit(resource_, &before_);
  }
  ResourceLimit(const ResourceLimit&) = delete;
  ResourceLimit& operator=(const ResourceLimit&) = delete;
  ~ResourceLimit() { setrlimit(resource_, &before_); }
  void set(rlim_t most) const {
    const rlimit limit{most, before_.rlim_max};
    setrlimit(resource_, &limit);
  }

 private:
  __rlimit_resource_t resource_;
  rlimit before_{};
};

inline rlim_t open_files() {
  return static_cast<rlim_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                           std::filesystem::directory_iterator()));
}

}  // namespace support
