// How reading fares while davenport does everything else at once; see its --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/measured.hpp"
#include "tests/support/memory_couchdb.hpp"
#include "tests/support/plain_client.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kAbout =
    R"(Asks a server for 100 searches and 100 lists a second, each at its time whether the one before was answered or
not, first while it has nothing else to do, then while it rebuilds an account, compacts another, pulls a third from a
CouchDB in memory (in this process, on the same processors) and imports a fourth. Every answer of the accounts that do not
change is compared with the one from before; in the others no message may come twice. Prints latencies from when a
request was due.)";

constexpr int kEachSecond = 100;  // searches, and as many lists
constexpr int kClients = 4;  // that share these

struct Options {
  int messages = 10'000;  // of each account
  int seconds = 30;
};

class Server {
 public:
  Server(const fs::path& folder, const std::string& source) : port_(support::free_port()) {
    support::write_file(
        folder / "davenport.toml",
        fmt::format("data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:{}\"\n[[source]]\nurl = "
                    "\"{}\"\naccounts = [\"ada\"]\nwatch = \"poll\"\npoll_interval = \"1h\"\n",
                    (folder / "data").string(), port_, source));
    config_ = folder / "davenport.toml";
  }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.begin(), {DAVENPORT_BINARY, "--config", config_.string()});
    return words;
  }
  void run(std::vector<std::string> words) const {
    const auto result = support::run(command(std::move(words)));
    if (result.exit_code != 0) throw std::runtime_error(result.err);
  }
  void start() {
    program_ = std::make_unique<support::Program>(command({"serve"}));
    for (;;) {
      try {
        if (support::PlainClient(url()).ask("GET", "/healthz").status == 200) return;
      } catch (const std::exception&) {
        std::this_thread::sleep_for(milliseconds(20));
      }
    }
  }
  void stop() {
    program_->signal(SIGTERM);
    (void)program_->wait();
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  [[nodiscard]] json ask(const std::string& method, const std::string& path) const {
    return json::parse(support::PlainClient(url()).ask(method, path).payload);
  }

 private:
  unsigned short port_;
  fs::path config_;
  std::unique_ptr<support::Program> program_;
};

struct Request {
  std::string path;
  std::string expected;  // ids; empty: it may change
};

// Rows begin with their id. To parse each answer would take more time on this machine than the server does.
std::string ids_of(const std::string& payload) {
  constexpr std::string_view kBeginning = R"({"id":")";
  std::string ids;
  for (auto at = payload.find(kBeginning); at != payload.npos; at = payload.find(kBeginning, at)) {
    at += kBeginning.size();
    ids += payload.substr(at, payload.find('"', at) - at) + " ";
  }
  return ids;
}

bool has_doubled(const std::string& ids) {
  std::set<std::string> seen;
  for (std::size_t at = 0; at < ids.size();) {
    const auto end = ids.find(' ', at);
    if (!seen.insert(ids.substr(at, end - at)).second) return true;
    at = end + 1;
  }
  return false;
}

// What was seen of one kind of request.
class Seen {
 public:
  void answer(double millis) {
    const std::lock_guard lock(mutex_);
    times_.push_back(millis);
  }
  void error(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (++errors_ <= 3) fmt::print("  {}\n", what);
  }
  // The 99th of 100, in milliseconds.
  double print(const std::string& name) {
    std::sort(times_.begin(), times_.end());
    const auto at = [&](double part) {
      return times_.empty()
                 ? 0.0
                 : times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
    };
    fmt::print("{:<22} {:>6} answers, {} errors; ms: median {:.2f}, p99 {:.2f}, most {:.2f}\n",
               name, times_.size(), errors_, at(0.5), at(0.99), at(1));
    return at(0.99);
  }
  [[nodiscard]] std::size_t errors() const { return errors_; }

 private:
  std::mutex mutex_;
  std::vector<double> times_;
  std::size_t errors_ = 0;
};

void ask_at_its_time(const std::string& url, const std::vector<Request>& requests, int client,
                     const std::atomic<bool>& stop, Seen& seen) {
  constexpr auto kInterval = std::chrono::microseconds(1'000'000 * kClients / kEachSecond);
  auto connection = std::make_unique<support::PlainClient>(url);
  auto due = Clock::now() + kInterval * client / kClients;
  for (std::size_t turn = static_cast<std::size_t>(client); !stop;
       turn += kClients, due += kInterval) {
    std::this_thread::sleep_until(due);
    const auto& request = requests[turn % requests.size()];
    try {
      const auto answer = connection->ask("GET", request.path);
      seen.answer(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
      if (answer.status != 200) {
        seen.error(fmt::format("{} answers {}: {}", request.path, answer.status, answer.payload));
        continue;
      }
      const auto ids = ids_of(answer.payload);
      if (has_doubled(ids)) seen.error(request.path + ": a message twice");
      if (!request.expected.empty() && ids != request.expected)
        seen.error(request.path + ": other messages than before");
    } catch (const std::exception& error) {
      seen.error(fmt::format("{}: {}", request.path, error.what()));
      connection = std::make_unique<support::PlainClient>(url);
    }
  }
}

struct Times {
  double searches = 0, lists = 0;  // the 99th of 100, in milliseconds
  std::size_t errors = 0;
};

// `work` is done while the requests go on.
template <typename Work>
Times measure(const std::string& name, const std::string& url, const std::vector<Request>& searches,
              const std::vector<Request>& lists, Work work) {
  Seen seen_searches, seen_lists;
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back(
        [&, client] { ask_at_its_time(url, searches, client, stop, seen_searches); });
    clients.emplace_back([&, client] { ask_at_its_time(url, lists, client, stop, seen_lists); });
  }
  work();
  stop = true;
  for (auto& client : clients) client.join();
  Times times;
  times.searches = seen_searches.print(name + ", searches");
  times.lists = seen_lists.print(name + ", lists");
  times.errors = seen_searches.errors() + seen_lists.errors();
  return times;
}

