// One soak run: a writer changes the source while davenport pulls from it through a proxy that has faults, rebuilds, compacts and
// imports, and is killed, loses what it had not synced, or is put back to an earlier state; in the end both must agree.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/soak/source.hpp"
#include "tests/soak/writer.hpp"
#include "tests/support/faulty_proxy.hpp"
#include "tests/support/power_cut.hpp"
#include "tests/support/program.hpp"

namespace soak {

struct Plan {
  std::uint64_t seed = 1;
  ServerKind server = ServerKind::kMemory;
  std::chrono::seconds time{30};
  std::optional<std::uint64_t> rounds;  // instead of `time`
  std::filesystem::path folder;  // for everything that is written
};

class Run {
 public:
  explicit Run(const Plan& plan);

  // Rounds of trouble, then peace, then the comparison; every difference and every end that davenport should not have come
  // to, in words.
  [[nodiscard]] std::vector<std::string> run();
  // What happened, in one line.
  [[nodiscard]] std::string summary() const;

 private:
  struct Ends {
    std::uint64_t killed = 0;
    std::uint64_t power_cuts = 0;
    std::uint64_t put_back = 0;
    std::uint64_t stopped = 0;
  };

  [[nodiscard]] bool chance(unsigned percent) { return random_() % 100 < percent; }
  void write_config();
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const;
  [[nodiscard]] std::filesystem::path data() const { return plan_.folder / "data"; }

  void round();
  [[nodiscard]] std::vector<std::string> next_command();
  void ask_for_work();
  void import_rest();
  void expect_no_difference(const std::string& account);
  void end(support::Program& program);
  void after_the_end(bool was_killed);
  void catch_up();
  void expect_exit(const support::ProgramResult& result, std::vector<int> allowed);

  Plan plan_;
  std::mt19937_64 random_;
  Source source_;
  support::FaultyProxy proxy_;
  Writer writer_;
  support::PowerCut power_cut_;
  unsigned short port_ = 0;  // of davenport
  std::uint64_t rounds_ = 0;
  Ends ends_;
  std::map<std::string, std::uint64_t> commands_;  // how often each was started
  std::uint64_t catch_ups_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace soak
