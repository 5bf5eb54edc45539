// Servers and databases as a whole, in each dialect.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/replica/couch_conversation.hpp"

namespace replica {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kMail =
    R"({"db_name":"mail","purge_seq":"3-g1","update_seq":"12-g1","doc_count":12,)"
    R"("doc_del_count":2,"instance_start_time":"1795"})";
constexpr auto kNotThere = R"({"error":"not_found","reason":"no_db_file"})";

TEST(CouchDatabases, AsksForTheWelcomeOnce) {
  Conversation talk({get("GET /", answer(kWelcome)), get("GET /mail/", answer(kMail)),
                     get("GET /mail/", answer(kMail))});
  EXPECT_EQ(talk.run(talk.client.server_info()).dialect, Dialect::kCouchdb);
  const DatabaseInfo info = talk.run(talk.client.database_info("mail"));
  EXPECT_EQ(info.name, "mail");
  EXPECT_EQ(info.update_seq, R"("12-g1")");
  EXPECT_EQ(info.purge_seq, R"("3-g1")");
  EXPECT_EQ(info.instance_start_time, "1795");
  EXPECT_EQ(info.documents, 12);
  EXPECT_EQ(info.deleted, 2);
  (void)talk.run(talk.client.database_info("mail"));
  EXPECT_EQ(talk.run(talk.client.server_info()).dialect, Dialect::kCouchdb);
  EXPECT_EQ(talk.server.complaints(), "");
}

// CouchDB 1.x, as a string, and Sync Gateway, as a number.
TEST(CouchDatabases, DoNotTakeTheTimeOfOpeningForThatOfCreation) {
  const auto opened = [](const std::string& time) {
    return get("GET /mail/",
               answer(R"({"db_name":"mail","update_seq":7,"instance_start_time":)" + time + "}"));
  };
  Conversation talk({get("GET /", answer(kWelcome)), opened(R"("1764185794000000")"),
                     opened("1764185794000000")});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(talk.run(talk.client.database_info("mail")).instance_start_time, "");
}

TEST(CouchDatabases, AsksAgainWhoAnswersAfterAFailure) {
  Exchange cut = get("GET /mail/", "HTTP/1.1 200 OK\r\n");
  cut.close = true;
  Conversation talk({get("GET /", answer(kWelcome)), cut, get("GET /", answer(kPouchdbWelcome))});
  EXPECT_EQ(talk.run(talk.client.server_info()).dialect, Dialect::kCouchdb);
  (void)error_of([&] { return talk.run(talk.client.database_info("mail")); });
  EXPECT_EQ(talk.run(talk.client.server_info()).dialect, Dialect::kPouchdb);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchDatabases, WhoWaitsForTheWelcomeSharesItsFailure) {
  Conversation talk({get("GET /", answer("", 503))});
  auto first = net::co_spawn(talk.context, talk.client.database_info("mail"), net::use_future);
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.database_info("mail")); }).status(), 503);
  EXPECT_THROW((void)first.get(), SourceError);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchDatabases, AreListed) {
  Conversation talk(
      {get("GET /_all_dbs", chunked_answer(R"(["_users","a/b","\u00fc"])", 4)),
       get("GET /_all_dbs", answer(R"({"error":"unauthorized","reason":"no"})", 401))});
  EXPECT_THAT(talk.run(talk.client.all_databases()), ElementsAre("_users", "a/b", "ü"));
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.all_databases()); }).kind(),
            Kind::kUnauthorized);
}

std::vector<std::string> names_of(const std::vector<DatabaseInfo>& infos) {
  std::vector<std::string> names;
  for (const DatabaseInfo& info : infos) names.push_back(info.name);
  return names;
}

TEST(CouchDatabases, AreDescribedAHundredAtATime) {
  std::vector<std::string> names;
  for (int i = 0; i < 150; ++i) names.push_back("db" + std::to_string(i));
  const std::string first =
      R"([{"key":"db0","info":{"update_seq":"1-a","db_name":"db0","doc_count":1}},)"
      R"({"key":"db1","error":"not_found"},{"key":"db2","info":null},{"key":"db3","info":{"x":1}}])";
  const std::string second = R"([{"key":"db149","info":{"update_seq":7,"purge_seq":0}}])";
  Conversation talk({post("POST /_dbs_info", R"("db98","db99"]})", chunked_answer(first, 30)),
                     post("POST /_dbs_info", R"({"keys":["db100","db101",)", answer(second))});
  const auto infos = talk.run(talk.client.databases_info(names));
  EXPECT_THAT(names_of(infos), ElementsAre("db0", "db149"));
  EXPECT_EQ(infos.back().update_seq, "7");
  EXPECT_EQ(infos.back().purge_seq, "0");
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchDatabases, AreDescribedOneByOneWhereTheServerHasNoOtherWay) {
  for (const int status : {400, 401, 403, 404, 405, 501}) {
    Conversation talk({post("POST /_dbs_info", "", answer(kNotThere, status)),
                       get("GET /mail/", answer(kMail)), get("GET /gone/", answer(kNotThere, 404)),
                       get("GET /mail/", answer(kMail))});
    EXPECT_THAT(names_of(talk.run(talk.client.databases_info({"mail", "gone"}))),
                ElementsAre("mail"));
    EXPECT_THAT(names_of(talk.run(talk.client.databases_info({"mail"}))), ElementsAre("mail"));
    EXPECT_EQ(talk.server.complaints(), "") << status;
  }
  Conversation failing({post("POST /_dbs_info", "", answer("", 500))});
  EXPECT_EQ(error_of([&] { return failing.run(failing.client.databases_info({"a"})); }).status(),
            500);
}

