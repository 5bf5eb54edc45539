// The oracle: random queries about random or real mail, asked of the running program in both spellings, and held against a
// matcher that looks at every message and shares nothing with the index. The same seed asks the same.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>

#include "mail/parser.hpp"
#include "tests/end_to_end/davenport.hpp"
#include "tests/oracle/comparison.hpp"
#include "tests/oracle/random_query.hpp"

namespace {

struct Options {
  std::uint64_t seed = 1;
  std::size_t queries = 1'000, messages = 400;
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

oracle::MailByBytes fill(const Options& options, const std::filesystem::path& folder,
                         std::int64_t now, oracle::Random& random) {
  if (options.mail.empty()) return oracle::write_random_mail(folder, options.messages, now, random);
  auto mail = oracle::read_mail(options.mail, options.messages);
  std::size_t number = 0;
  for (const auto& [raw, message] : mail) {
    const char* flags = random() % 2 == 0 ? "S" : random() % 2 == 0 ? "FR" : "";
    support::write_file(folder / (number % 3 == 0 ? ".Archive" : ".Lists") / "cur" /
                            fmt::format("{}.real:2,{}", number, flags),
                        raw);
    ++number;
  }
  return mail;
}

int ask_all(const Options& options, oracle::Comparison& comparison, oracle::QueryMaker make_query) {
  int differences = 0;
  for (std::size_t i = 0; i < options.queries && differences < options.most_differences; ++i) {
    auto maker = make_query;
    const auto query = maker.make(options.depth);
    const auto lines = comparison.compare(*query);
    if (lines.empty()) continue;
    ++differences;
    fmt::print("query {} of seed {}\n{}\n\n", i, options.seed, fmt::join(lines, "\n"));
  }
  return differences;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // differences are seen as they come
  mail::initialize();
  oracle::Random random(options.seed);
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  end_to_end::Davenport davenport;
  const auto folder = davenport.folder() / "mail";
  for (const char* part : {"cur", "new", "tmp"}) std::filesystem::create_directories(folder / part);
  const auto known = fill(options, folder, now, random);
  const auto imported = davenport.run({"import", "oracle", folder.string()});
  fmt::print("seed {}: {}{}", options.seed, imported.out, imported.err);
  if (imported.exit_code != 0) return 2;
  davenport.start_serving();
  oracle::Engine engine(davenport.port(), "oracle");
  auto account = engine.account(known);
  if (options.mail.empty()) account.languages = oracle::languages_of_random_mail();
  oracle::Comparison comparison(engine, account, random);
  const int differences = ask_all(options, comparison, oracle::QueryMaker(account, now, random));
  const auto& counts = comparison.counts();
  fmt::print(
      "{} messages; {} searches, {} of which found something, {} hits; {} partial; {:.2f} % of the "
      "statements open; {} differences\n",
      account.messages.size(), counts.queries, counts.found_something, counts.hits, counts.partial,
      100.0 * static_cast<double>(counts.open) /
          static_cast<double>(std::max<std::uint64_t>(counts.statements, 1)),
      differences);
  (void)davenport.stop_serving();
  return differences == 0 ? 0 : 1;
}
