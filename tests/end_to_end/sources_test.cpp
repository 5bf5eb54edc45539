// Following sources of all kinds: accounts that come and go, layouts, filters, a source that moves, the ping.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/end_to_end/davenport.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace end_to_end {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Sources : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new support::PouchdbServer(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  static std::string source(const std::string& keys) {
    return fmt::format("[[source]]\nurl = \"{}\"\npoll_interval = \"1s\"\n{}\n", server_->url(),
                       keys);
  }
  static std::string database(const std::string& name) {
    std::string encoded = name;
    if (const auto slash = encoded.find('/'); slash != std::string::npos)
      encoded.replace(slash, 1, "%2F");
    return server_->url() + "/" + encoded;
  }
  static void create(const std::string& name) {
    ASSERT_EQ(http("PUT", database(name)).status, 201) << name;
  }
  static void put(const std::string& name, const std::string& id, const json& document) {
    const auto answer = http("PUT", database(name) + "/" + id, document.dump());
    ASSERT_EQ(answer.status, 201) << answer.payload;
  }
  static void remove(const std::string& name, const std::string& id) {
    const std::string rev = http("GET", database(name) + "/" + id).body()["_rev"];
    ASSERT_EQ(http("DELETE", database(name) + "/" + id + "?rev=" + rev).status, 200);
  }
  static json message(const std::string& subject, const std::string& received = "2021-01-01") {
    return {{"subject", subject}, {"receivedAt", received + "T00:00:00Z"}, {"text", "words"}};
  }
  static std::vector<std::string> listed(const Davenport& davenport, const std::string& account) {
    const auto answer = http("GET", davenport.url("/v1/accounts/" + account + "/messages"));
    return answer.status == 200 ? subjects(answer.body()) : std::vector<std::string>();
  }
  static json account(const Davenport& davenport, const std::string& name) {
    const json answer = http("GET", davenport.url("/v1/admin/accounts")).body();
    for (const auto& each : answer["accounts"]) {
      if (each["account"] == name) return each;
    }
    return {};
  }

  static support::PouchdbServer* server_;
};
support::PouchdbServer* Sources::server_ = nullptr;

TEST_F(Sources, ImportWritesTheDatabasesThatTheConfigurationPulls) {
  const std::string keys = "accounts = [\"ivan\"]\nlayout = \"{account}_{doctype}\"";
  Davenport davenport(source(keys));
  write_maildir(davenport.folder() / "mail", 3);
  const std::string mail = (davenport.folder() / "mail").string();
  davenport.succeed({"import", "ivan", mail, "--into", server_->url()});
  davenport.succeed({"sync", "ivan", "--once"});
  EXPECT_EQ(davenport.run_json({"list", "ivan"})["total"], 3);

  davenport.configure(source("accounts = \"all\"\nlayout = \"{account}_{doctype}\""));
  davenport.succeed({"import", "jane", mail, "--into", server_->url() + "/"});
  EXPECT_EQ(http("GET", database("jane_io-cozy-emails")).status, 200);

  davenport.configure(source("accounts = [\"kate\"]\nlayout = \"{account}\""));
  const auto refused = davenport.run({"import", "kate", mail, "--into", server_->url()});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("one database for all doctypes"));
}

