#include "api/render.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/search_call.hpp"
#include "api/search_cursor.hpp"

namespace {

using nlohmann::json;

indexer::SearchRequest in_order(std::string_view name) {
  indexer::SearchRequest request;
  EXPECT_TRUE(api::set_search_order(request, name));
  return request;
}

TEST(SearchCursor, ComesBack) {
  for (const std::string id : {"", "x", "bS0wMDAx", "\"\\\n", "é"}) {
    for (const std::int64_t date :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{989'883'552'000}}) {
      const indexer::SearchPlace place{{date, id}, 0, ""};
      EXPECT_EQ(api::from_cursor(in_order("date"), api::to_cursor(in_order("date"), place)), place);
    }
  }
  for (const std::size_t hits : {0, 1, 50, 999'950}) {
    const indexer::SearchPlace place{{0, "x"}, hits, "", 48};
    const auto request = in_order("relevance");
    EXPECT_EQ(api::from_cursor(request, api::to_cursor(request, place)), place);
  }
  const indexer::SearchPlace place{{}, 0, std::string("a\0\xff", 3)};
  EXPECT_EQ(api::from_cursor(in_order("-size"), api::to_cursor(in_order("-size"), place)), place);
}

TEST(SearchCursor, OfAnotherOrderIsNone) {
  const indexer::SearchPlace place{{5, "x"}, 5, "key"};
  const auto orders = {"date", "relevance", "subject", "-subject", "size", "received"};
  for (const auto* of : orders) {
    for (const auto* in : orders) {
      const auto cursor = api::to_cursor(in_order(of), place);
      EXPECT_EQ(api::from_cursor(in_order(in), cursor).has_value(), std::string_view(of) == in)
          << of << " in " << in;
    }
  }
  for (const auto* order : orders) {
    for (const std::string cursor :
         {"", "x", "????", "e30", "bnVsbA", "W10", "eyJkYXRlIjoieCIsImlkIjoxfQ"}) {
      EXPECT_FALSE(api::from_cursor(in_order(order), cursor)) << cursor;
    }
    EXPECT_FALSE(api::from_cursor(in_order(order), std::string(1 << 20, 'W')));
  }
  EXPECT_FALSE(api::from_cursor(in_order("relevance"),
                                api::to_cursor(in_order("relevance"), {{}, 1'000'000'000'000, ""})))
      << "beyond any result";
  indexer::SearchRequest request;
  EXPECT_FALSE(api::set_search_order(request, "colour"));
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
      {indexer::Kind::kMail, R"({"id":"m"})", 0.5, {}, "a <mark>b</mark>", "c", "2"});
  answer.hits.push_back({indexer::Kind::kFile, R"({"id":"f"})", 0, {}, "", "", ""});
  answer.did_you_mean = "from:report x";
  answer.facets = {{indexer::Facet::kYear, {{"2001", 2}}, true}};
  answer.total = 2;
  const auto request = in_order("relevance");
  answer.next = {{}, 50, ""};
  answer.index = {true, 0, 1, "g1"};
  const auto search = json::parse(api::render_search(answer, request));
  EXPECT_EQ(search["hits"][0]["kind"], "mail");
  EXPECT_EQ(search["hits"][0]["message"]["id"], "m");
  EXPECT_EQ(search["hits"][0]["snippet"]["subject"], "a <mark>b</mark>");
  EXPECT_EQ(search["hits"][0]["snippet"]["part"], "2");
  EXPECT_EQ(search["hits"][1]["file"]["id"], "f");
  EXPECT_FALSE(search["hits"][1].contains("snippet"));
  EXPECT_EQ(api::from_cursor(request, search["next"].get<std::string>()), answer.next);
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
  const auto mailboxes = json::parse(api::render_mailboxes({inbox}, true))["mailboxes"];
  EXPECT_EQ(mailboxes[0]["name"], "In \"box\"");
  EXPECT_TRUE(mailboxes[0]["parentId"].is_null());
  EXPECT_EQ(mailboxes[0]["role"], "inbox");
  EXPECT_EQ(mailboxes[0]["unreadThreads"], 2);

  api::TaskReport report;
  report.id = "1";
  report.seconds_left = 30;
  report.arguments = R"({"rate":5})";
  const auto task = json::parse(api::render_task(report));
  EXPECT_EQ(task["id"], "1");
  EXPECT_EQ(task["secondsLeft"], 30);
  EXPECT_EQ(task["arguments"]["rate"], 5);
  EXPECT_EQ(task["created"], "1970-01-01T00:00:00Z");
  EXPECT_TRUE(task["ended"].is_null());
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