std::vector<Request> requests_of(const Server& server, const std::vector<std::string>& paths) {
  std::vector<Request> requests;
  support::PlainClient client(server.url());
  for (const std::string account : {"bob", "dora", "ada"}) {
    for (const auto& path : paths) {
      Request request{fmt::format("/v1/accounts/{}/{}", account, path), ""};
      const auto answer = client.ask("GET", request.path);
      if (answer.status != 200) throw std::runtime_error(request.path + ": " + answer.payload);
      if (ids_of(answer.payload).empty()) throw std::runtime_error(request.path + " finds nothing");
      if (account != "ada") request.expected = ids_of(answer.payload);
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

// Keeps all four going until the time is over; what was done, in words.
std::string keep_busy(const Server& server, const Options& options, const fs::path& mail) {
  const auto end = Clock::now() + std::chrono::seconds(options.seconds);
  std::map<std::string, int> started;
  support::Program import(server.command({"import", "carl", mail.string()}));
  bool was_pulled = false;
  while (Clock::now() < end || import.is_running()) {
    if (!was_pulled) (void)server.ask("POST", "/v1/accounts/ada/sync");
    was_pulled = true;
    std::set<std::string> busy;
    const auto tasks = server.ask("GET", "/v1/admin/tasks");
    for (const auto& task : tasks["tasks"]) {
      if (task["state"] == "queued" || task["state"] == "running") busy.insert(task["account"]);
    }
    const auto keep = [&](const std::string& account, const std::string& kind) {
      if (busy.contains(account) || Clock::now() > end) return;
      ++started[kind];
      (void)server.ask("POST", fmt::format("/v1/admin/accounts/{}/{}", account, kind));
    };
    keep("bob", "reindex");
    keep("dora", "compact");
    std::this_thread::sleep_for(milliseconds(200));
  }
  const auto result = import.wait();
  const auto ada = server.ask("GET", "/v1/accounts/ada/messages?limit=1");
  return fmt::format("{} reindexes, {} compactions begun; {}account ada has {} messages",
                     started["reindex"], started["compact"], result.out + result.err,
                     ada["total"].dump());
}

int run(const Options& options) {
  const support::TemporaryFolder folder;
  const support::MemoryCouchdb source;
  Server server(folder.path(), source.url());
  const auto generate = [&](const char* name, int seed) {
    const auto mail = folder / name;
    (void)support::run(
        {GENERATE_MAIL, mail.string(), std::to_string(options.messages), std::to_string(seed)});
    return mail;
  };
  const auto mail = generate("mail", 1), other_mail = generate("other", 2);
  server.run({"import", "bob", mail.string()});
  server.run({"import", "dora", other_mail.string()});
  server.run({"import", "ada", other_mail.string(), "--into", source.url()});
  server.run({"sync", "ada", "--once"});
  server.start();

  // Of the words that generate_mail invents.
  const std::vector<std::string> searched = {"bare",           "rere",           "mire lure",
                                             "bare OR salto",  "tore -vere",     "subject:rere",
                                             "toto*",          "\"bare rere\"",  "in:inbox kento",
                                             "is:unread fire", "from:pers* bare"};
  std::vector<std::string> searches;
  for (const auto& text : searched) {
    std::string encoded;
    for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    searches.push_back(fmt::format("search?snippets=false&q={}", encoded));
  }
  const auto search_requests = requests_of(server, searches);
  const auto list_requests =
      requests_of(server, {"messages", "messages?mailbox=inbox", "messages?unread=true",
                           "messages?sort=subject", "messages?threads=true",
                           "messages?mailbox=lists&sort=-from", "messages?flagged=true"});
  const auto quiet = measure("quiet", server.url(), search_requests, list_requests, [&] {
    std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  });
  // A server pulls when it starts: what is to be pulled meanwhile comes after that.
  server.run({"import", "ada", mail.string(), "--into", source.url()});
  std::string done;
  const auto busy = measure("busy", server.url(), search_requests, list_requests,
                            [&] { done = keep_busy(server, options, mail); });
  fmt::print("meanwhile: {}\n", done);
  server.stop();
  const auto is_met = [](double busy_time, double quiet_time) {
    return busy_time <= std::max(20.0, 3 * quiet_time);
  };
  const bool is_good = quiet.errors + busy.errors == 0 && is_met(busy.searches, quiet.searches) &&
                       is_met(busy.lists, quiet.lists);
  fmt::print("no error, and p99 at most 20 ms or three times the quiet one: {}\n",
             is_good ? "yes" : "NO");
  return is_good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout);
  app.add_option("--messages", options.messages, "of each account")->capture_default_str();
  app.add_option("--seconds", options.seconds, "of quiet, and at least of work")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  bench::print_machine(argc, argv);
  fmt::print("corpus: invented messages (generate_mail), {} of each of four accounts\n",
             options.messages);
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "busy_bench: {}\n", error.what());
    return 2;
  }
}
