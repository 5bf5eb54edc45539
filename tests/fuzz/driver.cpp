// Drives a fuzzer where there is no libFuzzer: each sample as it is, then random changes of them.
//
//   fuzz_NAME [--seconds N] [--seed N] SAMPLE…     files, or folders of them; 0 seconds: only as they are
//
// What makes the program end is kept as finding-NAME in the working folder; given as the only sample, it does so again.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

#include "tests/fuzz/check.hpp"
#include "tests/fuzz/mutator.hpp"

namespace {
namespace fs = std::filesystem;

constexpr unsigned kMaxSecondsOfOne = 20;  // an input that takes longer is a finding

// For the handler of signals, which can only use what is there already.
const char* finding_name = nullptr;
const std::string* current_input = nullptr;

extern "C" void keep_input(int signal) {
  const int file = open(finding_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && current_input != nullptr) {
    if (write(file, current_input->data(), current_input->size()) < 0) _exit(2);
    close(file);
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void keep_what_ends_us() {
  // A stack of its own: a finding may be that the other one is full.
  static char stack[64 << 10];
  stack_t alternative{};
  alternative.ss_sp = stack;
  alternative.ss_size = sizeof stack;
  sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_handler = keep_input;
  action.sa_flags = SA_ONSTACK;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM})
    sigaction(signal, &action, nullptr);
}

void run(const std::string& input) {
  current_input = &input;
  alarm(kMaxSecondsOfOne);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  alarm(0);
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// In the order of their names, so that a seed gives the same run everywhere.
std::vector<std::string> samples_in(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& item : fs::recursive_directory_iterator(path)) {
      if (item.is_regular_file()) files.push_back(item.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> samples;
  samples.reserve(files.size());
  for (const auto& file : files) samples.push_back(content_of(file));
  return samples;
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long seconds = 0, seed = 1;
  std::vector<fs::path> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--seconds" && has_value) {
      seconds = std::stoul(argv[++i]);
    } else if (argument == "--seed" && has_value) {
      seed = std::stoul(argv[++i]);
    } else {
      paths.emplace_back(argument);
    }
  }
  const auto samples = samples_in(paths);
  if (samples.empty()) {
    std::cerr << "no samples: name files or folders of them\n";
    return 2;
  }
  const std::string name = "finding-" + fs::path(argv[0]).filename().string();
  finding_name = name.c_str();
  keep_what_ends_us();
  for (const auto& sample : samples) run(sample);

  fuzz::Mutator mutator(samples, static_cast<std::uint32_t>(seed));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  unsigned long runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) run(mutator.next());
  std::cout << samples.size() << " samples and " << runs << " changed ones, seed " << seed
            << ": no finding\n";
}
