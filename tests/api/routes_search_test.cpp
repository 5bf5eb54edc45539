// Searches over the routes: two accounts, mail in several languages, both spellings of a query.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/api/routes_fixture.hpp"

namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class SearchRoutes : public RoutesFixture {
 protected:
  void SetUp() override {
    put("alice", 1, "Ada <ada@example.org>", "Budget plan", "The budgets of next year.", "ref0");
    put("alice", 2, "Grace <grace@corp.example>", "Re: Budget plan", "We agree.", "m1");
    put("alice", 3, "Ada <ada@example.org>", "Holiday", "A caf\u00e9 near the kernel sources.",
        "r3");
    put("bob", 4, "Bob <bob@example.net>", "Budget", "Our budget.", "r4");
    import("alice");
    import("bob");
  }

  void put(const std::string& account, int day, const std::string& from, const std::string& subject,
           const std::string& text, const std::string& refers_to) {
    support::write_file(folder_ / account / fmt::format("cur/{}:2,", day),
                        fmt::format("From: {}\r\nTo: all@example.org\r\nSubject: {}\r\nMessage-ID: "
                                    "<m{}>\r\nReferences: <{}>\r\n"
                                    "Date: Mon, {:02} Jan 2024 10:00:00 +0000\r\nContent-Type: "
                                    "text/plain; charset=utf-8\r\n\r\n{}\r\n",
                                    from, subject, day, refers_to, day, text));
  }

  void import(const std::string& account) {
    const json payload = {{"paths", {(folder_ / account).string()}}};
    const auto started = post("/v1/admin/accounts/" + account + "/import", payload);
    ASSERT_EQ(started.status, 202) << started.payload;
    const auto task = json::parse(started.payload)["id"].get<std::string>();
    while (true) {
      const auto report = get_json("/v1/admin/tasks/" + task);
      if (report["state"] == "done") break;
      ASSERT_NE(report["state"], "failed") << report.dump();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  api::HttpResponse post(const std::string& path, const json& payload,
                         std::multimap<std::string, std::string> query = {}) {
    return routes_.handle(
        {"POST", path, std::move(query), "", payload.dump(), true, "application/json"});
  }
  json search(const json& payload) {
    const auto response = post("/v1/accounts/alice/search", payload);
    EXPECT_EQ(response.status, 200) << response.payload;
    return json::parse(response.payload);
  }
  json find(const std::string& text) {
    return get_json("/v1/accounts/alice/search", {{"q", text}});
  }

  static std::vector<std::string> subjects(const json& answer) {
    std::vector<std::string> subjects;
    for (const auto& hit : answer["hits"])
      subjects.push_back(hit["message"]["subject"].get<std::string>());
    return subjects;
  }
};

TEST_F(SearchRoutes, TakesAFilterAsItTakesText) {
  EXPECT_THAT(subjects(search({{"filter", {{"text", "budget"}}}})),
              ElementsAre("Re: Budget plan", "Budget plan"));
  EXPECT_THAT(subjects(search({{"filter", {{"from", "ada"}, {"after", "2024-01-02T00:00:00Z"}}}})),
              ElementsAre("Holiday"));
  EXPECT_THAT(subjects(search({{"q", "from:ada"}, {"limit", 1}})), ElementsAre("Holiday"));
  const json both = {{"q", "x"}, {"filter", json::object()}};
  EXPECT_EQ(post("/v1/accounts/alice/search", both).status, 400);
  const auto wrong = post("/v1/accounts/alice/search", {{"filter", {{"frm", "x"}}}});
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.payload, HasSubstr("unknown condition"));
  EXPECT_EQ(post("/v1/accounts/alice/search", json::array()).status, 400);
  EXPECT_EQ(post("/v1/accounts/alice/search", {{"colour", 1}}).status, 400);
}

TEST_F(SearchRoutes, FindsPartsOfAddressesAndThreads) {
  EXPECT_THAT(subjects(find("*corp*")), ElementsAre("Re: Budget plan"));
  EXPECT_THAT(subjects(find("from:@example.org")), ElementsAre("Holiday", "Budget plan"));
  EXPECT_THAT(subjects(find("thread:{from:grace}")), ElementsAre("Re: Budget plan", "Budget plan"));
  EXPECT_THAT(subjects(find("messageid:<m3>")), ElementsAre("Holiday"));
  EXPECT_THAT(subjects(find("cafe")), ElementsAre("Holiday"));
  EXPECT_THAT(subjects(find("CAF\u00c9 NEAR/2 kernel")), testing::IsEmpty());
  EXPECT_THAT(subjects(find("caf\u00e9 NEAR/3 kernel")), ElementsAre("Holiday"));
  const auto threads = get_json("/v1/accounts/alice/search", {{"q", "plan"}, {"threads", "true"}});
  EXPECT_THAT(subjects(threads), ElementsAre("Re: Budget plan"));
  EXPECT_EQ(threads["total"], 1);
}

TEST_F(SearchRoutes, SortsAsListsDo) {
  const auto sorted = [&](const std::string& sort, const std::string& q) {
    std::multimap<std::string, std::string> query{{"q", q}, {"sort", sort}, {"limit", "1"}};
    std::vector<std::string> found;
    for (int page = 0; page < 5; ++page) {
      const auto answer = get_json("/v1/accounts/alice/search", query);
      for (const auto& subject : subjects(answer)) found.push_back(subject);
      if (answer["next"].is_null()) break;
      query.erase("after");
      query.emplace("after", answer["next"].get<std::string>());
    }
    return found;
  };
  EXPECT_THAT(sorted("received", ""), ElementsAre("Budget plan", "Re: Budget plan", "Holiday"));
  EXPECT_THAT(sorted("-received", ""), ElementsAre("Holiday", "Re: Budget plan", "Budget plan"));
  EXPECT_THAT(sorted("subject", ""), ElementsAre("Re: Budget plan", "Budget plan", "Holiday"));
  EXPECT_THAT(sorted("-from", "plan"), ElementsAre("Re: Budget plan", "Budget plan"));
  EXPECT_THAT(sorted("from", "plan"), ElementsAre("Budget plan", "Re: Budget plan"));
  for (const char* sort : {"sent", "to", "size", "-size"}) EXPECT_EQ(sorted(sort, "").size(), 3U);
  const auto threads =
      get_json("/v1/accounts/alice/search", {{"q", ""}, {"threads", "true"}, {"sort", "subject"}});
  EXPECT_THAT(subjects(threads), ElementsAre("Re: Budget plan", "Holiday"));
  EXPECT_EQ(get("/v1/accounts/alice/search", {{"q", ""}, {"sort", "colour"}}).status, 400);
}

TEST_F(SearchRoutes, CountsFacetsAndExplains) {
  const auto answer = get_json("/v1/accounts/alice/search",
                               {{"q", ""}, {"facets", "sender,year"}, {"explain", "true"}});
  EXPECT_EQ(answer["facets"]["year"], json::parse(R"([{"value":"2024","count":3}])"));
  EXPECT_EQ(answer["facets"]["sender"][0]["count"], 2);
  EXPECT_EQ(answer["facetsAreExact"], true);
  EXPECT_EQ(answer["explain"]["languages"][0], "en");
  const auto explained = get_json("/v1/accounts/alice/search",
                                  {{"q", "subject:budgets -from:bob"}, {"explain", "true"}});
  EXPECT_EQ(explained["explain"]["query"], "(subject:budgets AND NOT from:bob)");
  EXPECT_EQ(explained["explain"]["parts"][0]["text"], "subject:budgets");
  EXPECT_EQ(explained["explain"]["parts"][0]["matches"], 2);
  const auto wrong = get("/v1/accounts/alice/search", {{"q", "x"}, {"facets", "size"}});
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.payload, HasSubstr("known are sender"));
}

