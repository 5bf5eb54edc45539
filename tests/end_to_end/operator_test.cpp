// What an operator does to accounts and to what is in quarantine, with a server and without.
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "replica/store.hpp"
#include "tests/end_to_end/davenport.hpp"
#include "tests/support/memory_couchdb.hpp"
#include "tests/support/store_edits.hpp"

namespace end_to_end {
namespace {

using testing::HasSubstr;

constexpr const char* kMessage =
    R"({"subject":"Hello","receivedAt":"2021-01-01T00:00:00Z","text":"words"})";

// Deeper than davenport reads.
std::string too_deep() {
  constexpr int kLevels = 150;
  return R"({"subject":"Deep","x":)" + std::string(kLevels, '[') + std::string(kLevels, ']') + "}";
}

class Operator : public testing::Test {
 protected:
  explicit Operator(const std::string& accounts = R"("all")")
      : davenport_(fmt::format("[[source]]\nurl = \"{}\"\naccounts = {}\npoll_interval = \"1s\"\n",
                               couch_.url(), accounts)) {
    for (const char* account : {"ada", "bob"}) {
      couch_.create(emails_of(account));
      couch_.put(emails_of(account), "m", kMessage);
    }
  }
  static std::string emails_of(const std::string& account) { return account + "/io-cozy-emails"; }
  [[nodiscard]] std::int64_t total(const std::string& account) const {
    const auto answer = http("GET", davenport_.url("/v1/accounts/" + account + "/messages"));
    return answer.status == 200 ? answer.body()["total"].get<std::int64_t>() : -1;
  }
  [[nodiscard]] bool comes_to(const std::string& account, std::int64_t messages) const {
    return eventually([&] { return total(account) == messages; });
  }

