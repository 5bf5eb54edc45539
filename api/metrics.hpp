// What an operator watches, in Prometheus' text format.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/disk_space.hpp"
#include "api/reports.hpp"

namespace indexer {
struct ContentReads;
}

namespace api {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void documents_pulled(std::uint64_t count);
  void bytes_pulled(std::uint64_t count);  // of documents, as they were committed
  void documents_projected(std::uint64_t count);
  void entries_indexed(std::uint64_t count);
  // A piece of work of one account: "pull" (a database until it is caught up), "lists" or "text".
  void batch(std::string_view kind, std::chrono::nanoseconds duration);
  void quarantined(std::uint64_t count);
  // `route` is the route's pattern, never the path of the request (clients could create any number
  // of series).
  void request(std::string_view route, int status, std::chrono::nanoseconds duration);
  // Series by source and state, never by account: there may be tens of thousands.
  void sources(const std::vector<SourceReport>& reports);
  void open_accounts(std::size_t count);
  // Counts since the start: accounts that were found open, and accounts that had to be opened.
  void account_opens(std::uint64_t hits, std::uint64_t misses);
  void index_queues(std::size_t lists, std::size_t text);  // accounts that wait
  void disk(const DiskSpace::Report& report);
  // Tasks by kind, which is a word of ours: how many are in the state "queued" or "running" now;
  // one that ended, with its outcome "done", "failed" or "cancelled".
  void tasks(std::string_view kind, std::string_view state, std::size_t count);
  void task_ended(std::string_view kind, std::string_view outcome,
                  std::chrono::nanoseconds duration);
  // Adds what the account's readers counted since the last call, as
  // davenport_content_reads_total{reason}.
  void content_reads(const indexer::ContentReads& reads, std::string_view account);

  [[nodiscard]] std::string to_text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
