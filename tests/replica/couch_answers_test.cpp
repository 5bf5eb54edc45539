#include "replica/couch_answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace replica {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Calls `read` with `json` as the one row of an answer.
template <typename Read>
auto with_row(const std::string& json, const Read& read) {
  decltype(read(std::declval<const RowScanner::Row&>())) result;
  RowScanner scanner(1'000'000);
  scanner.feed("[" + json + "]", [&](const RowScanner::Row& row) { result = read(row); });
  return result;
}

FeedRow feed_row(const std::string& json) {
  AnswerReader reader;
  return with_row(json,
                  [&reader](const RowScanner::Row& row) { return reader.feed_row(row, true); });
}

std::vector<SentRevision> bulk_get_row(const std::string& json) {
  AnswerReader reader;
  return with_row(json, [&reader](const RowScanner::Row& row) { return reader.bulk_get_row(row); });
}

RevId rev(const std::string& text) { return RevId::parse(text).value(); }

std::string nested(std::size_t depth) {
  return R"({"_id":"d","_rev":"1-a","x":)" + std::string(depth - 1, '[') +
         std::string(depth - 1, ']') + "}";
}

TEST(FeedRow, KeepsTheBytesOfTheDocument) {
  const std::vector<std::string> documents = {
      R"({"_id":"d","_rev":"1-a"})",
      R"({ "x" : 1e400, "_rev":"1-a" , "_id":"d","n":123456789012345678901234567890})",
      R"({"a":"\ud800 lone","a":"twice","_id":"d","_rev":"1-a","e":"\u0041\/"})",
      R"({"_id":"d","x":{"_rev":"9-nested","list":[{},[]]},"_rev":"1-a"})",
      nested(100),
  };
  for (const std::string& document : documents) {
    const FeedRow row =
        feed_row(R"({"seq":null,"id":"d","changes":[{"rev":"1-a"}],"doc":)" + document + "}");
    EXPECT_EQ(row.problem, "") << document;
    EXPECT_EQ(row.document, document);
    EXPECT_EQ(row.document_bytes, document.size());
  }
}

// A document so large that it takes the memory of its row.
std::string large_document(const std::string& before, const std::string& after) {
  return before + R"("_id":"d","x":")" + std::string(2'000'000, 'x') + "\"" + after;
}

template <typename Read>
auto with_large_row(const std::string& json, const Read& read) {
  decltype(read(std::declval<const RowScanner::Row&>())) result;
  RowScanner scanner(10'000'000);
  const std::string answer = "[" + json + ", {}]";
  for (std::size_t at = 0; at < answer.size(); at += 60'000) {
    scanner.feed(std::string_view(answer).substr(at, 60'000), [&](const RowScanner::Row& row) {
      if (row.json != "{}") result = read(row);
    });
  }
  EXPECT_TRUE(scanner.complete());
  return result;
}

TEST(FeedRow, KeepsTheBytesOfALargeDocument) {
  AnswerReader reader;
  const std::string document = large_document(R"({"_rev":"1-a",)", "}");
  for (const std::string more : {"", R"( , "deleted": true)"}) {
    const FeedRow row = with_large_row(
        R"({"id":"d","changes":[{"rev":"1-a"}],"doc":)" + document + more + "}",
        [&reader](const RowScanner::Row& each) { return reader.feed_row(each, true); });
    EXPECT_TRUE(row.document == document);
    EXPECT_EQ(row.deleted, !more.empty());
    EXPECT_EQ(row.problem, "");
  }
}

TEST(BulkGetRow, KeepsTheBytesOfALargeDocument) {
  AnswerReader reader;
  const std::string member = R"("_revisions":{"start":2,"ids":["b","a"]})";
  const std::string whole = large_document(R"({"_rev":"2-b",)", "}");
  const std::vector<std::string> documents = {
      large_document("{" + member + R"(,"_rev":"2-b",)", "}"),
      large_document(R"({"_rev":"2-b",)" + member + ",", "}"),
      large_document(R"({"_rev":"2-b",)", "," + member + "}")};
  for (const std::string& document : documents) {
    const auto sent = with_large_row(
        R"({"id":"d","docs":[{"ok":)" + document + R"(},{"ok": )" + document + " }]}",
        [&reader](const RowScanner::Row& row) { return reader.bulk_get_row(row); });
    ASSERT_EQ(sent.size(), 2U);
    for (const SentRevision& each : sent) {
      EXPECT_EQ(each.problem, "");
      EXPECT_TRUE(each.revision.body == whole);
      EXPECT_THAT(each.revision.ancestors, ElementsAre("a"));
    }
    const SentRevision leaf = with_large_row(
        R"({"ok":)" + document + "}",
        [&reader](const RowScanner::Row& row) { return reader.open_revs_row(row, "d"); });
    EXPECT_TRUE(leaf.revision.body == whole);
  }
}

