// Programs run to be measured, and what is said about the machine they ran on.
#pragma once

#include <string>
#include <vector>

namespace bench {

struct Measured {
  int exit_code = -1;
  double seconds = 0;
  double cpu_seconds = 0;  // user and system, of all threads
  double peak_mib = 0;  // resident memory
};

// Runs a program to its end; what it prints is thrown away, what it complains of goes to ours.
[[nodiscard]] Measured run_measured(const std::vector<std::string>& command);

// "machine: …" and "command: …" lines.
void print_machine(int argc, char** argv);

[[nodiscard]] double median(std::vector<double> values);

}  // namespace bench
