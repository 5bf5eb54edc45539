#include "api/render.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

TEST(Cursor, OfAPlaceComesBack) {
  for (const std::string id : {"", "x", "bS0wMDAx", "\"\\\n", "é"}) {
    for (const std::int64_t date :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{989'883'552'000}}) {
      const indexer::OrderKey place{date, id};
      EXPECT_EQ(api::decode_place_cursor(api::encode_cursor(place)), place) << id;
    }
  }
}

TEST(Cursor, OfAnOffsetComesBack) {
  for (const std::size_t offset : {0, 1, 50, 999'950}) {
    EXPECT_EQ(api::decode_offset_cursor(api::encode_cursor(offset)), offset);
  }
}

TEST(Cursor, WhatIsNotOursIsNone) {
  const std::string place = api::encode_cursor(indexer::OrderKey{5, "x"});
  const std::string offset = api::encode_cursor(std::size_t{5});
  EXPECT_FALSE(api::decode_offset_cursor(place));
  EXPECT_FALSE(api::decode_place_cursor(offset));
  for (const std::string cursor :
       {"", "x", "????", "e30", "bnVsbA", "W10", "eyJkYXRlIjoieCIsImlkIjoxfQ"}) {
    EXPECT_FALSE(api::decode_place_cursor(cursor)) << cursor;
    EXPECT_FALSE(api::decode_offset_cursor(cursor)) << cursor;
  }
  EXPECT_FALSE(api::decode_offset_cursor(api::encode_cursor(std::size_t{1'000'000'000'000})))
      << "beyond any result";
  EXPECT_FALSE(api::decode_place_cursor(std::string(1 << 20, 'W')));
}

TEST(Render, ListHasRowsAsTheyAreAndTheCursorOfItsEnd) {
  indexer::ListPage page;
  page.rows = {R"({"id":"a"})", R"({"id":"b"})"};
  page.total = 7;
  page.unread = 3;
  page.state = "s1";
  page.next = "bmV4dA";
  const auto list = json::parse(api::render_list(page));
  EXPECT_EQ(list["messages"], json::parse(R"([{"id":"a"},{"id":"b"}])"));
  EXPECT_EQ(list["total"], 7);
  EXPECT_EQ(list["unread"], 3);
  EXPECT_EQ(list["state"], "s1");
  EXPECT_EQ(list["totalIsExact"], true);
  EXPECT_EQ(list["next"], "bmV4dA");
  EXPECT_TRUE(list["previous"].is_null());
  EXPECT_TRUE(json::parse(api::render_list({}))["next"].is_null());
}

TEST(Render, SearchTellsMailFromFiles) {
  indexer::SearchAnswer answer;
  answer.hits.push_back(
      {indexer::Kind::kMail, R"({"id":"m"})", 0.5, {}, 0, "a <mark>b</mark>", "c", "2"});
  answer.hits.push_back({indexer::Kind::kFile, R"({"id":"f"})", 0, {}, 0, "", "", ""});
  answer.suggestions = {{5, 5, "report"}};
  answer.facets = {{indexer::Facet::kYear, {{"2001", 2}}, true}};
  answer.total = 2;
  answer.next_offset = 50;
  answer.index = {true, 0, 1, "g1"};
  const auto search = json::parse(api::render_search(answer, "from:reprt x"));
  EXPECT_EQ(search["hits"][0]["kind"], "mail");
  EXPECT_EQ(search["hits"][0]["message"]["id"], "m");
  EXPECT_EQ(search["hits"][0]["snippet"]["subject"], "a <mark>b</mark>");
  EXPECT_EQ(search["hits"][0]["snippet"]["part"], "2");
  EXPECT_EQ(search["hits"][1]["file"]["id"], "f");
  EXPECT_FALSE(search["hits"][1].contains("snippet"));
  EXPECT_EQ(api::decode_offset_cursor(search["next"].get<std::string>()), 50U);
  EXPECT_EQ(search["didYouMean"], "from:report x");
  EXPECT_EQ(search["facets"], json::parse(R"({"year":[{"value":"2001","count":2}]})"));
  EXPECT_EQ(search["facetsAreExact"], true);
  EXPECT_EQ(search["partial"], false);
  EXPECT_EQ(search["index"], json::parse(R"({"complete":true,"pending":0,"failed":1})"));
}

TEST(Render, MailboxesTasksBodiesAndErrors) {
  indexer::MailboxCounts inbox;
  inbox.mailbox = {"inbox", "In \"box\"", {}, "inbox", 1};
  inbox.unread_threads = 2;
  const auto mailboxes = json::parse(api::render_mailboxes({inbox}))["mailboxes"];
  EXPECT_EQ(mailboxes[0]["name"], "In \"box\"");
  EXPECT_TRUE(mailboxes[0]["parentId"].is_null());
  EXPECT_EQ(mailboxes[0]["role"], "inbox");
  EXPECT_EQ(mailboxes[0]["unreadThreads"], 2);

  const auto task =
      json::parse(api::render_task({"t1", "reindex", "alice", "running", 1, 4, 30, ""}));
  EXPECT_EQ(task["secondsLeft"], 30);
  EXPECT_EQ(json::parse(api::render_tasks({{}, {}}))["tasks"].size(), 2U);

  const auto bodies =
      json::parse(api::render_bodies("m", {{"m:text", "text/plain", "\xff\n", true}}));
  EXPECT_EQ(bodies["parts"][0]["content"], "\xEF\xBF\xBD\n")
      << "bytes that are no UTF-8 do not break the JSON";
  EXPECT_EQ(bodies["parts"][0]["truncated"], true);

  const auto error = json::parse(api::render_error("badQuery", "no \"end\"", 4))["error"];
  EXPECT_EQ(error, json::parse(R"({"code":"badQuery","message":"no \"end\"","position":4})"));
}

}  // namespace
