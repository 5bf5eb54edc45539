// The oracle: random queries about random or real mail and random files, asked of the running program in both spellings, and held against a
// matcher that looks at every message and shares nothing with the index. The same seed asks the same.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>

#include "mail/parser.hpp"
#include "tests/oracle/comparison.hpp"
#include "tests/oracle/list_comparison.hpp"
#include "tests/oracle/random_query.hpp"
#include "tests/oracle/world.hpp"

namespace {

struct Options {
  std::uint64_t seed = 1;
  std::size_t queries = 1'000, messages = 400, files = 80;
  int depth = 3;
  int most_differences = 10;
  std::filesystem::path mail;
};

Options read_options(int argc, char** argv) {
  Options options;
  CLI::App app("Holds searches of davenport against a matcher that looks at every message.");
  app.add_option("--seed", options.seed, "what is asked follows from it");
  app.add_option("--queries", options.queries, "each is asked as text and as a filter");
  app.add_option("--messages", options.messages, "at most");
  app.add_option("--files", options.files, "at most, by chance");
  app.add_option("--depth", options.depth, "operators in each other");
  app.add_option("--differences", options.most_differences, "end after so many");
  app.add_option("--mail", options.mail, "a folder of messages, instead of random ones")
      ->check(CLI::ExistingDirectory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

// Each account by itself, and both at once.
struct Asked {
  oracle::Comparison comparison;
  std::vector<oracle::QueryMaker> makers;
};

std::vector<Asked> everything_asked(oracle::World& world, std::int64_t now,
                                    oracle::Random& random) {
  std::vector<Asked> asked;
  std::vector<const oracle::Account*> all;
  std::vector<oracle::QueryMaker> makers;
  for (const auto& account : world.accounts()) {
    all.push_back(&account);
    makers.emplace_back(account, now, random);
    asked.push_back({{world.engine(), {&account}, random}, {makers.back()}});
  }
  asked.push_back({{world.engine(), all, random}, makers});
  return asked;
}

void tell(const Options& options, std::size_t number, const std::vector<std::string>& lines) {
  fmt::print("query {} of seed {}\n{}\n\n", number, options.seed, fmt::join(lines, "\n"));
}

int ask_all(const Options& options, std::vector<Asked>& asked,
            std::vector<oracle::ListComparison>& lists, oracle::Random& random) {
  int differences = 0;
  for (std::size_t i = 0; i < options.queries && differences < options.most_differences; ++i) {
    auto& [comparison, makers] = asked[random() % asked.size()];
    auto maker = makers[random() % makers.size()];
    const auto query = maker.make(options.depth);
    auto lines = comparison.compare(*query);
    if (auto fault = lists[random() % lists.size()].compare(); !fault.empty())
      lines.push_back("list: " + fault);
    if (lines.empty()) continue;
    ++differences;
    tell(options, i, lines);
  }
  return differences;
}

void print(const oracle::Counts& counts) {
  fmt::print(
      "  {} searches, {} of which found something, {} hits; {} with facets, {} in another "
      "order, {} by threads; {} partial; {:.2f} % of the statements open\n",
      counts.queries, counts.found_something, counts.hits, counts.faceted, counts.sorted,
      counts.collapsed, counts.partial,
      100.0 * static_cast<double>(counts.open) /
          static_cast<double>(std::max<std::uint64_t>(counts.statements, 1)));
}

int run(const Options& options) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // differences are seen as they come
  oracle::Random random(options.seed);
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  oracle::World world({options.messages, options.files, options.mail, now}, random);
  auto asked = everything_asked(world, now, random);
  std::vector<oracle::ListComparison> lists;
  for (const auto& account : world.accounts()) lists.emplace_back(world.engine(), account, random);
  const int differences = ask_all(options, asked, lists, random);
  fmt::print("seed {}: {} and {} messages and files, each asked, and both at once\n", options.seed,
             world.accounts()[0].entries.size(), world.accounts()[1].entries.size());
  for (const auto& each : asked) print(each.comparison.counts());
  for (const auto& each : lists) fmt::print("  {} lists\n", each.lists());
  fmt::print("{} differences\n", differences);
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  mail::initialize();
  try {
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "oracle: {}\n", error.what());
    return 2;
  }
}