TEST(CouchDatabases, AreNotGoneWhereAProxyDecodesTheirPaths) {
  const auto absent = get("GET /a%2Fmail/", answer(kNotThere, 404));
  Conversation talk({get("GET /", answer(kWelcome)), absent,
                     post("POST /_dbs_info", R"({"keys":["a/mail"]})",
                          answer(R"([{"key":"a/mail","info":{"update_seq":"1-a"}}])")),
                     absent,
                     post("POST /_dbs_info", "", answer(R"([{"key":"a/mail","info":null}])"))});
  const SourceError decoded =
      error_of([&] { return talk.run(talk.client.database_info("a/mail")); });
  EXPECT_EQ(decoded.kind(), Kind::kProtocol);
  EXPECT_THAT(decoded.what(), HasSubstr("proxy_pass"));
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.database_info("a/mail")); }).kind(),
            Kind::kNotFound);
  EXPECT_EQ(talk.server.complaints(), "");
}

// CouchDB 1.x.
TEST(CouchDatabases, AreNotGoneThoughOneByOneNoneIsFound) {
  const auto absent = get("GET /a%2Fmail/", answer(kNotThere, 404));
  Conversation talk({get("GET /", answer(kWelcome)), post("POST /_dbs_info", "", answer("", 404)),
                     absent, get("GET /b%2Fmail/", answer(kNotThere, 404)),
                     get("GET /_all_dbs", answer(R"(["a/mail"])"))});
  EXPECT_EQ(error_of([&] {
              return talk.run(talk.client.databases_info({"a/mail", "b/mail"}));
            }).kind(),
            Kind::kProtocol);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchDatabases, TellWhatWasPurged) {
  Conversation talk({get(
      "GET /mail/_purged_infos",
      answer(
          R"({"purged_infos":[{"id":"p1","revs":["2-d0","1-x"]},{"id":"p2","revs":["1-a"]}]})"))});
  const auto purged = talk.run(talk.client.purged("mail"));
  ASSERT_TRUE(purged);
  ASSERT_EQ(purged->size(), 2U);
  EXPECT_EQ(purged->front().id, "p1");
  EXPECT_THAT(purged->front().revs, ElementsAre(rev("2-d0"), rev("1-x")));
}

TEST(CouchDatabases, TellNothingOfPurgesWhereTheServerHasNoSuchRoute) {
  for (const int status : {400, 404, 405, 501}) {
    Conversation talk({get("GET /mail/_purged_infos", answer(kNotThere, status)),
                       get("GET /mail/", answer(kMail)),
                       get("GET /mail/_purged_infos", answer(kNotThere, status)),
                       get("GET /mail/", answer(kMail))});
    EXPECT_EQ(talk.run(talk.client.purged("mail")), std::nullopt);
    EXPECT_EQ(talk.run(talk.client.purged("mail")), std::nullopt);  // remembered
    EXPECT_EQ(talk.server.complaints(), "") << status;
  }
  Conversation talk({get("GET /mail/_purged_infos", answer(R"({"_id":"_purged_infos"})")),
                     get("GET /mail/_purged_infos", answer("<html>")),
                     get("GET /mail/_purged_infos", answer("", 403)),
                     get("GET /mail/_purged_infos", answer(kNotThere, 404)),
                     get("GET /mail/", answer(kNotThere, 404))});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(talk.run(talk.client.purged("mail")), std::nullopt);
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.purged("mail")); }).kind(), Kind::kNotFound);
}

// It is deleted when it is asked what was purged, and there again when it is asked whether it is there.
TEST(CouchDatabases, OneThatIsMadeAnewMeanwhileHasTheRoute) {
  Conversation talk(
      {get("GET /mail/_purged_infos", answer(kNotThere, 404)), get("GET /mail/", answer(kMail)),
       get("GET /mail/_purged_infos", answer(R"({"purged_infos":[]})")),
       get("GET /mail/_purged_infos", answer(R"({"purged_infos":[{"id":"p1","revs":["1-a"]}]})"))});
  EXPECT_TRUE(talk.run(talk.client.purged("mail")));
  const auto later = talk.run(talk.client.purged("mail"));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->size(), 1U);
}

