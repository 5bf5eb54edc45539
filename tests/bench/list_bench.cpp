// How fast lists are; see its --help. list_bench.sh runs it, with wrk as the client.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <numeric>
#include <random>
#include <spdlog/spdlog.h>

#include "api/list_parameters.hpp"
#include "api/routes.hpp"
#include "api/stop_signals.hpp"
#include "indexer/account.hpp"
#include "mail/parser.hpp"
#include "tests/bench/measured.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace {
namespace fs = std::filesystem;

constexpr const char* kAbout =
    R"(Measures lists of invented messages: metadata documents of about 1 KB go straight into an account's store, without bodies.

  fill FOLDER MESSAGES   makes the account, then its catalog, and says what the catalog cost; --random: messages come in no order
  serve FOLDER PORT      answers HTTP as `davenport serve` does, without replication and text index
  paths FOLDER PAGE      prints name and path of every list at page 1 and at that page (of 50)
  pages FOLDER COUNT     prints name and paths of so many pages from all over every list, in random order
  pouchdb MESSAGES       the same messages in a PouchDB Server with a view by mailbox and date; prints its address, waits for a signal)";

constexpr const char* kAccount = "bench";
constexpr std::size_t kBatch = 2'000;

class Words {
 public:
  std::string some(std::size_t count, std::mt19937_64& random) const {
    static constexpr const char* kSyllables[] = {"ba", "re", "mi",  "to", "lu", "ken", "dor", "sal",
                                                 "ve", "ni", "gra", "po", "ti", "sha", "mon", "el"};
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) text += ' ';
      for (auto rest = random() % 3 + 1; rest > 0; --rest) text += kSyllables[random() % 16];
    }
    return text;
  }
};

