// What an operator watches, in Prometheus' text format.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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
  void entries_indexed(std::uint64_t count);
  void quarantined(std::uint64_t count);
  // `route` is the route's pattern, never a path that a client made up.
  void request(std::string_view route, int status, std::chrono::nanoseconds duration);
  // Series by source and state, never by account: there may be tens of thousands.
  void sources(const std::vector<SourceReport>& reports);
  void open_accounts(std::size_t count);
  // Adds what the account's readers counted since the last call, as davenport_content_reads_total{reason}.
  void content_reads(const indexer::ContentReads& reads, std::string_view account);

  [[nodiscard]] std::string to_text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace api
