// How fast a database is pulled from a PouchDB Server on this machine: fills one in memory with documents of about 1 KB, pulls
// it once throwing away what comes, once into a store, and prints documents a second and this program's CPU time.
#include <chrono>
#include <fmt/core.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>

#include "replica/replicator.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/support.hpp"

namespace {

using Clock = std::chrono::steady_clock;

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void fill(const support::PouchdbServer& server, int documents) {
  server.ask("PUT", "/mail");
  constexpr int kBatch = 500;
  for (int first = 0; first < documents; first += kBatch) {
    nlohmann::json docs = nlohmann::json::array();
    for (int i = first; i < std::min(first + kBatch, documents); ++i) {
      docs.push_back({{"_id", fmt::format("m-{:07}", i)},
                      {"subject", fmt::format("Grüße №{}", i)},
                      {"from", {{{"name", "Ada"}, {"email", "ada@example.org"}}}},
                      {"preview", std::string(820, static_cast<char>('a' + i % 26))}});
    }
    server.ask("POST", "/mail/_bulk_docs", nlohmann::json({{"docs", docs}}).dump());
  }
}

replica::net::awaitable<void> discard(replica::CouchClient& client) {
  (void)co_await client.server_info();
  replica::ChangesQuery query;
  query.limit = 4000;
  query.include_docs = true;
  for (;;) {
    const replica::ChangesPage page = co_await client.changes("mail", query);
    if (page.rows.empty()) co_return;
    query.since = page.last_seq;
  }
}

template <typename Work>
void measure(const char* what, int documents, const Work& work) {
  const auto start = Clock::now();
  const double cpu = cpu_seconds();
  work();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print("{:<24} {:>8.0f} documents/s   {:>6.1f} us CPU of ours/document   {:.2f} s\n", what,
             documents / seconds, (cpu_seconds() - cpu) * 1e6 / documents, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const int documents = argc > 1 ? std::atoi(argv[1]) : 20'000;
  utsname system{};
  uname(&system);
  fmt::print("machine: {}, {} processors, {} {}\n", processor(),
             std::thread::hardware_concurrency(), system.sysname, system.release);
  fmt::print("corpus:  {} documents of about 1 KB, PouchDB Server in memory on the same machine\n",
             documents);
  fmt::print("command: {} {}\n", argv[0], documents);
  const support::PouchdbServer server;
  fill(server, documents);

  replica::net::io_context context{1};
  replica::CouchClient client(context.get_executor(), {server.url(), "", "", {}});
  measure("feed thrown away", documents, [&] { support::run(context, discard(client)); });

  const support::TemporaryFolder folder;
  replica::Store store(folder / "mail.db", replica::sqlite::Access::kReadWrite);
  replica::net::thread_pool workers{1};
  replica::Replicator replicator(client, "mail", store, workers, {});
  measure("pulled into a store", documents,
          [&] { (void)support::run(context, replicator.pull_until_caught_up()); });
  return store.counts().documents == documents ? 0 : 1;
}