// A PouchDB Server in memory lists databases without the slashes of their names.
TEST_F(Sources, AccountsAppearWithTheirDatabasesAndStayReadableWhenTheyGo) {
  create("finn-io-cozy-emails");
  put("finn-io-cozy-emails", "m", message("First"));
  Davenport davenport(source("accounts = \"all\"\nlayout = \"{account}-{doctype}\""));
  davenport.start_serving();
  ASSERT_TRUE(eventually([&] { return listed(davenport, "finn").size() == 1; }));

  create("gwen-io-cozy-emails");
  put("gwen-io-cozy-emails", "m", message("Second"));
  ASSERT_TRUE(eventually([&] { return listed(davenport, "gwen").size() == 1; }));
  EXPECT_EQ(account(davenport, "gwen")["gone"], false);

  // Again and again: a PouchDB Server makes a database anew for a request, such as of a checkpoint,
  // that comes in the moment of its deletion.
  ASSERT_TRUE(eventually([&] {
    (void)http("DELETE", database("gwen-io-cozy-emails"));
    return account(davenport, "gwen")["gone"] == true;
  }));
  EXPECT_THAT(listed(davenport, "gwen"), ElementsAre("Second"));
  ASSERT_EQ(davenport.stop_serving().exit_code, 0);
  EXPECT_EQ(davenport.run_json({"list", "gwen"})["total"], 1);

  (void)http("DELETE", database("gwen-io-cozy-emails"));  // in case it was made anew so
  create("gwen-io-cozy-emails");
  put("gwen-io-cozy-emails", "other", message("Third"));
  davenport.start_serving();
  EXPECT_TRUE(eventually([&] {
    return listed(davenport, "gwen") == std::vector<std::string>{"Third"};
  })) << http("GET", davenport.url("/v1/admin/status")).payload;
  EXPECT_EQ(account(davenport, "gwen")["gone"], false);
  const auto sources = http("GET", davenport.url("/v1/admin/sources")).body()["sources"];
  EXPECT_EQ(sources[0]["watch"], "continuous") << "PouchDB Server has no _db_updates";
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

TEST_F(Sources, OneDatabaseHoldsAllDoctypes) {
  create("hugo");
  json mail = message("All in one");
  mail["docType"] = "io.cozy.emails";
  mail.erase("text");
  mail["contents"] = {"m:text"};
  put("hugo", "m", mail);
  put("hugo", "m:text",
      {{"docType", "io.cozy.email.contents"},
       {"email", "m"},
       {"type", "text/plain"},
       {"content", "zebras"}});
  put("hugo", "f", {{"docType", "io.cozy.files"}, {"type", "file"}, {"name", "notes.txt"}});
  put("hugo", "x", {{"docType", "io.cozy.notes"}, {"subject", "not ours"}});
  const Davenport davenport(
      source("accounts = [\"hugo\"]\nlayout = \"{account}\"\ndoctype_member = \"docType\""));
  davenport.succeed({"sync", "hugo", "--once"});
  EXPECT_THAT(subjects(davenport.run_json({"list", "hugo"})), ElementsAre("All in one"));
  EXPECT_THAT(subjects(davenport.run_json({"search", "hugo", "zebras"})),
              ElementsAre("All in one"));
  EXPECT_THAT(subjects(davenport.run_json({"search", "hugo", "notes.txt"})),
              ElementsAre("notes.txt"));

  const Davenport only_mail(
      source("accounts = [\"hugo\"]\nlayout = \"{account}\"\ndoctype_member = \"docType\"\n"
             "doctypes = [\"emails\"]"));
  only_mail.succeed({"sync", "hugo", "--once"});
  EXPECT_THAT(subjects(only_mail.run_json({"list", "hugo"})), ElementsAre("All in one"));
  EXPECT_THAT(subjects(only_mail.run_json({"search", "hugo", "zebras"})), IsEmpty());
}

TEST_F(Sources, OnlyMessagesSinceADayAndNoDeletionIsHidden) {
  create("iris/io-cozy-emails");
  put("iris/io-cozy-emails", "old", message("Old", "2014-12-31"));
  put("iris/io-cozy-emails", "new", message("New", "2015-01-01"));
  put("iris/io-cozy-emails", "doomed", message("Doomed", "2016-01-01"));
  put("iris/io-cozy-emails", "undated", {{"subject", "Undated"}});
  const Davenport davenport(source("accounts = [\"iris\"]\nmessages_since = \"2015-01-01\""));
  davenport.succeed({"sync", "iris", "--once"});
  EXPECT_THAT(subjects(davenport.run_json({"list", "iris"})),
              UnorderedElementsAre("New", "Doomed", "Undated"));
  remove("iris/io-cozy-emails", "doomed");
  davenport.succeed({"sync", "iris", "--once"});
  EXPECT_THAT(subjects(davenport.run_json({"list", "iris"})),
              UnorderedElementsAre("New", "Undated"));
}

TEST_F(Sources, ASourceThatMovedIsNotFetchedAgain) {
  create("jack/io-cozy-emails");
  for (const std::string id : {"a", "b", "c"})
    put("jack/io-cozy-emails", id, message("Message " + id));
  Davenport davenport(source("name = \"home\"\naccounts = [\"jack\"]"));
  davenport.succeed({"sync", "jack", "--once"});

  const support::PouchdbServer elsewhere;
  const std::string moved = elsewhere.url() + "/jack%2Fio-cozy-emails";
  ASSERT_EQ(http("PUT", moved).status, 201);
  json copy = {{"new_edits", false}, {"docs", json::array()}};
  const json all =
      http("GET", database("jack/io-cozy-emails") + "/_all_docs?include_docs=true").body();
  for (const auto& row : all["rows"]) copy["docs"].push_back(row["doc"]);
  ASSERT_EQ(copy["docs"].size(), 3U);
  ASSERT_EQ(http("POST", moved + "/_bulk_docs", copy.dump()).status, 201);
  ASSERT_EQ(http("PUT", moved + "/d", message("Message d").dump()).status, 201);

  davenport.configure(fmt::format(
      "[[source]]\nname = \"home\"\nurl = \"{}\"\naccounts = [\"jack\"]\n", elsewhere.url()));
  const auto result = davenport.run({"sync", "jack", "--once"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("jack/io-cozy-emails: 1 documents")) << result.out;
  EXPECT_EQ(davenport.run_json({"list", "jack"})["total"], 4);
}

TEST_F(Sources, APingPullsAtOnce) {
  create("kate-io-cozy-emails");
  Davenport davenport(
      fmt::format("[[source]]\nurl = \"{}\"\naccounts = \"all\"\nlayout = "
                  "\"{{account}}-{{doctype}}\"\nwatch = \"poll\"\npoll_interval = \"1h\"\n",
                  server_->url()));
  davenport.start_serving();
  ASSERT_TRUE(
      eventually([&] { return account(davenport, "kate")["feeds"][0]["state"] == "waiting"; }));
  put("kate-io-cozy-emails", "m", message("Pinged"));
  const auto ping = http("POST", davenport.url("/v1/accounts/kate/sync"));
  EXPECT_EQ(ping.status, 202) << ping.payload;
  EXPECT_TRUE(eventually([&] { return listed(davenport, "kate").size() == 1; }));

  // An account that nobody has heard of yet.
  create("liam-io-cozy-emails");
  put("liam-io-cozy-emails", "m", message("New here"));
  EXPECT_EQ(http("POST", davenport.url("/v1/accounts/liam/sync")).status, 202);
  EXPECT_TRUE(eventually([&] { return listed(davenport, "liam").size() == 1; }));
  EXPECT_EQ(http("POST", davenport.url("/v1/accounts/Not-One/sync")).status, 404);

  // The command asks the server, and tells what came.
  put("kate-io-cozy-emails", "n", message("Asked for"));
  const auto sync = davenport.run({"sync", "kate", "--once"});
  EXPECT_EQ(sync.exit_code, 0) << sync.err;
  EXPECT_THAT(sync.out, HasSubstr("1 documents"));
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

TEST_F(Sources, WhatIsQuarantinedIsNamedAndTriedAgain) {
  create("mona/io-cozy-emails");
  put("mona/io-cozy-emails", "good", message("Good"));
  json deep = "x";
  for (int level = 0; level < 150; ++level) deep = json::array({deep});
  put("mona/io-cozy-emails", "deep", {{"subject", "Deep"}, {"odd", deep}});
  const Davenport davenport(source("accounts = [\"mona\"]"));
  for (int turn = 0; turn < 2; ++turn) {
    const auto result = davenport.run({"sync", "mona", "--once"});
    EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
    EXPECT_THAT(result.err, HasSubstr("quarantined: mona/io-cozy-emails deep: "));
  }
  const auto status = davenport.run_json({"status"});
  const auto& quarantined = status["accounts"][0]["quarantined"];
  ASSERT_EQ(quarantined.size(), 1U) << status;
  EXPECT_EQ(quarantined[0]["database"], "mona/io-cozy-emails");
  EXPECT_GE(quarantined[0]["attempts"], 2);
  EXPECT_TRUE(quarantined[0]["nextAttempt"].is_string());

  const std::string rev = http("GET", database("mona/io-cozy-emails") + "/deep").body()["_rev"];
  json mended = message("Mended");
  mended["_rev"] = rev;
  put("mona/io-cozy-emails", "deep", mended);
  davenport.succeed({"sync", "mona", "--once"});
  EXPECT_THAT(subjects(davenport.run_json({"list", "mona"})),
              UnorderedElementsAre("Good", "Mended"));
}

TEST_F(Sources, AnAttachmentThatIsNotKeptIsFetchedWhenItIsAskedFor) {
  create("nora/io-cozy-emails");
  json with_file = message("Invoice");
  with_file["attachments"] = {
      {{"partId", "2"}, {"name", "bill.png"}, {"type", "image/png"}, {"blob", "bill.png"}}};
  with_file["_attachments"] = {{"bill.png", {{"content_type", "image/png"}, {"data", "JVBERi0="}}}};
  put("nora/io-cozy-emails", "m", with_file);
  Davenport davenport(source("accounts = [\"nora\"]"));
  davenport.start_serving();
  ASSERT_TRUE(eventually([&] { return listed(davenport, "nora").size() == 1; }));
  const auto list = http("GET", davenport.url("/v1/accounts/nora/messages")).body();
  const std::string id = list["messages"][0]["id"];
  EXPECT_EQ(davenport.run({"show", "nora", id, "--attachment", "bill.png"}).out, "%PDF-");
  const auto url = davenport.url("/v1/accounts/nora/messages/" + id + "/attachments/2");
  const auto fetched = http("GET", url);
  EXPECT_EQ(fetched.status, 200);
  EXPECT_EQ(fetched.payload, "%PDF-");
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

TEST_F(Sources, WhatIsNotAtTheSourceAtAllIsADifference) {
  create("pia/io-cozy-emails");
  put("pia/io-cozy-emails", "m", message("Here"));
  Davenport davenport(source("accounts = [\"pia\"]"));
  davenport.succeed({"sync", "pia", "--once"});
  davenport.succeed({"doctor", "pia", "--source"});
  ASSERT_EQ(http("DELETE", database("pia/io-cozy-emails")).status, 200);
  const auto examined = davenport.run({"doctor", "pia", "--source"});
  EXPECT_EQ(examined.exit_code, 3);
  EXPECT_THAT(examined.out + examined.err,
              HasSubstr("pia/io-cozy-emails is not there at the source: 1 documents here"));
  EXPECT_THAT(examined.out + examined.err, HasSubstr("none of the account's databases is at"));
}

TEST_F(Sources, WhatWasFetchedForAClientChangesNeitherListsNorIndex) {
  create("olga/io-cozy-emails");
  json only_original;
  only_original["_attachments"] = {
      {"mail.eml",
       {{"content_type", "message/rfc822"},
        {"data", "U3ViamVjdDogb2thcGkKCnppdGhlcgo="}}}};  // "Subject: okapi\n\nzither\n"
  put("olga/io-cozy-emails", "m", only_original);
  Davenport davenport(source("accounts = [\"olga\"]\nattachments = \"none\""));
  davenport.start_serving();
  ASSERT_TRUE(eventually([&] {
    return http("GET", davenport.url("/v1/accounts/olga/messages")).body()["total"] == 1;
  }));
  EXPECT_THAT(davenport.run({"show", "olga", "m", "--raw"}).out, HasSubstr("zither"));
  EXPECT_THAT(http("GET", davenport.url("/v1/accounts/olga/messages/m/raw")).payload,
              HasSubstr("Subject: okapi"));
  davenport.succeed({"doctor", "olga"});
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
  EXPECT_THAT(davenport.run({"show", "olga", "m", "--raw"}).out, HasSubstr("zither"));
  davenport.succeed({"doctor", "olga"});
}

}  // namespace
}  // namespace end_to_end
