#include "api/metrics.hpp"

#include <gmock/gmock.h>

#include "indexer/stores.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, EveryReasonForAReadIsThereFromTheStart) {
  const api::Metrics metrics;
  for (const char* reason : {"list", "snippet", "body", "index"}) {
    EXPECT_THAT(
        metrics.to_text(),
        HasSubstr(std::string("davenport_content_reads_total{reason=\"") + reason + "\"} 0"));
  }
  EXPECT_THAT(metrics.to_text(), HasSubstr("davenport_build_info{version="));
  EXPECT_THAT(metrics.to_text(), HasSubstr("process_resident_memory_bytes "));
}

TEST(Metrics, ReadsOfAccountsAddUpByTheirDifferences) {
  api::Metrics metrics;
  indexer::ContentReads alice, bob;
  alice.body = 3;
  bob.body = 4;
  metrics.content_reads(alice, "alice");
  metrics.content_reads(bob, "bob");
  metrics.content_reads(bob, "bob");
  EXPECT_THAT(metrics.to_text(), HasSubstr("davenport_content_reads_total{reason=\"body\"} 7"));
  alice.body = 5;
  metrics.content_reads(alice, "alice");
  EXPECT_THAT(metrics.to_text(), HasSubstr("davenport_content_reads_total{reason=\"body\"} 9"));
  const indexer::ContentReads opened_again;
  metrics.content_reads(opened_again, "alice");
  EXPECT_THAT(metrics.to_text(), HasSubstr("davenport_content_reads_total{reason=\"body\"} 9"));
}

TEST(Metrics, RequestsAreCountedByRouteAndClassOfStatus) {
  api::Metrics metrics;
  metrics.request("/healthz", 200, std::chrono::milliseconds(2));
  metrics.request("/healthz", 204, std::chrono::milliseconds(2));
  metrics.request("/healthz", 404, std::chrono::milliseconds(2));
  const auto text = metrics.to_text();
  EXPECT_THAT(
      text,
      HasSubstr(
          "davenport_http_request_duration_seconds_count{route=\"/healthz\",status=\"2xx\"} 2"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "davenport_http_request_duration_seconds_count{route=\"/healthz\",status=\"4xx\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("5xx")));
}

TEST(Metrics, CountersAndLag) {
  api::Metrics metrics;
  metrics.documents_pulled(5);
  metrics.entries_indexed(6);
  metrics.quarantined(7);
  api::SourceReport source;
  source.name = "office";
  source.lag = std::chrono::minutes(2);
  source.watch = api::Watch::kContinuous;
  source.open_feeds = 3;
  source.databases[static_cast<std::size_t>(api::FeedState::kGone)] = 8;
  source.state = api::FeedState::kCrashing;
  metrics.sources({source});
  metrics.open_accounts(9);
  const auto text = metrics.to_text();
  EXPECT_THAT(text, HasSubstr("davenport_documents_pulled_total 5"));
  EXPECT_THAT(text, HasSubstr("davenport_entries_indexed_total 6"));
  EXPECT_THAT(text, HasSubstr("davenport_quarantined_total 7"));
  EXPECT_THAT(text, HasSubstr("davenport_replication_lag_seconds{source=\"office\"} 120"));
  EXPECT_THAT(text, HasSubstr("davenport_databases{source=\"office\",state=\"gone\"} 8"));
  EXPECT_THAT(text, HasSubstr("davenport_feeds_open{source=\"office\",watch=\"continuous\"} 3"));
  EXPECT_THAT(text, HasSubstr("davenport_feeds_open{source=\"office\",watch=\"updates\"} 0"));
  EXPECT_THAT(text, HasSubstr("davenport_source_up{source=\"office\"} 0"));
  EXPECT_THAT(text, HasSubstr("davenport_accounts_open 9"));
  EXPECT_THAT(text, HasSubstr("process_open_fds "));
}

}  // namespace
