// A worker process that reads files, one after the other. When a file makes it crash or hang, it is
// killed, and the next file gets a new worker.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "indexer/extraction/extract.hpp"

namespace indexer {

// For one thread at a time.
class ExtractWorker {
 public:
  // For one file. The limit of real time is longer, since a worker may wait, or share the processor
  // with many others.
  struct Limits {
    std::chrono::seconds processor{20};
    std::chrono::milliseconds clock{120'000};
  };
  // After this many files a process is replaced, so that leaks of libraries stay small.
  static constexpr int kFilesPerProcess = 500;

  // `program` is started with kWorkerArgument for the first file. The default is this program
  // itself.
  ExtractWorker() : ExtractWorker("/proc/self/exe", Limits{}) {}
  ExtractWorker(std::string program, Limits limits);
  ExtractWorker(const ExtractWorker&) = delete;
  ExtractWorker& operator=(const ExtractWorker&) = delete;
  ~ExtractWorker();  // ends the process

  // The result is a failure when the worker reports one, crashes or exceeds a limit. Throws
  // std::system_error when no worker can be started, or when the kernel does not allow its sandbox.
  [[nodiscard]] Extract read(std::string_view bytes, FileType type);

  [[nodiscard]] pid_t process() const { return process_; }  // 0: none runs

 private:
  enum class Ended { kNo, kTooLate, kGone };

  void start();
  // Returns how the process ended, as waitpid tells it; 0 when none ran.
  int stop();
  // Stops the process, unless it is gone, and tells why the file has no text.
  Extract failure_of(Ended ended);
  [[nodiscard]] bool send_all(const void* from, std::size_t size);
  [[nodiscard]] bool receive_all(void* to, std::size_t size);
  [[nodiscard]] bool wait_for(short events);

  std::string program_;
  Limits limits_;
  pid_t process_ = 0;
  int socket_ = -1;
  int files_ = 0;
  std::chrono::steady_clock::time_point deadline_;
  Ended ended_ = Ended::kNo;
};

}  // namespace indexer
