// Feeds that say that something moved.
#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/replica/couch_conversation.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace replica {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kUpdates = "GET /_db_updates?feed=continuous&heartbeat=20000&since=";
constexpr auto kContinuous = "GET /mail/_changes?feed=continuous&heartbeat=20000&since=";
constexpr auto kLongPoll = "GET /mail/_changes?feed=longpoll&heartbeat=20000&since=";

WatchQuery of_server() {
  WatchQuery query;
  query.kind = FeedKind::kDatabaseUpdates;
  return query;
}

WatchQuery of_database(FeedKind kind, const std::string& since = {}) {
  WatchQuery query;
  query.kind = kind;
  query.database = "mail";
  query.since.json = since;
  return query;
}

// Where the next watch goes on; `log` is told what moved.
std::string watch(Conversation& talk, const WatchQuery& query, std::vector<std::string>& log) {
  const auto note = [&log](const FeedEvent& moved) {
    log.push_back(moved.database + (moved.is_deleted ? " deleted" : ""));
  };
  return talk.run(talk.client.watch(query, note)).since.json;
}

TEST(CouchWatch, TellsWhichDatabasesMoved) {
  const std::string feed =
      "\n"
      R"({"db_name":"_dbs","type":"updated","seq":"660-g1A"})"
      "\n\n\n"
      R"({"db_name":"a/b","type":"created","seq":"661-g1A"})"
      "\n"
      R"({"db_name":"a/b","type":"deleted","seq":"662-g1A"})"
      "\n\n"
      R"({"last_seq":"663-g1A","pending":0})"
      "\n";
  for (const std::size_t chunk : {1UL, 7UL, 100UL, 10'000UL}) {
    Conversation talk({get(std::string(kUpdates) + "now", chunked_answer(feed, chunk)),
                       get(std::string(kUpdates) + "663-g1A", chunked_answer("\n", chunk))});
    std::vector<std::string> log;
    WatchQuery query = of_server();
    query.since.json = watch(talk, query, log);
    EXPECT_EQ(query.since.json, R"("663-g1A")");
    EXPECT_THAT(log, ElementsAre("_dbs", "a/b", "a/b deleted"));
    EXPECT_EQ(watch(talk, query, log), query.since.json);
    EXPECT_EQ(talk.server.complaints(), "");
  }
}

TEST(CouchWatch, FollowsADatabase) {
  const std::string feed =
      "{\"id\":\"a\",\"changes\":[{\"rev\":\"1-x\"}],\"seq\":22}\n\n"
      "{\"seq\":null,\"id\":\"b\",\"changes\":[]}\n";
  Conversation talk({get(std::string(kContinuous) + "21", chunked_answer(feed, 9))});
  std::vector<std::string> log;
  EXPECT_EQ(watch(talk, of_database(FeedKind::kContinuous, "21"), log), "22");
  EXPECT_THAT(log, ElementsAre("mail", "mail"));
}

TEST(CouchWatch, WaitsForTheNextChange) {
  Conversation talk(
      {get(std::string(kLongPoll) + "now",
           chunked_answer("{\"results\":[\n\n\n{\"seq\":1,\"id\":\"a\",\"changes\":[]}"
                          "\n],\n\"last_seq\":21}\n",
                          1)),
       get(std::string(kLongPoll) + "21",
           answer("{\"results\":[],\"last_seq\":\"21-x\",\"pending\":0}"))});
  std::vector<std::string> log;
  EXPECT_EQ(watch(talk, of_database(FeedKind::kLongPoll), log), "21");
  EXPECT_THAT(log, ElementsAre("mail"));
  EXPECT_EQ(watch(talk, of_database(FeedKind::kLongPoll, "21"), log), "\"21-x\"");
  EXPECT_THAT(log, ElementsAre("mail"));
}

TEST(CouchWatch, NoticesThatNothingComesAnyMore) {
  const Timeouts timeouts{5s, 5s, 40ms};
  Exchange silent =
      get("GET /_db_updates?feed=continuous&heartbeat=40&since=now",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n");  // and then nothing
  Exchange mute = silent;
  mute.delay = 10s;
  Conversation talk({silent, mute}, timeouts);
  std::vector<std::string> log;
  for (int i = 0; i < 2; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(error_of([&] { return watch(talk, of_server(), log); }).kind(), Kind::kTimeout);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 100ms);
  }
}

TEST(CouchWatch, HeartbeatsSayNothing) {
  const Timeouts timeouts{5s, 5s, 400ms};
  Exchange beating = get("GET /_db_updates?feed=continuous&heartbeat=400&since=now",
                         chunked_answer(std::string(200, '\n'), 1));
  beating.piece = 6;
  Conversation talk({beating}, timeouts);
  std::vector<std::string> log;
  EXPECT_EQ(watch(talk, of_server(), log), "");
  EXPECT_THAT(log, IsEmpty());
}

TEST(CouchWatch, SaysWhyThereIsNoFeed) {
  struct Case {
    std::string answer;
    Kind kind;
    int status;
  };
  const std::vector<Case> cases = {
      {answer(R"({"error":"unauthorized","reason":"You are not a server admin."})", 401),
       Kind::kUnauthorized, 401},
      {answer("", 400), Kind::kProtocol, 400},  // express-pouchdb
      {answer("", 404), Kind::kNotFound, 404},
      {chunked_answer("{\"error\":\"timeout\",\"reason\":\"busy\"}\n", 8), Kind::kServer, 200},
      {answer("<html>\n"), Kind::kProtocol, 200},
      {answer("{\"db_name\":\"a\"}\n{\"db_name\":"), Kind::kProtocol, 200},
      {answer("{\"last_seq\":1}\n{\"db_name\":\"a\"}\n"), Kind::kProtocol, 200},
      {answer(std::string(2'000'000, 'x')), Kind::kProtocol, 200},
  };
  for (const Case& each : cases) {
    Conversation talk({get(std::string(kUpdates) + "now", each.answer)});
    std::vector<std::string> log;
    const SourceError error = error_of([&] { return watch(talk, of_server(), log); });
    EXPECT_EQ(error.kind(), each.kind) << each.answer.substr(0, 200) << error.what();
    EXPECT_EQ(error.status(), each.status) << each.answer.substr(0, 200);
  }
}

TEST(CouchWatch, EndsWithTheClient) {
  for (const FeedKind kind : {FeedKind::kContinuous, FeedKind::kLongPoll}) {
    const std::string request = kind == FeedKind::kContinuous ? kContinuous : kLongPoll;
    Conversation talk(
        {get(request + "now", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n")});
    net::steady_timer timer(talk.context, 100ms);
    timer.async_wait([&talk](const boost::system::error_code&) { talk.client.close(); });
    std::vector<std::string> log;
    EXPECT_EQ(error_of([&] { return watch(talk, of_database(kind), log); }).kind(), Kind::kNetwork);
  }
}

// What a real PouchDB Server does: its headers come with the first heartbeat.
TEST(CouchWatch, FollowsAPouchdbServer) {
  const support::PouchdbServer server;
  server.ask("PUT", "/mail");
  net::io_context context{1};
  CouchClient client(context.get_executor(), {server.url(), "", "", "", {}}, {5s, 5s, 2s});
  const auto ignore = [](const FeedEvent&) {};
  EXPECT_EQ(
      error_of([&] { return support::run(context, client.watch(of_server(), ignore)); }).status(),
      400);

  {
    net::steady_timer write(context, 600ms);
    write.async_wait(
        [&server](const boost::system::error_code&) { server.ask("POST", "/mail", R"({"n":1})"); });
    int count = 0;
    const auto note = [&count](const FeedEvent& moved) {
      count += moved.database == "mail" ? 1 : 100;
    };
    const WatchQuery next =
        support::run(context, client.watch(of_database(FeedKind::kLongPoll, "0"), note));
    EXPECT_EQ(next.since.json, "1");
    EXPECT_EQ(count, 1);
  }
  EXPECT_EQ(support::run(context, client.database_info("mail")).documents, 1);
  EXPECT_THAT(support::run(context, client.all_databases()), testing::Contains("mail"));
  EXPECT_EQ(support::run(context, client.databases_info({"mail", "none"})).size(), 1U);
  EXPECT_EQ(support::run(context, client.purged("mail")), std::nullopt);

  net::steady_timer write(context, 600ms);
  write.async_wait(
      [&server](const boost::system::error_code&) { server.ask("POST", "/mail", R"({"n":2})"); });
  int count = 0;
  const auto end = [&](const FeedEvent&) {
    ++count;
    client.close();  // the feed would go on
  };
  const WatchQuery query = of_database(FeedKind::kContinuous, "1");
  EXPECT_EQ(error_of([&] { return support::run(context, client.watch(query, end)); }).kind(),
            Kind::kNetwork);
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace replica