// The same number gives the same message, whatever the order. Dates rise with the number; three of ten begin a thread, others
// answer one of the last fifty.
std::string document(std::size_t number) {
  std::mt19937_64 random(number * 7919 + 1);
  const Words words;
  const auto thread_of = [](std::size_t n) {
    const auto start = n - std::min<std::size_t>(n, (n * 2'654'435'761U >> 7) % 50);
    return start - start % 10 * 7 / 10;
  };
  const auto thread = thread_of(number);
  std::mt19937_64 of_thread(thread * 104'729 + 5);
  const auto date = fmt::format(
      "{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(static_cast<std::time_t>(1'300'000'000 + number * 300)));
  const auto subject = words.some(3 + of_thread() % 6, of_thread);
  const auto person = random() % 500, other = random() % 500;
  const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
  std::string keywords;
  const auto keyword = [&](unsigned percent, const char* name) {
    if (chance(percent))
      keywords += fmt::format("{}\"{}\":true", keywords.empty() ? "" : ",", name);
  };
  keyword(67, "$seen");
  keyword(5, "$flagged");
  keyword(10, "$answered");
  keyword(1, "$draft");
  keyword(2, "todo");
  const char* mailboxes[] = {"inbox", "inbox", "inbox", "archive", "lists"};
  return fmt::format(
      R"({{"_id":"m{:08}","messageId":["{}@bench"],"references":["{}@bench"],"from":[{{"name":"{} Person{}","email":"person{}@bench.example.org"}}],)"
      R"("to":[{{"name":"{} Other{}","email":"other{}@bench.example.net"}}],"subject":"{}{}","preview":"{}","sentAt":"{}","receivedAt":"{}",)"
      R"("size":{},"mailboxIds":{{"{}":true}},"keywords":{{{}}},"hasAttachment":{}}})",
      number, number, thread, words.some(1, random), person, person, words.some(1, random), other,
      other, thread == number ? "" : "Re: ", subject, words.some(36, random), date, date,
      2'000 + random() % 60'000, mailboxes[random() % 5], keywords, chance(10));
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class Timer {
 public:
  [[nodiscard]] double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  [[nodiscard]] double cpu() const { return cpu_seconds() - cpu_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double cpu_ = cpu_seconds();
};

void fill_store(replica::Store& store, std::size_t messages, bool in_random_order) {
  std::vector<std::size_t> order(messages);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (in_random_order) std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (std::size_t begin = 0; begin < messages; begin += kBatch) {
    replica::Batch batch;
    for (std::size_t i = begin; i < std::min(begin + kBatch, messages); ++i) {
      replica::IncomingRevision revision;
      revision.id = fmt::format("m{:08}", order[i]);
      revision.rev = {1, fmt::format("{:032x}", order[i])};
      revision.body = document(order[i]);
      batch.revisions.push_back(std::move(revision));
    }
    store.commit(batch);
  }
}

// Differs where any list of the account does.
std::size_t digest_of(const indexer::Account& account) {
  std::size_t digest = 0;
  for (const auto sort : api::message_sorts()) {
    for (const bool threads : {false, true}) {
      indexer::ListQuery query;
      api::set_sort(query, sort);
      query.threads = threads;
      query.limit = 1'000;
      for (int page = 0; page < 5; ++page) {
        const auto answer = account.list(query);
        for (const auto& row : answer.rows) digest = digest * 31 + std::hash<std::string>()(row);
        query.after = answer.next;
        if (!query.after) break;
      }
    }
  }
  return digest;
}

int fill(const fs::path& folder, std::size_t messages, bool in_random_order) {
  indexer::Account account(folder / "accounts" / kAccount, kAccount,
                           replica::sqlite::Access::kReadWrite);
  const Timer filling;
  fill_store(account.stores().create(mail::Doctype::kEmails), messages, in_random_order);
  fmt::print("store of {} messages{}: {:.1f} s\n", messages,
             in_random_order ? " in random order" : "", filling.wall());
  const Timer building;
  indexer::Progress progress;
  account.project(progress);
  const auto each = building.cpu() * 1e6 / static_cast<double>(messages);
  fmt::print(
      "catalog: {:.1f} s, {:.1f} s of processor time, {:.1f} us a message, {:.0f} octets a "
      "message, lists {:016x}\n",
      building.wall(), building.cpu(), each,
      static_cast<double>(account.bytes().catalog) / static_cast<double>(messages),
      digest_of(account));
  return 0;
}

struct NamedList {
  std::string name, path;
};

std::vector<NamedList> lists() {
  std::vector<NamedList> lists;
  for (const auto* mailbox : {"", "&mailbox=inbox"}) {
    const auto where = *mailbox == '\0' ? "all mail" : "inbox";
    for (const auto sort : api::message_sorts())
      lists.push_back(
          {fmt::format("{}, {}", where, sort), fmt::format("sort={}{}", sort, mailbox)});
    for (const auto* flag : {"unread", "flagged"})
      lists.push_back(
          {fmt::format("{}, {}", where, flag), fmt::format("{}=true{}", flag, mailbox)});
    lists.push_back({fmt::format("{}, threads", where), fmt::format("threads=true{}", mailbox)});
  }
  return lists;
}

// The routes of an account that nobody writes.
class Reading {
 public:
  explicit Reading(const fs::path& folder)
      : config_(config_of(folder)),
        accounts_(config_, replica::sqlite::Access::kReadOnly),
        replication_(config_, accounts_, metrics_),
        tasks_(folder / "davenport.db"),
        tokens_(folder / "davenport.db", replica::sqlite::Access::kReadOnly),
        open_(tokens_, {true}),
        routes_(config_, accounts_, tasks_, replication_, metrics_, events_, open_) {}

  [[nodiscard]] const api::Routes& routes() const { return routes_; }

  // Where the page of `limit` rows after `after` ends; nothing when the list ends there.
  [[nodiscard]] std::optional<std::string> end_of_page(const std::string& list,
                                                       const std::string& after,
                                                       std::size_t limit) const {
    api::HttpRequest request;
    request.needs_no_token = true;
    request.method = "GET";
    request.path = fmt::format("/v1/accounts/{}/messages", kAccount);
    for (std::string_view rest = list; !rest.empty();) {
      const auto part = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      const auto equals = part.find('=');
      request.query.emplace(part.substr(0, equals), part.substr(equals + 1));
    }
    request.query.emplace("limit", std::to_string(limit));
    if (!after.empty()) request.query.emplace("after", after);
    const auto payload = routes_.handle(request).payload;
    const auto next = payload.rfind("\"next\":\"");
    if (next == payload.npos) return {};
    return payload.substr(next + 8, payload.find('"', next + 8) - next - 8);
  }

 private:
  static api::Config config_of(const fs::path& folder) {
    api::Config config;
    config.data_dir = folder;
    return config;
  }

  const api::Config config_;
  api::Accounts accounts_;
  api::Metrics metrics_;
  api::Replication replication_;
  api::Tasks tasks_;
  const api::Tokens tokens_;
  api::Events events_;
  const api::AccessControl open_;
  const api::Routes routes_;
};

// Reads only: the text index that a server would begin to build is not what is measured.
int serve(const fs::path& folder, int port) {
  const api::StopSignals stop;
  const Reading reading(folder);
  api::HttpServer server(
      [&](const api::HttpRequest& request) { return reading.routes().handle(request); },
      {.listen = fmt::format("127.0.0.1:{}", port)});
  server.listen_tcp();
  server.start();
  stop.wait();
  server.stop();
  return 0;
}

constexpr std::size_t kLongPage = 500;

std::string page_path(const std::string& list, const std::string& after) {
  return fmt::format("messages?{}&limit=50{}{}", list, after.empty() ? "" : "&after=", after);
}

int paths(const fs::path& folder, std::size_t page) {
  const Reading reading(folder);
  for (const auto& list : lists()) {
    for (const auto at : {std::size_t{1}, page}) {
      std::optional<std::string> after = "";
      for (auto rows = (at - 1) * 50; rows > 0 && after;) {
        const auto limit = std::min<std::size_t>(rows, kLongPage);
        after = reading.end_of_page(list.path, *after, limit);
        rows -= limit;
      }
      if (after) fmt::print("{}, page {}\t{}\n", list.name, at, page_path(list.path, *after));
    }
  }
  return 0;
}

// Pages from all over each list, the same ones and in the same order each time.
int pages(const fs::path& folder, std::size_t count) {
  const Reading reading(folder);
  for (const auto& list : lists()) {
    std::vector<std::string> afters;
    for (auto after = reading.end_of_page(list.path, "", kLongPage); after;
         after = reading.end_of_page(list.path, *after, kLongPage))
      afters.push_back(*after);
    std::shuffle(afters.begin(), afters.end(), std::mt19937(1));
    afters.resize(std::min(afters.size(), count));
    for (const auto& after : afters) fmt::print("{}\t{}\n", list.name, page_path(list.path, after));
  }
  return 0;
}

int pouchdb(std::size_t messages) {
  const api::StopSignals stop;
  const support::PouchdbServer server;
  (void)server.ask("PUT", "/bench");
  for (std::size_t begin = 0; begin < messages; begin += 500) {
    std::string documents;
    for (std::size_t i = begin; i < std::min(begin + 500, messages); ++i)
      documents += (documents.empty() ? "" : ",") + document(i);
    const auto answer = server.ask("POST", "/bench/_bulk_docs", "{\"docs\":[" + documents + "]}");
    if (answer.status != 201) throw std::runtime_error(answer.body);
  }
  (void)server.ask(
      "PUT", "/bench/_design/list",
      R"({"views":{"date":{"map":"function(doc){for(var m in doc.mailboxIds)emit([m,doc.receivedAt]);}"}}})");
  fmt::print("{}\n", server.url());
  std::fflush(stdout);
  stop.wait();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "list_bench");
  app.require_subcommand(1);
  fs::path folder;
  std::size_t messages = 0, page = 0, count = 0;
  int port = 0;
  bool in_random_order = false;
  auto* fill_command = app.add_subcommand("fill");
  fill_command->add_option("FOLDER", folder)->required();
  fill_command->add_option("MESSAGES", messages)->required();
  fill_command->add_flag("--random", in_random_order);
  auto* serve_command = app.add_subcommand("serve");
  serve_command->add_option("FOLDER", folder)->required();
  serve_command->add_option("PORT", port)->required();
  auto* paths_command = app.add_subcommand("paths");
  paths_command->add_option("FOLDER", folder)->required();
  paths_command->add_option("PAGE", page)->required();
  auto* pages_command = app.add_subcommand("pages");
  pages_command->add_option("FOLDER", folder)->required();
  pages_command->add_option("COUNT", count)->required();
  auto* pouchdb_command = app.add_subcommand("pouchdb");
  pouchdb_command->add_option("MESSAGES", messages)->required();
  CLI11_PARSE(app, argc, argv);
  mail::initialize();
  spdlog::set_level(spdlog::level::off);  // nobody may write the lists that are read here
  if (fill_command->parsed()) return fill(folder, messages, in_random_order);
  if (serve_command->parsed()) return serve(folder, port);
  if (paths_command->parsed()) return paths(folder, page);
  if (pages_command->parsed()) return pages(folder, count);
  return pouchdb(messages);
}