TEST_F(SearchRoutes, AsksWhetherSomethingElseWasMeant) {
  for (int day = 5; day < 15; ++day)
    put("alice", day, "x@example.org", "Kernel", "kernel", fmt::format("k{}", day));
  put("alice", 20, "y@example.org", "Harpsichord", "once", "h");
  import("alice");
  EXPECT_EQ(find("from:x kernal")["didYouMean"], "from:x kernel");
  EXPECT_EQ(find("harpsicord")["didYouMean"], "harpsichord") << "one entry has it";
  EXPECT_FALSE(find("kernal before:1999").contains("didYouMean")) << "that finds nothing either";
  EXPECT_FALSE(find("kernel").contains("didYouMean"));
  // Words of the field that was asked.
  EXPECT_EQ(find("from:exampel")["didYouMean"], "from:example");
  EXPECT_FALSE(find("from:kernal").contains("didYouMean"));
}

TEST_F(SearchRoutes, SearchesSeveralAccountsAtOnce) {
  std::multimap<std::string, std::string> query{
      {"accounts", "alice,bob"}, {"q", "budget"}, {"limit", "1"}, {"facets", "year"}};
  std::vector<std::string> found;
  for (int page = 0; page < 5; ++page) {
    const auto answer = get_json("/v1/search", query);
    EXPECT_EQ(answer["total"], 3);
    EXPECT_EQ(answer["facets"]["year"][0]["count"], 3);
    for (const auto& hit : answer["hits"])
      found.push_back(hit["account"].get<std::string>() + " " +
                      hit["message"]["subject"].get<std::string>());
    if (answer["next"].is_null()) break;
    query.erase("after");
    query.emplace("after", answer["next"].get<std::string>());
  }
  EXPECT_THAT(found, ElementsAre("bob Budget", "alice Re: Budget plan", "alice Budget plan"));
  const auto ranked =
      get_json("/v1/search", {{"accounts", "alice,bob"}, {"q", "budget"}, {"sort", "relevance"}});
  EXPECT_EQ(ranked["hits"].size(), 3U);
  EXPECT_THAT(ranked["hits"][0]["snippet"]["subject"].get<std::string>(), HasSubstr("<mark>"));
  const auto posted =
      post("/v1/search", {{"filter", {{"from", "ada bob"}}}}, {{"accounts", "bob"}});
  EXPECT_EQ(posted.status, 200) << posted.payload;
  EXPECT_EQ(get("/v1/search", {{"q", "x"}}).status, 400);
  EXPECT_EQ(get("/v1/search", {{"q", "x"}, {"accounts", "alice,carol"}}).status, 404);
  EXPECT_EQ(get("/v1/search", {{"q", "x"}, {"accounts", "alice"}, {"after", "!"}}).status, 400);
}

