// How fast davenport's first pull is; see its --help.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/bench/corpus.hpp"
#include "tests/bench/discarding_client.hpp"
#include "tests/bench/measured.hpp"
#include "tests/bench/replay_server.hpp"
#include "tests/support/faulty_proxy.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/support.hpp"

namespace {

using bench::Corpus;
using bench::CorpusKind;
using bench::Measured;

constexpr const char* kAbout =
    R"(Measures the first pull: `davenport sync --once --no-index` as a program of its own, everything included.

A first run goes through a proxy that records its requests. The opponent makes exactly these requests to the same
server, with as many under way at a time, and throws the answers away. Both take turns, and medians are compared.
Then twice as many documents are pulled: memory must not grow with them.)";

constexpr const char* kAccount = "bench";

struct Options {
  std::size_t documents = 100'000;
  std::string server = "both";
  std::string corpus = "both";
  bench::Shares shares;
  int repeat = 3;
  bool doubles = true;
};

class Server {
 public:
  Server(const Corpus& corpus, bool is_pouchdb) {
    if (is_pouchdb) {
      pouchdb_.emplace();
      fill(corpus);
    } else {
      replay_ = std::make_unique<bench::ReplayServer>(corpus, kAccount);
    }
  }
  [[nodiscard]] std::string url() const { return pouchdb_ ? pouchdb_->url() : replay_->url(); }

 private:
  void fill(const Corpus& corpus) const {
    const std::string path = fmt::format("/{}%2F{}", kAccount, corpus.database());
    for (const char* database : {"io-cozy-emails", "io-cozy-email-contents"})
      (void)pouchdb_->ask("PUT", fmt::format("/{}%2F{}", kAccount, database));
    constexpr std::size_t kBatch = 200;
    for (std::size_t first = 0; first < corpus.size(); first += kBatch) {
      std::string documents;
      for (std::size_t i = first; i < std::min(first + kBatch, corpus.size()); ++i) {
        for (const bench::CorpusLeaf& leaf : corpus.leaves(i)) {
          if (!documents.empty()) documents += ',';
          corpus.append(documents, i, leaf, true);
        }
      }
      (void)pouchdb_->ask("POST", path + "/_bulk_docs",
                          R"({"new_edits":false,"docs":[)" + documents + "]}");
    }
  }

  std::optional<support::PouchdbServer> pouchdb_;
  std::unique_ptr<bench::ReplayServer> replay_;
};

Measured pull(const std::string& url) {
  const support::TemporaryFolder folder;
  support::write_file(
      folder / "davenport.toml",
      fmt::format("data_dir = \"{}\"\n[[source]]\nurl = \"{}\"\naccounts = [\"{}\"]\n",
                  (folder / "data").string(), url, kAccount));
  const Measured measured =
      bench::run_measured({DAVENPORT_BINARY, "--config", (folder / "davenport.toml").string(),
                           "sync", kAccount, "--once", "--no-index"});
  if (measured.exit_code != 0)
    throw std::runtime_error(fmt::format("davenport ended with {}", measured.exit_code));
  return measured;
}

void show(const char* what, const Measured& pulled, std::size_t documents) {
  const auto count = static_cast<double>(documents);
  fmt::print(
      "  {:<26} {:>8.0f} documents/s  {:>6.2f} s  {:>5.1f} us CPU/document  {:>5.0f} MiB peak\n",
      what, count / pulled.seconds, pulled.seconds, pulled.cpu_seconds * 1e6 / count,
      pulled.peak_mib);
  std::fflush(stdout);
}

void measure(const Options& options, CorpusKind kind, bool is_pouchdb) {
  const Corpus corpus(kind, options.documents, options.shares);
  fmt::print("\ncorpus:  {}\nserver:  {}\n", corpus.description(),
             is_pouchdb ? "PouchDB Server in memory, on this machine"
                        : "answers of CouchDB 3.5 generated in memory, on this machine");
  const auto count = static_cast<double>(corpus.size());
  std::vector<double> pulled_seconds, discarded_seconds;
  {
    const Server server(corpus, is_pouchdb);
    support::FaultyProxy recorder(server.url(), 0, {});
    (void)recorder.take_passed();
    (void)pull(recorder.url());
    const auto requests = recorder.take_passed();
    const auto warm_up = bench::discard(server.url(), requests);
    fmt::print("  {} requests, {:.1f} MB of answers\n", requests.size(),
               static_cast<double>(warm_up.bytes) / 1e6);
    for (int turn = 0; turn < options.repeat; ++turn) {
      discarded_seconds.push_back(bench::discard(server.url(), requests).seconds);
      fmt::print("  {:<26} {:>8.0f} documents/s  {:>6.2f} s\n", "the same, thrown away",
                 count / discarded_seconds.back(), discarded_seconds.back());
      const Measured pulled = pull(server.url());
      pulled_seconds.push_back(pulled.seconds);
      show("davenport sync --no-index", pulled, corpus.size());
    }
  }
  fmt::print("  ratio of the medians: {:.2f}\n",
             bench::median(pulled_seconds) / bench::median(discarded_seconds));
  if (!options.doubles) return;
  const Corpus twice(kind, 2 * options.documents, options.shares);
  const Server server(twice, is_pouchdb);
  show("twice as many documents", pull(server.url()), twice.size());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout);
  app.add_option("documents", options.documents, "how many")->capture_default_str();
  app.add_option("--server", options.server, "pouchdb, replay or both")
      ->check(CLI::IsMember({"pouchdb", "replay", "both"}))
      ->capture_default_str();
  app.add_option("--corpus", options.corpus, "A: metadata, B: contents, or both")
      ->check(CLI::IsMember({"A", "B", "both"}))
      ->capture_default_str();
  app.add_option("--edited", options.shares.edited, "percent of A of later generations")
      ->capture_default_str();
  app.add_option("--deleted", options.shares.deleted, "percent of A")->capture_default_str();
  app.add_option("--conflicts", options.shares.conflicting, "percent of A")->capture_default_str();
  app.add_option("--repeat", options.repeat, "turns")->capture_default_str();
  app.add_flag("--twice,!--no-twice", options.doubles, "pull twice as many as well (the default)");
  CLI11_PARSE(app, argc, argv);
  bench::print_machine(argc, argv);
  try {
    for (const bool is_pouchdb : {false, true}) {
      if (options.server == (is_pouchdb ? "replay" : "pouchdb")) continue;
      if (options.corpus != "B") measure(options, CorpusKind::kMetadata, is_pouchdb);
      if (options.corpus != "A") measure(options, CorpusKind::kContent, is_pouchdb);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "pull_bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
