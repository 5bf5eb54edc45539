#include "api/status_lines.hpp"

#include <gmock/gmock.h>

namespace {

using nlohmann::json;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

json account(const std::string& name, std::int64_t lag) {
  return {{"account", name},
          {"local", false},
          {"documents", 10},
          {"messages", 5},
          {"lagSeconds", lag},
          {"feeds", {{{"database", name + "/x"}, {"state", "waiting"}, {"lastError", nullptr}}}},
          {"levels", {{"metadata", 1}, {"body", 3}, {"attachments", 1}}},
          {"index", {{"complete", true}, {"pending", 0}, {"failed", 0}}},
          {"bytes", {{"store", 1'000}, {"catalog", 1'000}, {"index", 1'000}}},
          {"quarantined", json::array()}};
}

json status_of(json accounts) {
  return {{"version", "1"},
          {"accounts", std::move(accounts)},
          {"sources", json::array()},
          {"disk", {{"state", "ok"}, {"folder", "/var"}, {"free", 1'000'000}}},
          {"tasks", json::array()}};
}

TEST(StatusLines, HundredsOfAccountsAreOneScreenTheWorstFirst) {
  json accounts = json::array();
  for (int i = 0; i < 300; ++i) accounts.push_back(account("well" + std::to_string(i), 0));
  accounts[250] = account("slow", 4'000);
  accounts[280] = account("sick", 0);
  for (int i = 0; i < 50; ++i) {
    accounts[280]["quarantined"].push_back(
        {{"database", "sick/x"}, {"docId", "d" + std::to_string(i)}, {"reason", "nests too deep"}});
  }
  const auto lines = api::status_lines(status_of(accounts), true);
  EXPECT_LT(std::count(lines.begin(), lines.end(), '\n'), 40);
  EXPECT_LT(lines.find("sick "), lines.find("slow "));
  EXPECT_LT(lines.find("slow "), lines.find("well0 "));
  EXPECT_THAT(lines, HasSubstr("nests too deep"));
  EXPECT_THAT(lines, HasSubstr("and 47 more in quarantine"));
  EXPECT_THAT(lines, HasSubstr("and 280 more are well"));
  EXPECT_THAT(lines, HasSubstr("10 documents, 5 messages (text of 4, with attachments 1)"));
}

TEST(StatusLines, WhatIsTriedAgainAtOnceHasNoTime) {
  EXPECT_EQ(api::next_attempt_in_words({{"nextAttempt", "2026-01-01T00:00:00Z"}}),
            "again 2026-01-01T00:00:00Z");
  EXPECT_EQ(api::next_attempt_in_words({{"nextAttempt", nullptr}, {"ignored", false}}),
            "again now");
  EXPECT_EQ(api::next_attempt_in_words({{"nextAttempt", nullptr}, {"ignored", true}}),
            "ignored until it changes");
}

TEST(StatusLines, AnAccountThatTheSourceDoesNotKnowIsNotInStep) {
  auto absent = account("typo", 0);
  absent["lagSeconds"] = nullptr;
  absent["feeds"][0]["lastError"] = "not there at the source yet";
  const auto lines = api::status_lines(status_of({absent, account("well", 0)}), true);
  EXPECT_THAT(lines, ContainsRegex("typo +not there"));
  EXPECT_THAT(lines, ContainsRegex("well +in step"));
  absent["feeds"][0]["state"] = "running";
  EXPECT_THAT(api::status_lines(status_of({absent}), true), HasSubstr("first pull"));
}

TEST(StatusLines, AFullDiskIsSaidFirst) {
  auto status = status_of(json::array());
  status["disk"]["state"] = "noSpace";
  EXPECT_THAT(api::status_lines(status, true), HasSubstr("PAUSED: no space left on /var"));
}

TEST(StatusLines, WhatIsMissingOrOddHarmsNothing) {
  EXPECT_THAT(api::status_lines(json::object(), false), HasSubstr("no server is running"));
  EXPECT_THAT(api::status_lines(status_of({{{"account", "a"}, {"error", "broken\u0007"}}}), true),
              testing::AllOf(HasSubstr("a: broken"), Not(HasSubstr("\u0007"))));
}

}  // namespace
