// The rules that Prometheus' own linter has for names, and that series do not grow with accounts.
#include <gmock/gmock.h>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "api/metrics.hpp"
#include "indexer/stores.hpp"

namespace {

// Everything that there is, told at least once.
void tell_all(api::Metrics& metrics) {
  api::SourceReport source;
  source.name = "office";
  source.lags[0].accounts = 3;
  source.lags[0].behind[1] = 2;
  source.lags[0].documents = 17;
  source.lags[2].accounts = 1;
  metrics.sources({source});
  metrics.documents_pulled(1);
  metrics.bytes_pulled(1);
  metrics.documents_projected(1);
  metrics.entries_indexed(1);
  metrics.quarantined(1);
  metrics.batch("pull", std::chrono::milliseconds(3));
  metrics.request("/healthz", 200, std::chrono::milliseconds(2));
  metrics.open_accounts(1);
  metrics.account_opens(5, 2);
  metrics.index_queues(1, 2);
  metrics.disk({true, {}, 4'711, "/var"});
  metrics.tasks("reindex", "running", 1);
  metrics.task_ended("reindex", "done", std::chrono::seconds(1));
}

struct Family {
  std::string help, type;
  std::size_t series = 0;
};

std::map<std::string, Family> families_of(const std::string& text) {
  std::map<std::string, Family> families;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (std::regex_match(line, parts, std::regex("# HELP (\\S+) (.*)"))) {
      EXPECT_TRUE(families[parts[1]].help.empty()) << "twice: " << line;
      families[parts[1]].help = parts[2];
    } else if (std::regex_match(line, parts, std::regex("# TYPE (\\S+) (\\S+)"))) {
      families[parts[1]].type = parts[2];
    } else {
      const std::regex sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}]*\})? \S+)");
      EXPECT_TRUE(std::regex_match(line, parts, sample)) << line;
      std::string name = parts[1];
      if (!families.contains(name))
        name = std::regex_replace(name, std::regex("_(bucket|sum|count)$"), "");
      EXPECT_TRUE(families.contains(name)) << "without HELP and TYPE: " << line;
      ++families[name].series;
    }
  }
  return families;
}

TEST(MetricsRules, NamesHelpAndTypesAreAsPrometheusWantsThem) {
  api::Metrics metrics;
  tell_all(metrics);
  for (const auto& [name, family] : families_of(metrics.to_text())) {
    EXPECT_TRUE(std::regex_match(name, std::regex("(davenport|process)_[a-z_]+"))) << name;
    EXPECT_FALSE(family.help.empty()) << name;
    EXPECT_GT(family.series, 0U) << name;
    const bool is_total = name.ends_with("_total");
    EXPECT_EQ(is_total, family.type == "counter") << name << " is a " << family.type;
    EXPECT_FALSE(
        std::regex_search(name, std::regex("_(ms|millis|milliseconds|minutes|kb|mb)(_|$)")))
        << name << ": seconds and bytes are the units";
    EXPECT_TRUE(family.type != "histogram" || name.ends_with("_seconds")) << name;
  }
}

TEST(MetricsRules, SeriesDoNotGrowWithAccounts) {
  api::Metrics metrics;
  tell_all(metrics);
  const auto before = families_of(metrics.to_text());
  for (int i = 0; i < 1'000; ++i) {
    const std::string account = "account" + std::to_string(i);
    indexer::ContentReads reads;
    reads.body = 1;
    metrics.content_reads(reads, account);
    metrics.documents_pulled(1);
    metrics.batch("text", std::chrono::milliseconds(i));
  }
  api::SourceReport source;
  source.name = "office";
  source.accounts = 1'000;
  source.lags[1].accounts = 1'000;
  metrics.sources({source});
  const auto text = metrics.to_text();
  EXPECT_EQ(text.find("account7"), std::string::npos);
  std::size_t all = 0;
  for (const auto& [name, family] : families_of(text)) all += family.series;
  EXPECT_LT(all, 250U);
  EXPECT_EQ(families_of(text).size(), before.size());
}

TEST(MetricsRules, LagIsToldByClass) {
  api::Metrics metrics;
  tell_all(metrics);
  const auto text = metrics.to_text();
  for (const char* line :
       {"davenport_accounts{class=\"active\"} 3", "davenport_accounts{class=\"paused\"} 1",
        "davenport_accounts_behind{class=\"active\",seconds=\"60\"} 2",
        "davenport_account_lag_documents{class=\"active\"} 17", "davenport_disk_full 1",
        "davenport_disk_free_bytes 4711", "davenport_queue_length{queue=\"text\"} 2",
        "davenport_tasks{kind=\"reindex\",state=\"running\"} 1",
        "davenport_task_duration_seconds_count{kind=\"reindex\",outcome=\"done\"} 1"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(MetricsRules, ASourceThatIsNotInTheConfigurationAnyMoreHasNoSeries) {
  api::Metrics metrics;
  tell_all(metrics);
  EXPECT_NE(metrics.to_text().find("source=\"office\""), std::string::npos);
  api::SourceReport other;
  other.name = "home";
  metrics.sources({other});
  EXPECT_EQ(metrics.to_text().find("source=\"office\""), std::string::npos);
  EXPECT_NE(metrics.to_text().find("davenport_source_up{source=\"home\"} 1"), std::string::npos);
}

}  // namespace
