#include "replica/replication_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

namespace replica {
namespace {

using nlohmann::json;
using Source = LogVerdict::Source;

ReplicationSession session(const std::string& id, const std::string& seq) {
  ReplicationSession result;
  result.id = id;
  result.started = std::chrono::sys_seconds(std::chrono::seconds(784'111'777));
  result.ended = result.started + std::chrono::minutes(1);
  result.recorded_seq.json = seq;
  result.checked = 7;
  result.read = 3;
  result.written = 2;
  result.failures = 1;
  return result;
}

ReplicationLog log_of(const std::vector<std::string>& ids) {
  ReplicationLog log;
  for (const std::string& id : ids) record(log, session(id, "\"" + id + "-seq\""));
  return log;
}

TEST(ReplicationLog, IsWrittenAsCouchDbWritesIt) {
  ReplicationLog log;
  record(log, session("one", ""));
  record(log, session("two", R"("7-g\/1")"));
  log.rev = "0-3";
  const json document = json::parse(to_json(log));
  EXPECT_EQ(document.at("_rev"), "0-3");
  EXPECT_EQ(document.at("session_id"), "two");
  EXPECT_EQ(document.at("source_last_seq"), "7-g/1");
  EXPECT_EQ(document.at("replication_id_version"), 4);
  const json expected = {{"session_id", "two"},
                         {"start_time", "Sun, 06 Nov 1994 08:49:37 GMT"},
                         {"end_time", "Sun, 06 Nov 1994 08:50:37 GMT"},
                         {"start_last_seq", 0},
                         {"end_last_seq", "7-g/1"},
                         {"recorded_seq", "7-g/1"},
                         {"missing_checked", 7},
                         {"missing_found", 3},
                         {"docs_read", 3},
                         {"docs_written", 2},
                         {"doc_write_failures", 1}};
  EXPECT_EQ(document.at("history").at(0), expected);
  EXPECT_EQ(document.at("history").at(1).at("recorded_seq"), 0);

  const ReplicationLog read = parse_replication_log(to_json(log));
  EXPECT_EQ(read.rev, "0-3");
  EXPECT_EQ(read.session_id, "two");
  ASSERT_EQ(read.history.size(), 2U);
  EXPECT_EQ(read.history.front().recorded_seq, R"("7-g\/1")");  // byte for byte
  EXPECT_EQ(to_json(read), to_json(log));

  log.counted_apart = -2;
  EXPECT_EQ(parse_replication_log(to_json(log)).counted_apart, -2);
}

TEST(ReplicationLog, KeepsFiftySessionsAndOneEntryForEach) {
  ReplicationLog log;
  for (int i = 0; i < 60; ++i) record(log, session(std::to_string(i), std::to_string(i)));
  record(log, session("59", "100"));
  ASSERT_EQ(log.history.size(), 50U);
  EXPECT_EQ(log.history.front().recorded_seq, "100");
  EXPECT_EQ(log.history.back().id, "10");
}

TEST(ReplicationLog, OddDocumentsAreLogsWithoutSessions) {
  for (const char* odd :
       {"", "[]", "17", "{", R"({"history":7})", R"({"history":[1,2]})", R"({"history":[{}]})",
        R"({"history":[{"session_id":1,"recorded_seq":2}]})",
        R"({"history":[{"session_id":"x"}]})"})
    EXPECT_TRUE(parse_replication_log(odd).history.empty()) << odd;
  const auto half = parse_replication_log(
      R"({"session_id":"a","history":[{"recorded_seq":[1,"x"],"session_id":"a","more":{"n":1}},7]})");
  ASSERT_EQ(half.history.size(), 1U);
  EXPECT_EQ(half.history.front().recorded_seq, R"([1,"x"])");
}

TEST(ReplicationLog, TellsWhetherTheSourceIsTheOneItWas) {
  const auto source = [](const std::vector<std::string>& sessions) {
    return std::optional(log_of(sessions));
  };
  struct Case {
    const char* what;
    std::vector<std::string> store;
    std::optional<ReplicationLog> source;
    Source verdict;
    std::string since;
  };
  const std::vector<Case> cases = {
      {"nothing was written yet", {}, {}, Source::kContinues, ""},
      {"this store wrote nothing, another did", {}, source({"x"}), Source::kContinues, ""},
      {"the same", {"a", "b"}, source({"a", "b"}), Source::kContinues, ""},
      {"the store was put back", {"a"}, source({"a", "b"}), Source::kKnowsMore, R"("b-seq")"},
      {"the source was put back", {"a", "b", "c"}, source({"a"}), Source::kIsAnother, ""},
      {"both", {"a", "b", "c"}, source({"a", "b", "x"}), Source::kIsAnother, ""},
      {"a database made anew", {"a", "b"}, {}, Source::kIsAnother, ""},
      {"somebody else's", {"a", "b"}, source({"x", "y"}), Source::kIsAnother, ""},
      {"no log any more", {"a"}, ReplicationLog{}, Source::kIsAnother, ""},
  };
  for (const Case& each : cases) {
    const LogVerdict verdict = compare(log_of(each.store), each.source);
    EXPECT_EQ(verdict.source, each.verdict) << each.what;
    EXPECT_EQ(verdict.since.json, each.since) << each.what;
  }
}

TEST(ReplicationLog, MergesSessionsOfOthersBehindItsOwn) {
  ReplicationLog log = log_of({"a", "c"});
  merge(log, log_of({"a", "b"}));
  std::vector<std::string> ids;
  for (const LoggedSession& each : log.history) ids.push_back(each.id);
  EXPECT_THAT(ids, testing::ElementsAre("c", "a", "b"));
  EXPECT_EQ(log.session_id, "c");
}

TEST(ReplicationId, DependsOnStoreAndDatabaseOnly) {
  const std::set<std::string> ids = {replication_id("a", "mail"), replication_id("b", "mail"),
                                     replication_id("a", "mail2")};
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(replication_id("a", "mail"), replication_id("a", "mail"));
  EXPECT_EQ(ids.begin()->size(), 32U);
  EXPECT_EQ(ids.begin()->find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace replica
