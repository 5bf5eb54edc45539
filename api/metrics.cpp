#include "api/metrics.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include "api/metrics_state.hpp"
#include "indexer/stores.hpp"

namespace api {
namespace {

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
void Metrics::bytes_pulled(std::uint64_t count) {
  state_->pulled_bytes.Increment(static_cast<double>(count));
}
void Metrics::documents_projected(std::uint64_t count) {
  state_->projected.Increment(static_cast<double>(count));
}
void Metrics::entries_indexed(std::uint64_t count) {
  state_->indexed.Increment(static_cast<double>(count));
}
void Metrics::quarantined(std::uint64_t count) {
  state_->quarantined.Increment(static_cast<double>(count));
}

void Metrics::batch(std::string_view kind, std::chrono::nanoseconds duration) {
  state_->batches.Add({{"kind", std::string(kind)}}, kWorkDurations)
      .Observe(std::chrono::duration<double>(duration).count());
}

void Metrics::task_ended(std::string_view kind, std::string_view outcome,
                         std::chrono::nanoseconds duration) {
  state_->task_durations
      .Add({{"kind", std::string(kind)}, {"outcome", std::string(outcome)}}, kWorkDurations)
      .Observe(std::chrono::duration<double>(duration).count());
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

void Metrics::content_reads(const indexer::ContentReads& reads, std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  const ReadCounts now{reads.list, reads.snippet, reads.body, reads.index};
  auto seen = state_->reads_seen.find(account);
  if (seen == state_->reads_seen.end())
    seen = state_->reads_seen.try_emplace(std::string(account)).first;
  for (std::size_t i = 0; i < now.size(); ++i) {
    // Fewer than before: the account was closed and opened again, so it counts from 0.
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
