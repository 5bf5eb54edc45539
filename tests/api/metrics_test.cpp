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
  metrics.replication_lag("alice", std::chrono::minutes(2));
  const auto text = metrics.to_text();
  EXPECT_THAT(text, HasSubstr("davenport_documents_pulled_total 5"));
  EXPECT_THAT(text, HasSubstr("davenport_entries_indexed_total 6"));
  EXPECT_THAT(text, HasSubstr("davenport_quarantined_total 7"));
  EXPECT_THAT(text, HasSubstr("davenport_replication_lag_seconds{account=\"alice\"} 120"));
}

}  // namespace