TEST(FeedRow, PutsTheWinnerFirst) {
  const FeedRow row = feed_row(
      R"({"id":"d","changes":[{"rev":"2-a"},{"rev":"2-b"}],"doc":{"_id":"d","_rev":"2-b"},"seq":14,"deleted":true})");
  EXPECT_THAT(row.leaves, ElementsAre(rev("2-b"), rev("2-a")));
  EXPECT_TRUE(row.deleted);
}

TEST(FeedRow, DropsADocumentOfAnotherRevision) {
  const FeedRow row =
      feed_row(R"({"id":"d","changes":[{"rev":"1-a"}],"doc":{"_id":"d","_rev":"2-b"}})");
  EXPECT_EQ(row.problem, "");
  EXPECT_EQ(row.document, "");
}

TEST(FeedRow, MaySayNothing) {
  const FeedRow row = feed_row(R"({"seq":1,"id":"d","changes":[]})");
  EXPECT_EQ(row.problem, "");
  EXPECT_FALSE(names_revisions(row));
}

TEST(FeedRow, SaysWhatIsWrongAndNamesTheDocument) {
  struct Case {
    std::string row, id, problem;
  };
  const std::vector<Case> cases = {
      {R"({"seq":1,"id":"d","changes":[{"rev":"1-a"}],"doc":)" + nested(101) + "}", "d",
       "nests deeper"},
      {R"({"seq":1,"id":"d","changes":[{"rev":"1-a"}],"doc":)" + nested(10'000) + "}", "d",
       "nests deeper"},
      {R"({"seq":1,"id":"d","changes":[{"rev":"zzz"}]})", "d", "cannot be read"},
      {R"({"seq":1,"id":"d","removed":true,"changes":[]})", "d", "no revision"},
      {R"({"seq":1,"id":"d"})", "d", "no revision"},
      {R"({"seq":1,"changes":[{"rev":"1-a"}]})", "", "no id"},
      {R"({"doc":{"id":"inner"} "x", "id" : "d\"\u00fc"})", "d\"ü", "cannot be read"},
      {R"({"id":"\ud800","changes":[{"rev":"1-a"}]})", "", R"("\ud800")"},
      {R"({"id":7,"changes":[{"rev":"1-a"}]})", "", "cannot be read"},
      {R"([1,2])", "", "cannot be read"},
      {"17", "", "cannot be read"},
      {"{\"id\":\"d\",\"changes\":[{\"rev\":\"1-a\"}],\"doc\":{\"x\":\"\xff\xfe\"}}", "d",
       "cannot be read"},
  };
  for (const Case& each : cases) {
    const FeedRow row = feed_row(each.row);
    EXPECT_EQ(row.id, each.id) << each.row.substr(0, 100);
    EXPECT_THAT(row.problem, HasSubstr(each.problem)) << each.row.substr(0, 100);
    EXPECT_EQ(row.document, "") << each.row.substr(0, 100);
  }
}

TEST(BulkGetRow, CutsTheRevisionsOut) {
  struct Case {
    std::string document, body;
  };
  const std::string revisions = R"("_revisions":{"start":3,"ids":["c","b","a"]})";
  const std::vector<Case> cases = {
      {R"({"_id":"d","_rev":"3-c",)" + revisions + "}", R"({"_id":"d","_rev":"3-c"})"},
      {"{" + revisions + R"(,"_id":"d","_rev":"3-c"})", R"({"_id":"d","_rev":"3-c"})"},
      {R"({ "_rev":"3-c" , )" + revisions + R"( , "x":1e400})", R"({ "_rev":"3-c"  , "x":1e400})"},
      {R"({"_rev":"3-c","s":"\ud800\/","_revisions" : { "ids":["c","b","a"], "start":3 } })",
       R"({"_rev":"3-c","s":"\ud800\/" })"},
  };
  for (const Case& each : cases) {
    const auto sent = bulk_get_row(R"({"id":"d","docs":[{"ok":)" + each.document + "}]}");
    ASSERT_EQ(sent.size(), 1U) << each.document;
    EXPECT_EQ(sent[0].problem, "") << each.document;
    EXPECT_EQ(sent[0].revision.body, each.body);
    EXPECT_EQ(sent[0].revision.id, "d");
    EXPECT_EQ(sent[0].revision.rev, rev("3-c"));
    EXPECT_THAT(sent[0].revision.ancestors, ElementsAre("b", "a"));
  }
}

