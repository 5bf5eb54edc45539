// Runs programs as a user would: by their command line, with what they print and how they end.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace support {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

// A child process with its output in files. Killed when it goes out of scope.
class Program {
 public:
  explicit Program(std::vector<std::string> command);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  void signal(int number) const;
  ProgramResult wait();  // until it ends
  [[nodiscard]] bool is_running();
  [[nodiscard]] std::string err_so_far() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::filesystem::path out_;
  std::filesystem::path err_;
};

[[nodiscard]] ProgramResult run(std::vector<std::string> command);

// A loopback port that was free a moment ago.
[[nodiscard]] unsigned short free_port();

}  // namespace support
