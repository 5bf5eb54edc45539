// A running server: reads go on while the index is rebuilt, and lists read no body.
#include <atomic>
#include <gtest/gtest.h>
#include <thread>

#include "tests/end_to_end/davenport.hpp"

namespace end_to_end {
namespace {

std::string metric(const Davenport& davenport, const std::string& name) {
  const auto text = http("GET", davenport.url("/metrics")).payload;
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) return "";
  const auto value = at + name.size() + 2;
  return text.substr(value, text.find('\n', value) - value);
}

TEST(Serve, AReindexIsNotNoticedByThoseWhoSearch) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3'000);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  const auto search_url =
      davenport.url("/v1/accounts/ada/search?q=everywhere&limit=500&snippets=false");
  const auto expected = subjects(http("GET", search_url).body());
  ASSERT_EQ(expected.size(), 500u);

  std::atomic<bool> stop{false};
  std::atomic<int> searches{0};
  std::atomic<int> wrong{0};
  std::thread searcher([&] {
    while (!stop) {
      const auto answer = http("GET", search_url);
      ++searches;
      if (answer.status != 200 || subjects(answer.body()) != expected) ++wrong;
    }
  });
  for (int round = 0; round < 3; ++round) {
    const auto started = http("POST", davenport.url("/v1/admin/accounts/ada/reindex"));
    EXPECT_EQ(started.status, 202) << started.payload;
    const std::string id = started.body()["id"];
    EXPECT_TRUE(eventually([&] {
      const auto task = http("GET", davenport.url("/v1/admin/tasks/" + id)).body();
      return task["state"] == "done" || task["state"] == "failed";
    }));
    EXPECT_EQ(http("GET", davenport.url("/v1/admin/tasks/" + id)).body()["state"], "done");
  }
  stop = true;
  searcher.join();
  EXPECT_EQ(wrong, 0) << "of " << searches;
  EXPECT_GT(searches, 10);
}

TEST(Serve, ListsAndPlainSearchesReadNoBody) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 50);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(http("GET", davenport.url("/v1/accounts/ada/messages?limit=50")).status, 200);
    EXPECT_EQ(
        http("GET", davenport.url("/v1/accounts/ada/search?q=everywhere&snippets=false")).status,
        200);
  }
  EXPECT_EQ(metric(davenport, "davenport_content_reads_total{reason=\"list\"}"), "0");
  EXPECT_EQ(metric(davenport, "davenport_content_reads_total{reason=\"snippet\"}"), "0");
  EXPECT_EQ(metric(davenport, "davenport_content_reads_total{reason=\"body\"}"), "0");
  const auto hits =
      http("GET", davenport.url("/v1/accounts/ada/search?q=everywhere&limit=10")).body();
  EXPECT_NE(std::string(hits["hits"][0]["snippet"]["preview"]).find("<mark>everywhere</mark>"),
            std::string::npos);
  EXPECT_EQ(metric(davenport, "davenport_content_reads_total{reason=\"snippet\"}"), "10");
}

TEST(Serve, PagesFollowEachOtherByCursorWhileMailArrives) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 95);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  for (const std::string route : {"messages?limit=10", "search?q=everywhere&limit=10"}) {
    std::vector<std::string> seen;
    std::string after;
    for (int page = 0; page < 20; ++page) {
      const auto answer = http("GET", davenport.url("/v1/accounts/ada/" + route +
                                                    (after.empty() ? "" : "&after=" + after)));
      ASSERT_EQ(answer.status, 200) << answer.payload;
      const auto body = answer.body();
      for (const auto& subject : subjects(body)) seen.push_back(subject);
      if (body["next"].is_null()) break;
      after = body["next"];
    }
    ASSERT_EQ(seen.size(), 95u) << route;
    for (std::size_t i = 0; i < seen.size(); ++i)
      EXPECT_EQ(seen[i], "Subject " + std::to_string(94 - i)) << route;
  }
}

TEST(Serve, WhatIsWrongWithARequestIsSaidWithTheRightStatus) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  struct Case {
    std::string method, path;
    int status;
    std::string code;
  };
  const std::vector<Case> cases = {
      {"GET", "/v1/accounts/nobody/messages", 404, "unknownAccount"},
      {"GET", "/v1/accounts/ada/messages/nothing", 404, "unknownMessage"},
      {"GET", "/v1/accounts/ada/threads/nothing", 404, "unknownThread"},
      {"GET", "/v1/accounts/ada/search?q=%28a", 400, "badQuery"},
      {"GET", "/v1/accounts/ada/search?q=in:nowhere", 400, "badQuery"},
      {"GET", "/v1/accounts/ada/messages?after=rubbish", 400, "badCursor"},
      {"GET", "/v1/accounts/ada/messages?limit=-1", 400, "badParameter"},
      {"GET", "/v1/accounts/ada/messages?colour=red", 400, "badParameter"},
      {"DELETE", "/v1/accounts/ada/messages/x", 405, "readOnly"},
      {"GET", "/v2", 404, "unknownRoute"},
  };
  for (const auto& example : cases) {
    const auto answer = http(example.method, davenport.url(example.path));
    EXPECT_EQ(answer.status, example.status) << example.path << "\n" << answer.payload;
    EXPECT_EQ(answer.body()["error"]["code"], example.code) << example.path << "\n"
                                                            << answer.payload;
  }
  EXPECT_EQ(
      http("GET", davenport.url("/v1/accounts/ada/search?q=%28a")).body()["error"]["position"], 0);
}

TEST(Serve, ASecondInstanceIsRefusedClearly) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  const auto second = davenport.run({"serve"});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_NE(second.err.find("running"), std::string::npos) << second.err;
}

TEST(Serve, CommandsThatWriteAskTheRunningServer) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  write_maildir(davenport.folder() / "more", 6);
  davenport.succeed({"import", "ada", (davenport.folder() / "more").string()});
  davenport.succeed({"reindex", "ada", "--wait"});
  EXPECT_EQ(davenport.run_json({"list", "ada"})["total"], 6);
  EXPECT_EQ(subjects(http("GET", davenport.url("/v1/accounts/ada/search?q=word5")).body()),
            std::vector<std::string>{"Subject 5"});
}

TEST(Serve, AnAccountThatCannotBeReadHarmsItselfOnly) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3);
  for (const std::string account : {"ada", "bad"})
    davenport.succeed({"import", account, (davenport.folder() / "mail").string()});
  support::write_file(davenport.account_folder("bad") / "store/io-cozy-emails.db", "rubbish");
  davenport.start_serving();
  EXPECT_EQ(http("GET", davenport.url("/v1/accounts/ada/messages")).body()["total"], 3);
  for (const auto& account : davenport.run_json({"status"})["accounts"])
    EXPECT_EQ(account.contains("error"), account["account"] == "bad") << account;
}

}  // namespace
}  // namespace end_to_end
