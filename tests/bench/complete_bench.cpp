// How long address completion takes, and what it adds to a catalog; see its --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <random>

#include "indexer/catalog.hpp"
#include "tests/bench/measured.hpp"
#include "tests/support/support.hpp"

namespace {

namespace fs = std::filesystem;
using indexer::Catalog;
using indexer::Stores;

constexpr const char* kAbout =
    R"(Fills a store with metadata documents of invented people (by Zipf's law; a tenth of the messages sent by the
account's owner; 1 to 5 recipients), projects it, and asks for completions of beginnings of their names and
addresses: of 1, 2, 3 and 5 letters, of two words, of automated addresses, and of what is not there.)";

constexpr const char* kSyllables[] = {"ba", "re",  "mi",  "to",  "lu", "ken", "dor", "sal",
                                      "ve", "ni",  "gra", "po",  "ti", "sha", "mon", "el",
                                      "ur", "cas", "fi",  "wen", "ja", "ho",  "qui", "zer"};

std::string word(std::size_t number) {
  std::string made;
  for (number += 24; number > 0; number /= 24) made += kSyllables[number % 24];
  return made;
}

class People {
 public:
  explicit People(std::size_t count, std::mt19937_64& random) : count_(count), random_(random) {}

  // {"name":…,"email":…} of somebody; those of low numbers are met most.
  std::string somebody() {
    const double at = std::uniform_real_distribution<>(0, 1)(random_);
    const auto number = static_cast<std::size_t>(std::pow(static_cast<double>(count_), at)) - 1;
    if (number % 20 == 19)
      return fmt::format(R"({{"name":"{0}","email":"noreply{1}@{0}.example"}})", word(number),
                         number);
    return fmt::format(R"({{"name":"{0} {1}","email":"{0}.{1}@{2}.example.org"}})",
                       word(number * 7 % 3'000), word(number), word(number % 997));
  }

 private:
  std::size_t count_;
  std::mt19937_64& random_;
};

void fill(Stores& stores, std::size_t messages, std::size_t people_count) {
  constexpr std::size_t kBatch = 5'000;
  std::mt19937_64 random(1);
  People people(people_count, random);
  replica::Batch mailboxes;
  mailboxes.revisions.push_back({});
  auto& mailbox = mailboxes.revisions.back();
  mailbox.id = "sent";
  mailbox.rev = {1, std::string(32, '0')};
  mailbox.body = R"({"_id":"sent","name":"Sent","role":"sent"})";
  stores.create(mail::Doctype::kMailboxes).commit(mailboxes);
  replica::Batch batch;
  for (std::size_t number = 0; number < messages; ++number) {
    const bool sent = random() % 10 == 0;
    std::string recipients = people.somebody();
    for (auto more = random() % 5; more > 0; --more) recipients += "," + people.somebody();
    replica::IncomingRevision revision;
    revision.id = fmt::format("m{}", number);
    revision.rev = {1, fmt::format("{:032x}", number)};
    revision.body = fmt::format(
        R"({{"_id":"m{}","from":[{}],"to":[{}],"subject":"{}","receivedAt":"20{:02}-{:02}-{:02}T10:00:00Z","mailboxIds":{{"{}":true}}}})",
        number, sent ? R"({"name":"Me","email":"me@home.example"})" : people.somebody(), recipients,
        word(number), 10 + random() % 16, 1 + random() % 12, 1 + random() % 28,
        sent ? "sent" : "inbox");
    batch.revisions.push_back(std::move(revision));
    if (batch.revisions.size() < kBatch && number + 1 < messages) continue;
    stores.create(mail::Doctype::kEmails).commit(batch);
    batch = {};
  }
}

struct Kind {
  const char* name;
  std::vector<std::string> typed;
};

std::vector<Kind> kinds_of_queries() {
  std::mt19937_64 random(2);
  std::vector<Kind> kinds = {{"1 letter", {}},  {"2 letters", {}},      {"3 letters", {}},
                             {"5 letters", {}}, {"two words", {}},      {"automated", {}},
                             {"not there", {}}, {"nothing typed", {""}}};
  for (int i = 0; i < 200; ++i) {
    const auto somebody = word(random() % 20'000), other = word(random() % 997);
    kinds[0].typed.push_back(somebody.substr(0, 1));
    kinds[1].typed.push_back(somebody.substr(0, 2));
    kinds[2].typed.push_back(somebody.substr(0, 3));
    kinds[3].typed.push_back(somebody.substr(0, 5));
    kinds[4].typed.push_back(somebody.substr(0, 2) + " " + other.substr(0, 2));
    kinds[5].typed.push_back("no" + std::string("reply").substr(0, i % 6));
    kinds[6].typed.push_back(somebody.substr(0, 1) + " ex zzz");
  }
  return kinds;
}

// The best of three, since somebody else may run between.
double best_time(const Catalog& catalog, const std::string& typed) {
  constexpr std::size_t kLimit = 10;
  double best = 1e9;
  for (int round = 0; round < 3; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    static_cast<void>(catalog.complete(typed, kLimit));
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

void measure(const Catalog& catalog) {
  fmt::print("{:<14} {:>9} {:>9} {:>9}  of 10 addresses, in milliseconds\n", "typed", "median",
             "p99", "most");
  for (const auto& kind : kinds_of_queries()) {
    std::vector<double> times;
    for (const auto& typed : kind.typed) times.push_back(best_time(catalog, typed));
    std::sort(times.begin(), times.end());
    fmt::print("{:<14} {:>9.3f} {:>9.3f} {:>9.3f}\n", kind.name, times[times.size() / 2],
               times[times.size() * 99 / 100], times.back());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t messages = 100'000, people = 50'000;
  CLI::App app(kAbout, "complete_bench");
  app.add_option("--messages", messages)->capture_default_str();
  app.add_option("--people", people)->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  bench::print_machine(argc, argv);
  const support::TemporaryFolder folder;
  Stores stores(folder.path(), replica::sqlite::Access::kReadWrite);
  fill(stores, messages, people);
  const auto file = folder / "derived/1/catalog.db";
  Catalog catalog(file, replica::sqlite::Access::kReadWrite);
  const auto begin = std::clock();
  while (catalog.project(stores, 2'000).more) {
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  fmt::print(
      "projection: {} messages, {:.1f} s of processor time, {:.1f} us a message, catalog {} MB\n",
      messages, seconds, seconds * 1e6 / static_cast<double>(messages),
      fs::file_size(file) / 1'000'000);
  measure(catalog);
  return 0;
}
