#include "replica/row_scanner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace replica {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Scanned {
  std::vector<std::string> rows;
  std::vector<std::size_t> depths;
  std::string rest;
  bool complete = false;
  bool plausible = true;
};

Scanned scan(const std::string& answer, std::size_t piece, std::size_t max_row = 1000) {
  Scanned result;
  RowScanner scanner(max_row);
  for (std::size_t at = 0; at < answer.size(); at += piece) {
    scanner.feed(std::string_view(answer).substr(at, piece), [&result](const RowScanner::Row& row) {
      result.rows.push_back(std::string(row.json) + (row.oversized ? " oversized" : ""));
      result.depths.push_back(row.depth);
    });
  }
  result.rest = scanner.rest();
  result.complete = scanner.complete();
  result.plausible = scanner.plausible();
  return result;
}

struct Case {
  std::string answer;
  std::vector<std::string> rows;
  std::string rest;
};

TEST(RowScanner, CutsRowsWhereverThePiecesEnd) {
  const std::vector<Case> cases = {
      {R"({"results":[],"last_seq":0})", {}, R"({"results":[],"last_seq":0})"},
      {"{\"results\":[\n{\"id\":\"a\"},\n{\"id\":\"b\"}\n],\n\"last_seq\":\"2-x\",\"pending\":0}\n",
       {R"({"id":"a"})", R"({"id":"b"})"},
       "{\"results\":[],\n\"last_seq\":\"2-x\",\"pending\":0}\n"},
      {"{\"last_seq\":[7,\"x\"], \"results\" : [ {\"a\":[1,{\"b\":[]}]} , {} ] }",
       {R"({"a":[1,{"b":[]}]})", "{}"},
       "{\"last_seq\":[7,\"x\"], \"results\" : [] }"},
      {R"({"results":[{"a":"]}\"\\"},{"b":"{[\\\""}]})",
       {R"({"a":"]}\"\\"})", R"({"b":"{[\\\""})"},
       R"({"results":[]})"},
      {R"([{"ok":1},{"missing":"1-a"}])", {R"({"ok":1})", R"({"missing":"1-a"})"}, "[]"},
      {R"({"results":[1, "x,y" ,null,[2,[3]],{"a":1}]})",
       {"1", R"("x,y")", "null", "[2,[3]]", R"({"a":1})"},
       R"({"results":[]})"},
      {R"({"other":[{"a":1}],"results":[{"b":1}],"more":{"results":[{"c":1}]}})",
       {R"({"b":1})"},
       R"({"other":[{"a":1}],"results":[],"more":{"results":[{"c":1}]}})"},
      {R"({"results":[{"a" 1e400 tru},{"id":"\ud800"}]})",
       {R"({"a" 1e400 tru})", R"({"id":"\ud800"})"},
       R"({"results":[]})"},
  };
  for (const Case& each : cases) {
    for (std::size_t piece = 1; piece <= each.answer.size(); ++piece) {
      SCOPED_TRACE(each.answer + " in pieces of " + std::to_string(piece));
      const Scanned scanned = scan(each.answer, piece);
      EXPECT_EQ(scanned.rows, each.rows);
      EXPECT_EQ(scanned.rest, each.rest);
      EXPECT_TRUE(scanned.complete);
      EXPECT_TRUE(scanned.plausible);
    }
  }
}

TEST(RowScanner, EveryTruncationIsSeen) {
  const std::string answer =
      R"({"results":[{"id":"a","doc":{"x":"}]"}},{"id":"b"}],"last_seq":"2-x"})";
  for (std::size_t size = 0; size < answer.size(); ++size) {
    EXPECT_FALSE(scan(answer.substr(0, size), 7).complete) << answer.substr(0, size);
  }
}

TEST(RowScanner, WhatIsNoJsonIsNotPlausible) {
  for (const std::string answer :
       {"<html>", "Bad gateway", "\"text\"", "{} {}", "[]]", "{}x", "17"}) {
    EXPECT_FALSE(scan(answer, 3).plausible) << answer;
  }
}

TEST(RowScanner, TellsHowDeepARowNests) {
  EXPECT_THAT(scan(R"({"results":[1,{},{"a":[[]]},{"b":{}}]})", 5).depths, ElementsAre(0, 1, 3, 2));
  std::string deep(1'000'000, '[');
  deep += std::string(1'000'000, ']');
  EXPECT_THAT(scan("[" + deep + "]", 4096, 10'000'000).depths, ElementsAre(1'000'000));
}

TEST(RowScanner, KeepsTheBeginningOfARowThatIsTooLarge) {
  const std::string large = R"({"id":"a","x":")" + std::string(200'000, 'x') + R"("})";
  for (const std::size_t piece : {1UL, 100UL, 1'000'000UL}) {
    const Scanned scanned = scan("[" + large + R"(,{"id":"b"}])", piece, 1000);
    ASSERT_EQ(scanned.rows.size(), 2U);
    EXPECT_THAT(scanned.rows[0], testing::StartsWith(R"({"id":"a","x":"xxx)"));
    EXPECT_THAT(scanned.rows[0], testing::EndsWith("oversized"));
    EXPECT_LT(scanned.rows[0].size(), 100'000U);
    EXPECT_EQ(scanned.rows[1], R"({"id":"b"})");
  }
}

}  // namespace
}  // namespace replica