TEST_F(SearchRoutes, ACursorIsOfOneSearch) {
  using Query = std::multimap<std::string, std::string>;
  const auto next_of = [&](const std::string& path, Query query) {
    query.emplace("limit", "1");
    const auto next = get_json(path, query)["next"];
    return next.is_string() ? next.get<std::string>() : "";
  };
  const auto status = [&](const std::string& path, Query query, const std::string& after) {
    query.emplace("after", after);
    const auto response = get(path, query);
    const auto answer = json::parse(response.payload);
    EXPECT_EQ(answer.contains("error") ? answer["error"]["code"] : "badCursor", "badCursor");
    return response.status;
  };
  const std::string one = "/v1/accounts/alice/search", several = "/v1/search";
  for (const char* sort : {"date", "relevance", "subject"}) {
    const Query budget{{"q", "budget"}, {"sort", sort}};
    const auto cursor = next_of(one, budget);
    ASSERT_NE(cursor, "") << sort;
    EXPECT_EQ(status(one, budget, cursor), 200) << sort;
    EXPECT_EQ(status(one, {{"q", "budget"}, {"sort", sort}, {"facets", "year"}}, cursor), 200);
    EXPECT_EQ(status(one, {{"q", "holiday"}, {"sort", sort}}, cursor), 400) << sort;
    EXPECT_EQ(status(one, {{"q", "budget"}, {"sort", sort}, {"threads", "true"}}, cursor), 400);
    EXPECT_EQ(status(one, {{"q", "budget"}, {"sort", sort}, {"kind", "mail"}}, cursor), 400);
    EXPECT_EQ(status(several, {{"q", "budget"}, {"sort", sort}, {"accounts", "alice"}}, cursor),
              400);
    EXPECT_EQ(status(one, budget, ""), 400) << "as in lists";
    const json filter = {{"filter", {{"text", "budget"}}}, {"sort", sort}, {"after", cursor}};
    EXPECT_EQ(post(one, filter).status, 400);
  }
  const Query both{{"q", "budget"}, {"accounts", "alice,bob"}};
  const auto cursor = next_of(several, both);
  EXPECT_EQ(status(several, both, cursor), 200);
  EXPECT_EQ(status(several, {{"q", "plan"}, {"accounts", "alice,bob"}}, cursor), 400);
  EXPECT_EQ(status(several, {{"q", "budget"}, {"accounts", "alice"}}, cursor), 400);
  EXPECT_EQ(status(several, both, ""), 400);

  json filter = {{"filter", {{"text", "budget"}}}, {"limit", 1}};
  filter["after"] = search(filter)["next"];
  EXPECT_THAT(subjects(search(filter)), ElementsAre("Budget plan"));
  filter["filter"]["text"] = "holiday";
  EXPECT_EQ(post(one, filter).status, 400);
}