TEST(BulkGetRow, TellsWhatIsNotThere) {
  const std::string ok =
      R"({"ok":{"_id":"d","_rev":"2-b","_deleted":true,"_revisions":{"start":2,"ids":["b","a"]}}})";
  const auto sent = bulk_get_row(
      R"({"id":"d","docs":[)" + ok +
      R"(,{"missing":"5-x"},{},{"error":{"rev":"7-y","reason":"missing","error":"not_found"}},)" +
      R"({"error":"not_found","reason":"missing"}]})");
  ASSERT_EQ(sent.size(), 5U);
  EXPECT_EQ(sent[0].problem, "");
  EXPECT_TRUE(sent[0].revision.deleted);
  EXPECT_EQ(sent[1].revision.rev, rev("5-x"));
  EXPECT_THAT(sent[1].problem, HasSubstr("missing"));
  EXPECT_THAT(sent[2].problem, HasSubstr("nothing"));
  EXPECT_EQ(sent[3].revision.rev, rev("7-y"));
  EXPECT_THAT(sent[3].problem, HasSubstr("not_found"));
  EXPECT_THAT(sent[4].problem, HasSubstr("not_found"));
}

TEST(BulkGetRow, ABadOneHarmsItselfOnly) {
  const std::vector<std::string> documents = {
      R"({"_rev":"3-c"})",
      R"({"_rev":"3-c","_revisions":{"start":2,"ids":["c","b"]}})",
      R"({"_rev":"3-c","_revisions":{"start":3,"ids":["x","b"]}})",
      R"({"_rev":"3-c","_revisions":{"start":3,"ids":[]}})",
      R"({"_rev":"3-c","_revisions":{"start":3,"ids":["c","b","a","z"]}})",
      R"({"_rev":"3-c","_revisions":7})",
      R"({"_rev":7})",
      R"({"_id":"d"})",
      R"({"_id":"d","_revisions":{"start":1,"ids":["a"]}})",
      R"({"_rev":"3-c" "x"})",
      R"({"_rev":"3-c","_revisions":{"start":3,"ids":["c"]},"x":)" + nested(10'000) + "}",
  };
  for (const std::string& document : documents) {
    const auto sent = bulk_get_row(R"({"id":"d","docs":[{"ok":)" + document + "}]}");
    ASSERT_EQ(sent.size(), 1U) << document.substr(0, 100);
    EXPECT_NE(sent[0].problem, "") << document.substr(0, 100);
    EXPECT_EQ(sent[0].revision.id, "d") << document.substr(0, 100);
  }
}

TEST(FeedEnd, KeepsTheSequenceAsItCame) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"results":[],"last_seq":20})", "20"},
      {R"({"results":[],"last_seq" : "17-g1A\/_-\"" ,"pending":0})", R"("17-g1A\/_-\"")"},
      {R"({"results":[],"last_seq":[ 7, "x" ]})", R"([ 7, "x" ])"},
      {R"({"last_seq":123456789012345678901234567890,"results":[]})",
       "123456789012345678901234567890"},
  };
  AnswerReader reader;
  for (const auto& [json, seq] : cases) {
    const auto end = reader.feed_end(json);
    ASSERT_TRUE(end) << json;
    EXPECT_EQ(end->last_seq.json, seq) << json;
  }
  EXPECT_FALSE(reader.feed_end(R"({"results":[]})"));
  EXPECT_FALSE(reader.feed_end(R"({"results":[],"last_seq":null})"));
  EXPECT_FALSE(reader.feed_end(R"({"results":[],"last_seq")"));
}

TEST(SinceValue, IsTheSequenceWithoutItsQuotes) {
  AnswerReader reader;
  EXPECT_EQ(reader.since_value({}), "0");
  EXPECT_EQ(reader.since_value({"20"}), "20");
  EXPECT_EQ(reader.since_value({R"("17-g1A\/_")"}), "17-g1A/_");
  EXPECT_EQ(reader.since_value({R"([7,"x"])"}), R"([7,"x"])");
}

}  // namespace
}  // namespace replica