  support::MemoryCouchdb couch_;
  Davenport davenport_;
};

class OneAccount : public Operator {
 protected:
  OneAccount() : Operator(R"(["ada"])") {}
};

TEST_F(Operator, APausedAccountRestsUntilItIsResumed) {
  davenport_.start_serving();
  ASSERT_TRUE(comes_to("ada", 1) && comes_to("bob", 1));
  davenport_.succeed({"account", "pause", "ada"});
  EXPECT_EQ(http("POST", davenport_.url("/v1/accounts/ada/sync")).body()["error"]["code"],
            "paused");
  couch_.put(emails_of("ada"), "n", kMessage);
  couch_.put(emails_of("bob"), "n", kMessage);
  ASSERT_TRUE(comes_to("bob", 2));
  EXPECT_EQ(total("ada"), 1);
  EXPECT_THAT(davenport_.run({"account", "list"}).out, HasSubstr("paused"));
  EXPECT_THAT(davenport_.run({"status"}).out, HasSubstr("paused"));
  EXPECT_THAT(davenport_.run({"account", "resync", "ada"}).out, HasSubstr("once it is resumed"));
  davenport_.stop_serving();
  EXPECT_NE(davenport_.run({"sync", "ada", "--once"}).exit_code, 0);
  davenport_.succeed({"account", "resume", "ada"});
  davenport_.succeed({"sync", "ada", "--once"});
  EXPECT_EQ(davenport_.run_json({"list", "ada"})["total"], 2);
}

TEST_F(Operator, RemovingAsksFirstAndLeavesTheOthers) {
  davenport_.start_serving();
  ASSERT_TRUE(comes_to("ada", 1) && comes_to("bob", 1));
  const auto asked = davenport_.run({"account", "remove", "ada"});
  EXPECT_EQ(asked.exit_code, 2) << "no terminal";
  EXPECT_THAT(asked.out, HasSubstr("account ada: 1 documents, "));
  EXPECT_THAT(asked.err, HasSubstr("--yes"));
  EXPECT_EQ(http("DELETE", davenport_.url("/v1/admin/accounts/ada")).status, 400);
  EXPECT_EQ(total("ada"), 1);

  const auto removed = davenport_.run({"account", "remove", "ada", "--yes"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_THAT(removed.out, HasSubstr("comes to have it again, it stays away until"));
  EXPECT_FALSE(std::filesystem::exists(davenport_.account_folder("ada")));
  EXPECT_EQ(total("ada"), -1);
  EXPECT_EQ(total("bob"), 1);
  EXPECT_NE(davenport_.run({"account", "remove", "ada", "--yes"}).exit_code, 0);
  couch_.put(emails_of("ada"), "n", kMessage);
  davenport_.stop_serving();
  davenport_.start_serving();
  ASSERT_TRUE(comes_to("bob", 1));
  EXPECT_EQ(total("ada"), -1);
  davenport_.succeed({"account", "resume", "ada"});
  EXPECT_TRUE(comes_to("ada", 2));
}

TEST_F(Operator, AResyncThatWasAskedForIsDoneWhateverTheSequenceSays) {
  couch_.put(emails_of("ada"), "n", kMessage);
  const auto lose = [&] {
    replica::Store store(davenport_.account_folder("ada") / "store/io-cozy-emails.db",
                         replica::sqlite::Access::kReadWrite);
    support::purge(store, {"n"});
  };
  davenport_.succeed({"sync", "ada", "--once"});
  lose();
  davenport_.succeed({"account", "resync", "ada"});
  davenport_.start_serving();
  EXPECT_TRUE(comes_to("ada", 2)) << "asked for without a server";

  davenport_.stop_serving();
  lose();
  davenport_.start_serving();
  davenport_.succeed({"account", "resync", "ada"});
  davenport_.server().signal(SIGKILL);
  (void)davenport_.server().wait();
  davenport_.start_serving();
  EXPECT_TRUE(comes_to("ada", 2)) << "asked of a server that was killed";

  couch_.drop(emails_of("ada"));
  ASSERT_TRUE(eventually([&] {
    return davenport_.run({"account", "resync", "ada"}).err.find("is gone") != std::string::npos;
  }));
  EXPECT_EQ(http("POST", davenport_.url("/v1/admin/accounts/ada/resync")).status, 409);
  davenport_.stop_serving();
  const auto refused = davenport_.run({"account", "resync", "ada"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("nothing to compare with"));
}

TEST_F(Operator, WithoutAServerTheSameIsDone) {
  davenport_.succeed({"sync", "ada", "--once"});
  davenport_.succeed({"account", "resync", "ada"});
  couch_.put(emails_of("ada"), "n", kMessage);
  davenport_.succeed({"sync", "ada", "--once"});
  EXPECT_EQ(davenport_.run_json({"list", "ada"})["total"], 2);
  davenport_.succeed({"account", "remove", "ada", "--yes"});
  EXPECT_FALSE(std::filesystem::exists(davenport_.account_folder("ada")));
  EXPECT_THAT(davenport_.run({"account", "list"}).out, HasSubstr("removed"));
  EXPECT_NE(davenport_.run({"account", "pause", "nobody"}).exit_code, 0);
  write_maildir(davenport_.folder() / "mail", 3);
  davenport_.succeed({"import", "mine+more", (davenport_.folder() / "mail").string()});
  EXPECT_THAT(davenport_.run({"account", "pause", "mine+more"}).err, HasSubstr("is local"));
  davenport_.start_serving();
  davenport_.succeed({"account", "remove", "mine+more", "--yes"});
  EXPECT_FALSE(std::filesystem::exists(davenport_.account_folder("mine+more")));
  EXPECT_EQ(davenport_.run({"account"}).exit_code, 2);
}

TEST_F(OneAccount, OneThatTheConfigurationNamesCannotBeRemoved) {
  davenport_.start_serving();
  ASSERT_TRUE(comes_to("ada", 1));
  const auto refused = davenport_.run({"account", "remove", "ada", "--yes"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("in the configuration"));
  EXPECT_EQ(total("ada"), 1);
  EXPECT_EQ(http("POST", davenport_.url("/v1/admin/accounts/ada/resync")).status, 202);
  EXPECT_EQ(http("POST", davenport_.url("/v1/admin/accounts/eve/resync")).status, 404);
}

TEST_F(OneAccount, WhatIsInQuarantineIsTriedAgainOrIgnored) {
  couch_.put(emails_of("ada"), "deep", too_deep());
  davenport_.start_serving();
  ASSERT_TRUE(comes_to("ada", 1));
  const auto rows = [&] {
    return json::parse(davenport_.run({"quarantine", "list", "--json"}).out)["quarantined"];
  };
  ASSERT_TRUE(eventually([&] { return rows().size() == 1; }));
  EXPECT_EQ(rows()[0]["docId"], "deep");
  EXPECT_EQ(davenport_.run({"quarantine", "list", "ada"}).exit_code, 3);
  const int attempts = rows()[0]["attempts"];
  davenport_.succeed({"quarantine", "retry", "ada"});
  EXPECT_TRUE(eventually([&] { return rows()[0]["attempts"] > attempts; }));
  davenport_.succeed({"quarantine", "ignore", "ada", "deep"});
  for (const char* what : {"ignore", "retry"}) {
    const auto refused = davenport_.run({"quarantine", what, "ada", "m"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("davenport quarantine list ada")) << "not a route";
    EXPECT_THAT(davenport_.run({"quarantine", what, "eve", "m"}).err,
                HasSubstr("`davenport status`"));
  }
  EXPECT_EQ(davenport_.run({"quarantine", "list"}).exit_code, 0);
  EXPECT_EQ(rows()[0]["ignored"], true);
  const auto status = davenport_.run_json({"status"})["accounts"][0];
  EXPECT_EQ(status["quarantined"].size(), 0U);
  EXPECT_EQ(status["ignored"], 1);
  couch_.put(emails_of("ada"), "deep", kMessage);
  EXPECT_TRUE(comes_to("ada", 2));
  EXPECT_EQ(rows().size(), 0U);
}

TEST_F(OneAccount, TheConfigurationIsChecked) {
  const auto checked = davenport_.run({"config", "check", "--connect"});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("CouchDB"));
  EXPECT_THAT(checked.out, HasSubstr("1 databases can be read"));
  davenport_.configure("[[source]]\nurl = \"nowhere\"\naccounts = [\"Ada\"]\n");
  const auto wrong = davenport_.run({"config", "check"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("source.url"));
  EXPECT_THAT(wrong.err, HasSubstr("\"Ada\""));
}

TEST(Checked, WhatOfTheMachineKeepsTheProgramFromWorkingIsNamed) {
  Davenport davenport("[index]\nlanguage = \"fr\"\n");
  EXPECT_EQ(davenport.run({"config", "check"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(davenport.folder() / "data")) << "a check leaves nothing";
  const auto early = davenport.run({"status"});
  EXPECT_EQ(early.exit_code, 1);
  EXPECT_THAT(early.err, HasSubstr("/data is not there"));

  const std::string file = (davenport.folder() / "file").string();
  support::write_file(file, "");
  const auto nowhere = davenport.run({"--data", file + "/data", "config", "check"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("/file/data cannot be made"));
  EXPECT_THAT(davenport.run({"--data", file, "config", "check"}).err, HasSubstr("is no folder"));
}

}  // namespace
}  // namespace end_to_end
