#include "tests/bench/measured.hpp"

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <fmt/core.h>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

std::string line_of(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return line.substr(line.find(':') + 1);
  }
  return {};
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Measured run_measured(const std::vector<std::string>& command) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const auto start = Clock::now();
  pid_t process = 0;
  const int failed =
      posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + command.front());

  Measured measured;
  rusage usage{};
  int status = 0;
  const std::string about = fmt::format("/proc/{}/status", process);
  // ru_maxrss counts the parent's memory at the fork: the kernel's high-water mark of the program itself is read instead.
  while (wait4(process, &status, WNOHANG, &usage) == 0) {
    const std::string peak = line_of(about, "VmHWM");
    if (!peak.empty()) measured.peak_mib = std::stod(peak) / 1024;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  measured.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  measured.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  measured.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return measured;
}

void print_machine(int argc, char** argv) {
  utsname system{};
  uname(&system);
  fmt::print("machine:{}, {} processors, {} {}\n", line_of("/proc/cpuinfo", "model name"),
             std::thread::hardware_concurrency(), system.sysname, system.release);
  fmt::print("command:");
  for (int i = 0; i < argc; ++i) fmt::print(" {}", argv[i]);
  fmt::print("\n");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace bench
