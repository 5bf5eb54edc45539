// The soak test as a program; see its --help.
#include <CLI/CLI.hpp>
#include <exception>
#include <fmt/core.h>
#include <map>
#include <optional>

#include "tests/soak/run.hpp"
#include "tests/support/support.hpp"

namespace {

constexpr const char* kAbout =
    R"(Lets davenport replicate while everything goes wrong, and compares in the end.

A writer creates, edits, deletes, brings back, conflicts, purges (memory) and attaches at random; a proxy cuts
connections, refuses, delays, rewinds and repeats; davenport serves, pulls, rebuilds, compacts and imports, and is
killed at random moments, at some of them loses what it had not synced to disk, or gets an older state of its data
back. Then the faults end, davenport catches up, stores, lists and searches are compared with the source, and
`doctor` looks at all. Ends with 0 when there is no difference.

./test runs it for some seconds. A long run, with another seed each time:
  for seed in $(seq 100 200); do build/release/bin/soak_replication --seed $seed --seconds 300 || break; done

Databases are deleted and made again at the memory server only: PouchDB Server lets nobody see that.)";

void show(const soak::Plan& plan, const std::vector<std::string>& problems,
          const std::string& summary) {
  constexpr std::size_t kShown = 40;
  for (std::size_t i = 0; i < std::min(problems.size(), kShown); ++i)
    fmt::print("  {}\n", problems[i]);
  if (problems.size() > kShown) fmt::print("  and {} more\n", problems.size() - kShown);
  fmt::print("soak: seed {}, {}: {}\n", plan.seed,
             plan.server == soak::ServerKind::kMemory ? "memory" : "pouchdb", summary);
}

}  // namespace

int main(int argc, char** argv) {
  soak::Plan plan;
  std::int64_t seconds = plan.time.count();
  std::uint64_t rounds = 0;
  std::string keep;
  CLI::App app(kAbout);
  app.add_option("--seed", plan.seed, "decides everything but the time that things take")
      ->capture_default_str();
  app.add_option("--seconds", seconds, "how long there is trouble")->capture_default_str();
  app.add_option("--rounds", rounds, "how often davenport is started; instead of --seconds");
  const std::map<std::string, soak::ServerKind> servers = {{"pouchdb", soak::ServerKind::kPouchdb},
                                                           {"memory", soak::ServerKind::kMemory}};
  app.add_option("--server", plan.server, "pouchdb: PouchDB Server; memory: CouchDB in memory")
      ->transform(CLI::CheckedTransformer(servers));
  app.add_option("--keep", keep, "folder to work in, which stays; a temporary one otherwise");
  CLI11_PARSE(app, argc, argv);
  plan.time = std::chrono::seconds(seconds);
  if (rounds > 0) plan.rounds = rounds;

  const support::TemporaryFolder temporary;
  plan.folder = keep.empty() ? temporary.path() : std::filesystem::path(keep);
  fmt::print("soak: seed {}\n", plan.seed);
  std::fflush(stdout);
  try {
    soak::Run run(plan);
    const auto problems = run.run();
    show(plan, problems, run.summary());
    return problems.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "soak_replication: seed {}: {}\n", plan.seed, error.what());
    return 2;
  }
}