TEST(CouchDatabases, KeepTheirLocalDocuments) {
  Conversation talk(
      {get("GET /mail/_local/a%2Fb%2B", answer(R"({"error":"not_found","reason":"missing"})", 404)),
       post("PUT /mail/_local/a%2Fb%2B", R"({"n":1})",
            answer(R"({"ok":true,"id":"_local/a/b+","rev":"0-1"})", 201)),
       get("PUT /mail/_local/a%2Fb%2B", answer(R"({"error":"forbidden","reason":"no"})", 403)),
       get("GET /mail/_design/a%2Fb", answer(R"({"_id":"_design/a/b"})"))});
  EXPECT_EQ(talk.run(talk.client.get_document("mail", "_local/a/b+")), std::nullopt);
  EXPECT_EQ(talk.run(talk.client.put_document("mail", "_local/a/b+", R"({"n":1})")).rev, "0-1");
  EXPECT_EQ(error_of([&] {
              return talk.run(talk.client.put_document("mail", "_local/a/b+", "{}"));
            }).kind(),
            Kind::kForbidden);
  EXPECT_TRUE(talk.run(talk.client.get_document("mail", "_design/a/b")));
  EXPECT_EQ(talk.server.complaints(), "");
}

// What cozy-stack answers below /data, as its sources have it.
TEST(CouchDatabases, OfACozyAreDoctypes) {
  Exchange welcome = get("GET /data/", answer(kCozyWelcome));
  welcome.field = "Authorization: Bearer t0ken";
  const std::string emails = "/data/io.cozy.emails/";
  const std::string page =
      R"({"last_seq":"2-x","pending":1,"results":[{"id":"a","seq":"","doc":null,"changes":[{"rev":"1-b"}]}]})";
  Conversation talk(
      {welcome, get("GET /data/_all_doctypes", answer(R"(["io.cozy.emails","io.cozy.files"])")),
       get("GET " + emails,
           answer(R"({"db_name":"c0/io-cozy-emails","update_seq":"2-x","purge_seq":0})")),
       get("GET " + emails + "_changes?style=all_docs&limit=10&since=0&seq_interval=10",
           answer(page)),
       post("POST " + emails + "_bulk_get?revs=true&latest=true", "",
            answer(R"({"results":[{"id":"a","docs":[{"ok":{"_id":"a","_rev":"1-b"}}]}]})")),
       get("GET " + emails + "a%2Fb?revs=true&open_revs=all", answer("[]")),
       get("GET " + emails + "_local/s", answer(R"({"_id":"_local/s"})")),
       post("POST /data/_dbs_info", "", answer(R"({"error":"code=404, message=Not Found"})", 404)),
       get("GET /data/io.cozy.gone/",
           answer(R"({"ok":false,"status":"404","error":"not_found","reason":"wrong_doctype"})",
                  404))},
      {5s, 5s}, "/data", {}, "t0ken");
  EXPECT_EQ(talk.run(talk.client.server_info()).dialect, Dialect::kCozy);
  EXPECT_THAT(talk.run(talk.client.all_databases()),
              ElementsAre("io.cozy.emails", "io.cozy.files"));
  const std::string name = "io.cozy.emails";
  EXPECT_EQ(talk.run(talk.client.database_info(name)).name, name);
  const ChangesPage changes = talk.run(talk.client.changes(name, first_ten()));
  ASSERT_EQ(changes.rows.size(), 1U);
  EXPECT_EQ(changes.rows[0].problem, "");
  EXPECT_EQ(changes.last_seq.json, R"("2-x")");
  EXPECT_EQ(talk.run(talk.client.fetch(name, {{"a", {rev("1-b")}}})).at(0).problem, "");
  EXPECT_THAT(talk.run(talk.client.fetch(name, {{"a/b", {}}})), IsEmpty());
  EXPECT_EQ(talk.run(talk.client.purged(name)), std::nullopt);  // without being asked
  EXPECT_TRUE(talk.run(talk.client.get_document(name, "_local/s")));
  EXPECT_THAT(talk.run(talk.client.databases_info({"io.cozy.gone"})), IsEmpty());
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchDatabases, OfACozyMayBeNone) {
  Conversation talk(
      {get("GET /data/", answer(kCozyWelcome)), get("GET /data/_all_doctypes", answer("null"))},
      {5s, 5s}, "/data", {}, "t0ken");
  EXPECT_THAT(talk.run(talk.client.all_databases()), IsEmpty());
}

}  // namespace
}  // namespace replica
