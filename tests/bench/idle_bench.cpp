// What accounts cost that nobody uses, and how soon a change is seen; see its --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>

#include "tests/bench/measured.hpp"
#include "tests/support/memory_couchdb.hpp"
#include "tests/support/plain_client.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kAbout =
    R"(Measures what idle accounts cost: `davenport serve` with accounts = "all" follows a CouchDB in memory with four
databases an account by its `_db_updates`. First all accounts are pulled; then nothing happens for a while; then
messages are written into one account of a hundred. Everything is done twice, first with a tenth of the accounts
but as many active ones: what differs between the two lines is what idle accounts cost. An account is closed five
seconds after its last use. Most of the time goes by with the first pulls: some forty databases a second.)";

constexpr const char* kDoctypes[] = {"io-cozy-emails", "io-cozy-email-contents",
                                     "io-cozy-email-mailboxes", "io-cozy-files"};

struct Options {
  std::size_t accounts = 10'000;
  int idle_seconds = 30;
  int writes = 200;
  int updates_delay = 0;  // ms
};

std::string account_name(std::size_t number) { return fmt::format("u{:05}", number); }

std::string message(int number) {
  return fmt::format(R"({{"subject":"Message {0}","from":[{{"email":"ada@example.org"}}],)"
                     R"("receivedAt":"2026-01-01T00:00:00Z","mailboxIds":{{"inbox":true}}}})",
                     number);
}

struct Process {
  std::size_t files = 0;  // all open descriptors
  std::size_t sockets = 0;
  double resident_mib = 0;
};

Process look_at(pid_t process) {
  Process seen;
  for (const auto& item : fs::directory_iterator(fmt::format("/proc/{}/fd", process))) {
    std::error_code gone;
    const std::string target = fs::read_symlink(item.path(), gone).string();
    ++seen.files;
    if (target.starts_with("socket:")) ++seen.sockets;
  }
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) seen.resident_mib = std::stod(line.substr(6)) / 1024;
  }
  return seen;
}

void show(const char* when, const Process& process, const support::CouchCounters& counters,
          double seconds) {
  fmt::print(
      "  {:<8} {:>5} files {:>5} sockets {:>7.0f} MiB {:>5} connections at the server "
      "{:>9.2f} requests/s\n",
      when, process.files, process.sockets, process.resident_mib, counters.open_connections,
      static_cast<double>(counters.all_requests()) / seconds);
  std::fflush(stdout);
}

// Until the server was asked nothing for some seconds.
void wait_for_silence(const support::MemoryCouchdb& server, support::Program& davenport) {
  constexpr std::chrono::seconds kSilence{4};
  auto last_change = Clock::now();
  auto last = server.counters().all_requests();
  while (Clock::now() - last_change < kSilence || last == 0) {
    if (!davenport.is_running())
      throw std::runtime_error("davenport has ended: " + davenport.err_so_far());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto now = server.counters().all_requests();
    if (now != last) last_change = Clock::now();
    last = now;
  }
}

// Writes a message and looks at the account's list until it is there; in milliseconds.
double wake_up(support::MemoryCouchdb& server, support::PlainClient& davenport,
               const std::string& account, int number) {
  const std::string id = fmt::format("new-{}", number);
  const std::string target = fmt::format("/v1/accounts/{}/messages?limit=200", account);
  const auto start = Clock::now();
  server.put(account + "/io-cozy-emails", id, message(number));
  while (davenport.ask("GET", target).payload.find('"' + id + '"') == std::string::npos) {
    if (Clock::now() - start > std::chrono::seconds(60))
      throw std::runtime_error("a new message is not seen within a minute");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void measure(const Options& options, std::size_t accounts, std::size_t active) {
  fmt::print("\n{} accounts, {} databases, {} of the accounts active\n", accounts, 4 * accounts,
             active);
  support::CouchOptions couch;
  couch.db_updates_delay = std::chrono::milliseconds(options.updates_delay);
  support::MemoryCouchdb server(couch);
  for (std::size_t account = 0; account < accounts; ++account) {
    for (const char* doctype : kDoctypes) server.create(account_name(account) + "/" + doctype);
    server.put(account_name(account) + "/io-cozy-emails", "first", message(0));
  }
  const support::TemporaryFolder folder;
  const unsigned short port = support::free_port();
  support::write_file(
      folder / "davenport.toml",
      fmt::format("data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:{}\"\n"
                  "[replication]\naccount_idle = \"5s\"\n"
                  "[[source]]\nurl = \"{}\"\naccounts = \"all\"\nwatch = \"updates\"\n",
                  (folder / "data").string(), port, server.url()));
  support::Program davenport(
      {DAVENPORT_BINARY, "--config", (folder / "davenport.toml").string(), "serve"});
  const auto start = Clock::now();
  wait_for_silence(server, davenport);
  fmt::print("  all pulled after {:.0f} s, {} requests, {} connections at most\n",
             std::chrono::duration<double>(Clock::now() - start).count(),
             server.counters().all_requests(), server.counters().most_connections);

  server.reset_counters();
  std::this_thread::sleep_for(std::chrono::seconds(options.idle_seconds));
  show("idle", look_at(davenport.pid()), server.counters(), options.idle_seconds);

  server.reset_counters();
  std::mt19937 random(1);
  support::PlainClient reader(fmt::format("http://127.0.0.1:{}", port));
  std::vector<double> latencies;
  const auto active_since = Clock::now();
  for (int write = 0; write < options.writes; ++write) {
    const std::size_t chosen = random() % active * (accounts / active);
    latencies.push_back(wake_up(server, reader, account_name(chosen), write));
  }
  show("active", look_at(davenport.pid()), server.counters(),
       std::chrono::duration<double>(Clock::now() - active_since).count());
  std::sort(latencies.begin(), latencies.end());
  fmt::print("  written to listed: {:.1f} ms in the median, {:.1f} ms at 95 %, {:.1f} ms at most\n",
             latencies[latencies.size() / 2], latencies[latencies.size() * 95 / 100],
             latencies.back());
  std::fflush(stdout);
  davenport.signal(SIGTERM);
  (void)davenport.wait();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout);
  app.add_option("accounts", options.accounts, "how many")
      ->check(CLI::Range(1'000, 1'000'000))
      ->capture_default_str();
  app.add_option("--idle-seconds", options.idle_seconds)->capture_default_str();
  app.add_option("--writes", options.writes, "messages written one after the other")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--db-updates-delay", options.updates_delay,
                 "ms that the server holds its updates back; CouchDB 500")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  bench::print_machine(argc, argv);
  try {
    const std::size_t active = options.accounts / 100;
    for (const std::size_t accounts : {options.accounts / 10, options.accounts})
      measure(options, accounts, active);
  } catch (const std::exception& error) {
    fmt::print(stderr, "idle_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
