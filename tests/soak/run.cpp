#include "tests/soak/run.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <fmt/format.h>
#include <thread>

#include "tests/soak/check.hpp"
#include "tests/soak/shown.hpp"
#include "tests/support/plain_client.hpp"
#include "tests/support/support.hpp"

namespace soak {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* kAccount = "ada";
constexpr const char* kLocal = "bob";  // an account that is filled by imports
constexpr int kLocalMessages = 1'200;
constexpr unsigned kLongestRound = 3'000;  // ms
constexpr std::chrono::seconds kStopTime{60};  // for a clean end, on a machine that is busy
constexpr int kCatchUps = 30;

// Replaces a folder with a copy of another, without the socket that a killed server leaves behind.
void copy_folder(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const auto& item : fs::recursive_directory_iterator(from)) {
    const fs::path copy = to / item.path().lexically_relative(from);
    if (item.is_directory()) fs::create_directory(copy);
    if (item.is_regular_file()) fs::copy_file(item.path(), copy);
  }
}

}  // namespace

Run::Run(const Plan& plan)
    : plan_(plan),
      random_(plan.seed),
      source_(plan.server),
      proxy_(source_.url(), plan.seed, support::usual_rates()),
      writer_(source_, kAccount, plan.seed + 1),
      power_cut_(plan.folder / "data", plan.folder / "shadow") {
  power_cut_.begin();
  for (int i = 0; i < kLocalMessages; ++i) {
    support::write_file(
        plan_.folder / fmt::format("mail/cur/{}:2,S", i),
        fmt::format("Message-ID: <{0}@example.org>\r\nFrom: Ada <ada@example.org>\r\n"
                    "Date: Mon, 6 Jan 2020 {1:02}:{2:02}:00 +0000\r\nSubject: Number {0}\r\n\r\n"
                    "Everywhere, and word{0}.\r\n",
                    i, i / 60 % 24, i % 60));
  }
}

// Anew for each run of davenport: a port that was free may be somebody else's by now.
void Run::write_config() {
  port_ = support::free_port();
  support::write_file(
      plan_.folder / "davenport.toml",
      fmt::format("data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:{}\"\n"
                  "[[source]]\nurl = \"{}\"\naccounts = [\"{}\"]\npoll_interval = \"1s\"\n"
                  "attachments = \"keep\"\n",
                  data().string(), port_, proxy_.url(), kAccount));
}

