// A worker process that reads files, one after the other. What a file does to its worker harms nobody else: it is ended, and
// the next file gets a new one.
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
  // For one file. By the clock it gets more: a worker that waits uses no processor time, and one of many gets little of it.
  struct Limits {
    std::chrono::seconds processor{20};
    std::chrono::milliseconds clock{120'000};
  };
  // A process reads so many files at most, so that what libraries leak stays little.
  static constexpr int kFilesPerProcess = 500;

  // `program` is started with kWorkerArgument when the first file comes. The default is this program itself.
  ExtractWorker() : ExtractWorker("/proc/self/exe", Limits{}) {}
  ExtractWorker(std::string program, Limits limits);
  ExtractWorker(const ExtractWorker&) = delete;
  ExtractWorker& operator=(const ExtractWorker&) = delete;
  ~ExtractWorker();  // ends the process

  // Fails for what the worker says, and when it crashes or takes too much of anything. Throws std::system_error when no worker
  // can be started, or the kernel lets it not shut itself in.
  [[nodiscard]] Extract read(std::string_view bytes, FileType type);

  [[nodiscard]] pid_t process() const { return process_; }  // 0: none runs

 private:
  enum class Ended { kNo, kTooLate, kGone };

  void start();
  void stop();
  Extract explain(Ended ended);
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
