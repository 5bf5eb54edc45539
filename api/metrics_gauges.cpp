// Gauges: current values, set every few seconds.
#include <algorithm>

#include "api/metrics_state.hpp"

namespace api {
namespace {

void add(LagReport& sum, const LagReport& part) {
  sum.accounts += part.accounts;
  sum.documents += part.documents;
  sum.most = std::max(sum.most, part.most);
  for (std::size_t i = 0; i < sum.behind.size(); ++i) sum.behind[i] += part.behind[i];
}

// Sets a counter whose value is kept elsewhere; it never decreases.
void advance(prometheus::Counter& counter, std::uint64_t now) {
  counter.Increment(std::max(0.0, static_cast<double>(now) - counter.Value()));
}

}  // namespace

void Metrics::sources(const std::vector<SourceReport>& reports) {
  std::array<LagReport, kAccountClasses.size()> lags{};
  std::size_t looks = 0, pulls = 0;
  state_->forget_sources_but(reports);
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
    for (std::size_t i = 0; i < lags.size(); ++i) add(lags[i], report.lags[i]);
    looks += report.probes_due;
    pulls += report.pulls_due;
  }
  for (const AccountClass which : kAccountClasses)
    state_->set_lag(which, lags[static_cast<std::size_t>(which)]);
  state_->queues.Add({{"queue", "looks"}}).Set(static_cast<double>(looks));
  state_->queues.Add({{"queue", "pulls"}}).Set(static_cast<double>(pulls));
}

// A reloaded configuration may have other sources.
void Metrics::State::forget_sources_but(const std::vector<SourceReport>& reports) {
  std::set<std::string, std::less<>> now;
  for (const SourceReport& report : reports) now.insert(report.name);
  for (const std::string& name : sources) {
    if (!now.contains(name)) forget_source(name);
  }
  sources = std::move(now);
}

void Metrics::State::forget_source(const std::string& name) {
  const auto forget = [](auto& family, const prometheus::Labels& labels) {
    family.Remove(&family.Add(labels));
  };
  for (auto* family : {&lag, &idle, &pulls, &refused, &up}) forget(*family, {{"source", name}});
  for (const Watch watch : {Watch::kUpdates, Watch::kContinuous, Watch::kLongPoll, Watch::kPoll})
    forget(feeds, {{"source", name}, {"watch", std::string(watch_name(watch))}});
  for (const FeedState state : kFeedStates)
    forget(databases, {{"source", name}, {"state", std::string(feed_state_name(state))}});
}

void Metrics::State::set_lag(AccountClass which, const LagReport& now) {
  const std::string name(account_class_name(which));
  classes.Add({{"class", name}}).Set(static_cast<double>(now.accounts));
  class_lag.Add({{"class", name}}).Set(static_cast<double>(now.most.count()));
  class_documents.Add({{"class", name}}).Set(static_cast<double>(now.documents));
  for (std::size_t i = 0; i < kLagBounds.size(); ++i) {
    behind.Add({{"class", name}, {"seconds", std::to_string(kLagBounds[i].count())}})
        .Set(static_cast<double>(now.behind[i]));
  }
}

void Metrics::open_accounts(std::size_t count) { state_->accounts.Set(static_cast<double>(count)); }

void Metrics::account_opens(std::uint64_t hits, std::uint64_t misses) {
  advance(state_->open_hits, hits);
  advance(state_->open_misses, misses);
}

void Metrics::index_queues(std::size_t lists, std::size_t text) {
  state_->queues.Add({{"queue", "lists"}}).Set(static_cast<double>(lists));
  state_->queues.Add({{"queue", "text"}}).Set(static_cast<double>(text));
}

void Metrics::disk(const DiskSpace::Report& report) {
  state_->is_full.Set(report.is_full ? 1 : 0);
  state_->free_bytes.Set(static_cast<double>(report.free_bytes));
}

void Metrics::tasks(std::string_view kind, std::string_view state, std::size_t count) {
  state_->tasks.Add({{"kind", std::string(kind)}, {"state", std::string(state)}})
      .Set(static_cast<double>(count));
}

}  // namespace api