std::vector<std::string> Run::command(std::vector<std::string> words) const {
  std::vector<std::string> all = {DAVENPORT_BINARY, "--config",
                                  (plan_.folder / "davenport.toml").string()};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

std::vector<std::string> Run::run() {
  const auto end_of_trouble = Clock::now() + plan_.time;
  while (plan_.rounds ? rounds_ < *plan_.rounds : Clock::now() < end_of_trouble) {
    round();
    ++rounds_;
  }
  proxy_.set_faulty(false);
  catch_up();
  const Replica replica{command({}), data(), kAccount};
  for (std::string& difference : differences(source_, replica, plan_.folder / "fresh"))
    problems_.push_back(std::move(difference));
  import_rest();
  expect_no_difference(kAccount);
  expect_no_difference(kLocal);
  return problems_;
}

void Run::import_rest() {
  expect_exit(support::run(command({"import", kLocal, (plan_.folder / "mail").string()})), {0});
  const auto listed = shown_list(command({}), kLocal, {}).size();
  const auto found = shown_hits(command({}), kLocal, "everywhere").size();
  if (listed != kLocalMessages || found != kLocalMessages) {
    problems_.push_back(fmt::format("of {} imported messages {} are listed and {} found",
                                    kLocalMessages, listed, found));
  }
}

void Run::expect_no_difference(const std::string& account) {
  const auto result = support::run(command({"doctor", account}));
  if (result.exit_code != 0)
    problems_.push_back(fmt::format("doctor {} ends with {}: {}{}", account, result.exit_code,
                                    result.out, result.err));
}

std::vector<std::string> Run::next_command() {
  const auto part = random_() % 100;
  if (part < 50) return {"serve"};
  if (part < 75) return {"sync", kAccount, "--once"};
  const std::string account = chance(50) ? kAccount : kLocal;
  if (part < 83) return {"reindex", account};
  if (part < 91) return {"compact", account};
  return {"import", kLocal, (plan_.folder / "mail").string()};
}

// Of the server that runs; one that has not begun to listen, or that does not know the account yet, refuses. Not by a command:
// beside a server with the preloaded library no other process may open its files (power_cut.hpp).
void Run::ask_for_work() {
  const std::string account = chance(50) ? kAccount : kLocal;
  const std::string work = chance(50) ? "reindex" : "compact";
  try {
    support::PlainClient server(fmt::format("http://127.0.0.1:{}", port_));
    const auto answer = server.ask("POST", fmt::format("/v1/admin/accounts/{}/{}", account, work));
    if (answer.status == 202) ++commands_["task " + work];
  } catch (const boost::system::system_error&) {
  }
}

void Run::round() {
  write_config();
  const auto words = next_command();
  ++commands_[words.front()];
  const bool serves = words.front() == "serve";
  support::Program program(power_cut_.preloaded(command(words)));
  const auto until = Clock::now() + milliseconds(random_() % kLongestRound);
  while (Clock::now() < until && program.is_running()) {
    writer_.step();
    if (serves && chance(2)) ask_for_work();
    std::this_thread::sleep_for(milliseconds(random_() % 15));
  }
  if (program.is_running()) return end(program);
  // A one-time pull may end by itself, with or without success; a server may not.
  ++ends_.stopped;
  expect_exit(program.wait(), serves ? std::vector<int>{} : std::vector<int>{0, 1, 3});
  after_the_end(false);
}

void Run::end(support::Program& program) {
  const bool is_killed = chance(65);
  program.signal(is_killed ? SIGKILL : SIGTERM);
  const auto deadline = Clock::now() + kStopTime;
  while (program.is_running() && Clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(2));
  if (program.is_running()) {
    problems_.push_back("davenport does not stop when it is told to: " + program.err_so_far());
    program.signal(SIGKILL);
    (void)program.wait();
    return;
  }
  const auto result = program.wait();
  if (!is_killed) {
    constexpr int kTerminated = 128 + SIGTERM;  // before it could listen for the signal
    expect_exit(result, {0, 1, 3, kTerminated});
  }
  ++(is_killed ? ends_.killed : ends_.stopped);
  after_the_end(is_killed);
}

void Run::after_the_end(bool was_killed) {
  const fs::path copy = plan_.folder / "copy";
  if (was_killed && chance(40)) {
    ++ends_.power_cuts;
    power_cut_.strike(random_);
  } else if (fs::exists(copy) && chance(10)) {
    ++ends_.put_back;
    copy_folder(copy, data());
    power_cut_.begin();
  } else if (!was_killed && chance(30)) {
    copy_folder(data(), copy);
  }
}

void Run::expect_exit(const support::ProgramResult& result, std::vector<int> allowed) {
  if (std::find(allowed.begin(), allowed.end(), result.exit_code) != allowed.end()) return;
  problems_.push_back(fmt::format("davenport ended with {}: {}", result.exit_code, result.err));
}

void Run::catch_up() {
  support::ProgramResult result;
  for (int i = 0; i < kCatchUps; ++i) {
    ++catch_ups_;
    result = support::run(command({"sync", kAccount, "--once"}));
    if (result.exit_code == 0) return;
    std::this_thread::sleep_for(milliseconds(200));
  }
  problems_.push_back(fmt::format("davenport does not catch up: it ends with {}: {}{}",
                                  result.exit_code, result.out, result.err));
}

std::string Run::summary() const {
  std::string operations, faults, commands;
  for (const auto& [name, times] : commands_)
    commands += fmt::format("{}{} {}", commands.empty() ? "" : ", ", name, times);
  for (const auto& [name, times] : writer_.operations())
    operations += fmt::format("{}{} {}", operations.empty() ? "" : ", ", name, times);
  for (const auto& [fault, times] : proxy_.injected())
    faults += fmt::format("{}{} {}", faults.empty() ? "" : ", ", name_of(fault), times);
  return fmt::format(
      "{} rounds ({}); {} operations ({}); {} kills, of which {} power cuts, {} clean ends, {} put "
      "back "
      "from a copy; {} requests, faults: {}; caught up at run {}; {} differences",
      rounds_, commands, writer_.steps(), operations, ends_.killed, ends_.power_cuts, ends_.stopped,
      ends_.put_back, proxy_.requests(), faults, catch_ups_, problems_.size());
}

}  // namespace soak
