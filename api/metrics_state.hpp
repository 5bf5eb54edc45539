// All series that there are: names, help, labels. Internal to the metrics.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <set>
#include <string>
#include <vector>

#include "api/metrics.hpp"

namespace api {

// Seconds. Lists and searches are meant to stay within the first few.
inline const prometheus::Histogram::BucketBoundaries kDurations{
    .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10};

// The same for pieces of work, which may take hours.
inline const prometheus::Histogram::BucketBoundaries kWorkDurations{.01, .1, 1, 10, 60, 600, 3'600};

inline constexpr std::array<const char*, 6> kStatusClasses{"", "1xx", "2xx", "3xx", "4xx", "5xx"};

inline prometheus::Counter& counter(prometheus::Registry& registry, const char* name,
                                    const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

inline prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry,
                                                     const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

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

  prometheus::Counter& pulled_bytes = counter(registry, "davenport_pulled_bytes_total",
                                              "Bytes of documents that came by replication.");
  prometheus::Counter& projected = counter(registry, "davenport_documents_projected_total",
                                           "Changes of stores that lists took over.");
  prometheus::Counter& open_hits = counter(registry, "davenport_account_open_hits_total",
                                           "Accounts asked for that were open already.");
  prometheus::Counter& open_misses = counter(registry, "davenport_account_open_misses_total",
                                             "Accounts asked for that had to be opened.");
  prometheus::Family<prometheus::Histogram>& batches =
      prometheus::BuildHistogram()
          .Name("davenport_batch_duration_seconds")
          .Help("Time of a piece of work on one account: pull, lists or text.")
          .Register(registry);
  prometheus::Family<prometheus::Histogram>& task_durations =
      prometheus::BuildHistogram()
          .Name("davenport_task_duration_seconds")
          .Help("Time that tasks took, by kind and outcome.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& tasks =
      gauges(registry, "davenport_tasks", "Tasks that wait or run, by kind and state.");
  prometheus::Family<prometheus::Gauge>& classes =
      gauges(registry, "davenport_accounts",
             "Accounts that are followed: active (moved or read lately), idle or paused.");
  prometheus::Family<prometheus::Gauge>& behind =
      gauges(registry, "davenport_accounts_behind",
             "Accounts behind their source for longer than so many seconds, by class.");
  prometheus::Family<prometheus::Gauge>& class_lag =
      gauges(registry, "davenport_account_lag_seconds",
             "Time since the account that is behind for longest had everything, by class.");
  prometheus::Family<prometheus::Gauge>& class_documents =
      gauges(registry, "davenport_account_lag_documents",
             "Documents that pulls under way have before them, by class of account.");
  prometheus::Family<prometheus::Gauge>& queues =
      gauges(registry, "davenport_queue_length",
             "Databases (looks, pulls) or accounts (lists, text) that wait, by queue.");
  prometheus::Gauge& is_full =
      gauges(registry, "davenport_disk_full", "1 while writing waits for room on the disk.")
          .Add({});
  prometheus::Gauge& free_bytes =
      gauges(registry, "davenport_disk_free_bytes", "Room on the data folder's file system.")
          .Add({});

  void forget_sources_but(const std::vector<SourceReport>& reports);
  void forget_source(const std::string& name);
  void set_lag(AccountClass which, const LagReport& now);

  // That have series; used only by the thread that reports them.
  std::set<std::string, std::less<>> sources;
  std::mutex mutex;  // of the two maps
  std::map<std::string, std::array<prometheus::Histogram*, kStatusClasses.size()>, std::less<>>
      durations_by_route;
  std::map<std::string, std::array<std::uint64_t, 4>, std::less<>> reads_seen;
};

}  // namespace api
