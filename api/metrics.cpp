#include "api/metrics.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include "indexer/stores.hpp"

namespace api {
namespace {

// Seconds. Lists and searches are meant to stay within the first few.
const prometheus::Histogram::BucketBoundaries kDurations{.0005, .001, .0025, .005, .01, .025, .05,
                                                         .1,    .25,  .5,    1,    2.5, 10};

constexpr std::array<const char*, 6> kStatusClasses{"", "1xx", "2xx", "3xx", "4xx", "5xx"};

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name,
                                              const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

double open_files() {
  std::error_code unreadable;
  const std::filesystem::directory_iterator files("/proc/self/fd", unreadable);
  return static_cast<double>(std::distance(begin(files), end(files)));
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  double resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

using ReadCounts = std::array<std::uint64_t, 4>;

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  prometheus::Counter& pulled = counter(registry, "davenport_documents_pulled_total",
                                        "Documents that changed in a store by replication.");
  prometheus::Counter& indexed =
      counter(registry, "davenport_entries_indexed_total", "Entries written to text indexes.");
  prometheus::Counter& quarantined =
      counter(registry, "davenport_quarantined_total", "Documents that could not be taken over.");
  prometheus::Family<prometheus::Gauge>& lag =
      gauges(registry, "davenport_replication_lag_seconds",
             "Time since the database that is behind for longest had everything, by source.");
  prometheus::Family<prometheus::Gauge>& databases =
      gauges(registry, "davenport_databases", "Databases that are followed, by source and state.");
  prometheus::Family<prometheus::Gauge>& idle =
      gauges(registry, "davenport_databases_idle",
             "Databases that wait for nothing but a change at their source.");
  prometheus::Family<prometheus::Gauge>& feeds =
      gauges(registry, "davenport_feeds_open", "Feeds held open, by source and kind.");
  prometheus::Family<prometheus::Gauge>& pulls =
      gauges(registry, "davenport_pulls_running", "Databases being pulled, by source.");
  prometheus::Family<prometheus::Gauge>& refused =
      gauges(registry, "davenport_quarantine_size",
             "Documents and attachments in quarantine now, by source.");
  prometheus::Family<prometheus::Gauge>& up =
      gauges(registry, "davenport_source_up", "0 while a source cannot be reached.");
  prometheus::Gauge& accounts =
      gauges(registry, "davenport_accounts_open", "Accounts that hold files open.").Add({});
  prometheus::Gauge& files =
      gauges(registry, "process_open_fds", "Number of open file descriptors.").Add({});
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("davenport_http_request_duration_seconds")
          .Help("Time from a complete request to its answer, by route and class of status.")
          .Register(registry);
  prometheus::Family<prometheus::Counter>& reads =
      prometheus::BuildCounter()
          .Name("davenport_content_reads_total")
          .Help("Content documents (bodies) read, by reason. Lists read none.")
          .Register(registry);
  std::array<prometheus::Counter*, 4> reads_by_reason{
      &reads.Add({{"reason", "list"}}), &reads.Add({{"reason", "snippet"}}),
      &reads.Add({{"reason", "body"}}), &reads.Add({{"reason", "index"}})};
  prometheus::Gauge& memory = prometheus::BuildGauge()
                                  .Name("process_resident_memory_bytes")
                                  .Help("Resident memory size in bytes.")
                                  .Register(registry)
                                  .Add({});

  std::mutex mutex;  // of the two maps
  std::map<std::string, std::array<prometheus::Histogram*, kStatusClasses.size()>, std::less<>>
      durations_by_route;
  std::map<std::string, ReadCounts, std::less<>> reads_seen;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
  prometheus::BuildGauge()
      .Name("davenport_build_info")
      .Help("Version of the program; the value is always 1.")
      .Register(state_->registry)
      .Add({{"version", DAVENPORT_VERSION}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::documents_pulled(std::uint64_t count) {
  state_->pulled.Increment(static_cast<double>(count));
}
void Metrics::entries_indexed(std::uint64_t count) {
  state_->indexed.Increment(static_cast<double>(count));
}
void Metrics::quarantined(std::uint64_t count) {
  state_->quarantined.Increment(static_cast<double>(count));
}

void Metrics::request(std::string_view route, int status, std::chrono::nanoseconds duration) {
  const auto status_class = static_cast<std::size_t>(std::clamp(status / 100, 1, 5));
  prometheus::Histogram* histogram = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    auto found = state_->durations_by_route.find(route);
    if (found == state_->durations_by_route.end()) {
      found = state_->durations_by_route.try_emplace(std::string(route)).first;
    }
    auto& slot = found->second[status_class];
    if (slot == nullptr) {
      slot = &state_->durations.Add(
          {{"route", found->first}, {"status", kStatusClasses[status_class]}}, kDurations);
    }
    histogram = slot;
  }
  histogram->Observe(std::chrono::duration<double>(duration).count());
}

void Metrics::sources(const std::vector<SourceReport>& reports) {
  for (const SourceReport& report : reports) {
    const prometheus::Labels source{{"source", report.name}};
    state_->lag.Add(source).Set(static_cast<double>(report.lag.count()));
    state_->idle.Add(source).Set(static_cast<double>(report.idle));
    state_->pulls.Add(source).Set(static_cast<double>(report.pulls));
    state_->refused.Add(source).Set(static_cast<double>(report.quarantined));
    state_->up.Add(source).Set(report.state == FeedState::kCrashing ? 0 : 1);
    for (const Watch watch :
         {Watch::kUpdates, Watch::kContinuous, Watch::kLongPoll, Watch::kPoll}) {
      const std::size_t open = watch == report.watch ? report.open_feeds : 0;
      state_->feeds.Add({{"source", report.name}, {"watch", std::string(watch_name(watch))}})
          .Set(static_cast<double>(open));
    }
    for (const FeedState state : kFeedStates) {
      state_->databases
          .Add({{"source", report.name}, {"state", std::string(feed_state_name(state))}})
          .Set(static_cast<double>(report.databases[static_cast<std::size_t>(state)]));
    }
  }
}

void Metrics::open_accounts(std::size_t count) { state_->accounts.Set(static_cast<double>(count)); }

void Metrics::content_reads(const indexer::ContentReads& reads, std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  const ReadCounts now{reads.list, reads.snippet, reads.body, reads.index};
  auto seen = state_->reads_seen.find(account);
  if (seen == state_->reads_seen.end())
    seen = state_->reads_seen.try_emplace(std::string(account)).first;
  for (std::size_t i = 0; i < now.size(); ++i) {
    // Fewer than before: the account was closed and opened again, and counts from 0.
    const std::uint64_t before = now[i] < seen->second[i] ? 0 : seen->second[i];
    state_->reads_by_reason[i]->Increment(static_cast<double>(now[i] - before));
  }
  seen->second = now;
}

std::string Metrics::to_text() const {
  state_->memory.Set(resident_bytes());
  state_->files.Set(open_files());
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace api
