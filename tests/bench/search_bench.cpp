// How long searches take; see its --help, and search_bench.sh, which also asks notmuch.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "indexer/account.hpp"
#include "mail/documents.hpp"
#include "mail/parser.hpp"
#include "tests/bench/drawn_queries.hpp"
#include "tests/bench/measured.hpp"
#include "tests/bench/query_times.hpp"
#include "tests/support/plain_client.hpp"

namespace {

namespace fs = std::filesystem;
using bench::DrawnQuery;
using indexer::Account;

constexpr const char* kAbout =
    R"(Asks queries of an account: newest first, the first 50 hits, without and with snippets, in this process and, with
--url, over HTTP. The queries are drawn from the index's own words with --draw, or read from a file. With --hits
the Message-IDs of all hits are printed instead: query, tab, ids with spaces between.)";

struct Options {
  fs::path data;
  std::string account = "bench";
  fs::path queries;
  std::size_t draw = 0;
  std::uint64_t seed = 1;
  int rounds = 5;
  std::string url;
  bool hits = false;
};

indexer::SearchAnswer ask(const Account& account, const std::string& text, std::size_t limit,
                          bool snippets, const std::optional<indexer::SearchPlace>& after = {}) {
  const auto query = indexer::parse_query(text);
  if (!query) throw std::runtime_error(text + ": " + query.error().message);
  indexer::SearchRequest request;
  request.query = &*query;
  request.limit = limit;
  request.after = after;
  auto answer = account.search(request, snippets);
  if (!answer) throw std::runtime_error(text + ": " + answer.error().message);
  return std::move(*answer);
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

fs::path index_of(const Options& options) {
  const auto derived = options.data / "accounts" / options.account / "derived";
  for (const auto& item : fs::directory_iterator(derived)) {
    if (fs::exists(item.path() / "index")) return item.path() / "index";
  }
  throw std::runtime_error("no text index below " + derived.string());
}

void measure_account(const Account& account, const std::vector<DrawnQuery>& queries,
                     const std::vector<std::string>& kinds, int rounds) {
  constexpr std::size_t kPage = 50;
  std::size_t hits = 0;
  for (const bool snippets : {false, true}) {
    const auto times = bench::time_queries(queries.size(), rounds, [&](std::size_t number) {
      hits += ask(account, queries[number].text, kPage, snippets).hits.size();
    });
    const std::string who = snippets ? "library, snippets" : "library";
    bench::print_times(who, kinds, "wall", times.wall);
    bench::print_times(who, kinds, "processor", times.processor);
  }
  if (hits == 0) throw std::runtime_error("nothing was found");
}

void measure_http(const Options& options, const std::vector<DrawnQuery>& queries,
                  const std::vector<std::string>& kinds) {
  support::PlainClient client(options.url);
  for (const char* snippets : {"false", "true"}) {
    const auto times = bench::time_queries(queries.size(), options.rounds, [&](std::size_t number) {
      const auto answer = client.ask(
          "GET", fmt::format("/v1/accounts/{}/search?limit=50&snippets={}&q={}", options.account,
                             snippets, percent_encoded(queries[number].text)));
      if (answer.status != 200) throw std::runtime_error(answer.payload);
    });
    bench::print_times(std::string("http") + (*snippets == 't' ? ", snippets" : ""), kinds, "wall",
                       times.wall);
  }
}

// Message-IDs by id of the catalog, read once each.
class MessageIds {
 public:
  explicit MessageIds(const Account& account) : account_(account) {}

  const std::string& of(const std::string& row) {
    const std::string id = nlohmann::json::parse(row).at("id");
    auto& known = known_[id];
    if (!known.empty()) return known;
    const auto document = account_.metadata_document(id);
    const auto metadata = mail::read_metadata(document.value_or("{}"));
    const bool has_one = metadata && !metadata->message_ids.empty();
    return known = has_one ? metadata->message_ids.front() : "none:" + id;
  }

 private:
  const Account& account_;
  std::map<std::string, std::string> known_;
};

void print_hits(const Account& account, const std::vector<DrawnQuery>& queries) {
  MessageIds ids(account);
  for (const auto& query : queries) {
    fmt::print("{}\t", query.text);
    std::optional<indexer::SearchPlace> after;
    do {
      const auto answer = ask(account, query.text, 500, false, after);
      for (const auto& hit : answer.hits) fmt::print("{} ", ids.of(hit.row));
      after = answer.next;
    } while (after);
    fmt::print("\n");
  }
}

void run(const Options& options) {
  auto queries = options.draw > 0
                     ? bench::draw_queries(index_of(options), options.draw, options.seed)
                     : bench::read_queries(options.queries);
  if (options.draw > 0 && !options.queries.empty()) bench::write_queries(options.queries, queries);
  const Account account(options.data / "accounts" / options.account, options.account,
                        replica::sqlite::Access::kReadOnly);
  if (options.hits) return print_hits(account, queries);
  std::vector<std::string> kinds;
  for (const auto& query : queries) kinds.push_back(query.kind);
  measure_account(account, queries, kinds, options.rounds);
  if (!options.url.empty()) measure_http(options, queries, kinds);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout, "search_bench");
  app.add_option("DATA", options.data, "data folder")->required()->check(CLI::ExistingDirectory);
  app.add_option("--account", options.account)->capture_default_str();
  app.add_option("--queries", options.queries,
                 "file of queries: kind, tab, query; written with --draw");
  app.add_option("--draw", options.draw, "draw so many queries");
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--rounds", options.rounds, "times that each query is asked")
      ->capture_default_str();
  app.add_option("--url", options.url, "of a server of the same data: http://127.0.0.1:8825");
  app.add_flag("--hits", options.hits, "print what is found, and measure nothing");
  CLI11_PARSE(app, argc, argv);
  try {
    mail::initialize();
    if (!options.hits) bench::print_machine(argc, argv);
    run(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "search_bench: {}\n", error.what());
    return 1;
  }
}