TEST_F(SearchRoutes, OfSeveralAccountsSomeMayLackAMailbox) {
  support::write_file(folder_ / "bob/.Archive/cur/1:2,",
                      "From: Bob <bob@example.net>\r\nSubject: Old budget\r\nMessage-ID: "
                      "<old>\r\nDate: Mon, 01 Jan "
                      "2018 10:00:00 +0000\r\n\r\nIt is long ago.\r\n");
  import("bob");
  const auto both = [&](const std::string& q) {
    return get("/v1/search", {{"accounts", "alice,bob"}, {"q", q}});
  };
  EXPECT_EQ(get("/v1/accounts/alice/search", {{"q", "in:archive"}}).status, 400);
  const auto found = both("in:archive");
  ASSERT_EQ(found.status, 200) << found.payload;
  EXPECT_THAT(subjects(json::parse(found.payload)), ElementsAre("Old budget"));
  EXPECT_EQ(json::parse(both("from:ada -in:archive").payload)["total"], 2);
  const auto nowhere = both("budget in:nowhere");
  EXPECT_EQ(nowhere.status, 400);
  const auto error = json::parse(nowhere.payload)["error"];
  EXPECT_EQ(error["position"], 10);
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("none of these accounts has"));
  EXPECT_EQ(
      post("/v1/search", {{"filter", {{"inMailbox", "nowhere"}}}}, {{"accounts", "alice,bob"}})
          .status,
      400);
}

TEST_F(SearchRoutes, WhatIsWrongWithABodyIsSaid) {
  const auto error_of = [&](const std::string& payload) {
    const auto response = routes_.handle(
        {"POST", "/v1/accounts/alice/search", {}, "", payload, true, "application/json"});
    EXPECT_EQ(response.status, 400) << payload;
    const auto error = json::parse(response.payload)["error"];
    EXPECT_FALSE(error.contains("position")) << "it would be one in what the client did not write";
    return error["message"].get<std::string>();
  };
  EXPECT_THAT(error_of("{\n \"filter\": {\"from\": ada}}"), HasSubstr("line 2, byte 21"));
  EXPECT_THAT(error_of(R"({"filter":{},"filter":{"from":"x"}})"), HasSubstr("\"filter\" twice"));
  EXPECT_THAT(error_of(R"({"filter":{"from":"..."}})"), HasSubstr("\"from\": "));
  EXPECT_THAT(error_of(R"({"filter":{"inMailbox":"nowhere"}})"), HasSubstr("\"nowhere\""));
  EXPECT_THAT(error_of(R"({"filter":{"query":"a (b"}})"), HasSubstr("(position 2 of it)"));
  EXPECT_THAT(error_of("[]"), HasSubstr(R"({"q": "…"})"));
  EXPECT_THAT(error_of(R"({"timeout":-1})"), HasSubstr("1ms to 30s"));
  EXPECT_THAT(error_of(R"({"timeout":"0"})"), HasSubstr("1ms to 30s"));
  EXPECT_THAT(error_of(R"({"limit":-1})"), HasSubstr("from 1 to 500, not '-1'"));
  EXPECT_THAT(error_of(R"({"limit":"5"})"), HasSubstr("it must be a whole number"));
  const struct {
    const char *member, *wrong, *right;
  } rows[] = {{"limit", R"("5")", "5"},          {"limit", "true", "5"},
              {"snippets", R"("true")", "true"}, {"threads", "1", "false"},
              {"explain", "null", "true"},       {"q", "5", R"("x")"},
              {"sort", "[]", R"("date")"},       {"facets", "[1]", R"(["year"])"},
              {"facets", R"("year")", "[]"},     {"timeout", "true", R"("2s")"},
              {"timeout", "1.5", "500"}};
  for (const auto& row : rows) {
    EXPECT_THAT(error_of(fmt::format(R"({{"{}":{}}})", row.member, row.wrong)),
                HasSubstr(fmt::format("\"{}\" has a value of a wrong type", row.member)));
    const auto right = json::parse(fmt::format(R"({{"{}":{}}})", row.member, row.right));
    EXPECT_EQ(post("/v1/accounts/alice/search", right).status, 200) << right;
  }
}

TEST_F(SearchRoutes, AHeaderThatIsNotIndexedIsPointedAt) {
  const auto refused = get("/v1/accounts/alice/search", {{"q", "header:subject:foo"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(json::parse(refused.payload)["error"]["position"], 7);
}

}  // namespace
