#include "replica/couch_client.hpp"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "tests/replica/couch_conversation.hpp"

namespace replica {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(CouchClient, AsksACouchdbForSequencesOnlyWhereNeeded) {
  Exchange welcome = get("GET /", answer(kWelcome));
  welcome.field = "Authorization: Basic YWRhOnMzY3JldA==";
  Conversation talk({welcome, get(std::string(kFeed) + "&include_docs=true&seq_interval=10",
                                  chunked_answer(kOneRow, 7))});
  EXPECT_EQ(talk.run(talk.client.server_info()).dialect, Dialect::kCouchdb);
  ChangesQuery query = first_ten();
  query.include_docs = true;
  const ChangesPage page = talk.run(talk.client.changes("mail", query));
  ASSERT_EQ(page.rows.size(), 1U);
  EXPECT_EQ(page.rows[0].id, "a");
  EXPECT_EQ(page.last_seq.json, R"("1-g1A")");
  EXPECT_EQ(page.pending, 0);
  EXPECT_EQ(page.bytes, std::string(kOneRow).size());
  EXPECT_EQ(talk.server.connections(), 1);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, SendsSequencesAndNamesEncoded) {
  Conversation talk(
      {get("GET /data/alice%2Fio-cozy-emails/_changes?style=all_docs&limit=10&since=17-g1A%2F_%2B",
           answer(kOneRow))},
      {5s, 5s}, "/data");
  ChangesQuery query = first_ten();
  query.since.json = R"("17-g1A\/_+")";
  EXPECT_EQ(talk.run(talk.client.changes("alice/io-cozy-emails", query)).rows.size(), 1U);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, PassesOnAnEmptyPageThatAdvances) {
  Conversation talk({get(kFeed, answer(R"({"results":[],"last_seq":"9-x","pending":0})"))});
  const ChangesPage page = talk.changes();
  EXPECT_THAT(page.rows, IsEmpty());
  EXPECT_EQ(page.last_seq.json, R"("9-x")");
}

TEST(CouchClient, InflatesByContentEncodingOnly) {
  const std::string packed = gzip(kOneRow);
  Conversation talk(
      {get(kFeed, answer(packed, 200, "Content-Encoding: gzip\r\n")),
       get(kFeed, chunked_answer(packed, 5, "Content-Encoding: gzip\r\n")),
       get(kFeed, answer(packed, 200, "Content-Encoding: x-gzip\r\n")),
       get(kFeed, answer(packed.substr(0, packed.size() - 9), 200, "Content-Encoding: gzip\r\n")),
       get(kFeed, answer(kOneRow, 200, "Content-Encoding: gzip\r\n")), get(kFeed, answer(packed)),
       get(kFeed, answer(packed, 200, "Content-Encoding: br\r\n"))});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(talk.changes().rows.size(), 1U) << i;
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(error_of([&] { return talk.changes(); }).kind(), Kind::kProtocol) << i;
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, InflatesGzipOfSeveralMembers) {
  const std::string row = kOneRow;
  const std::string packed = gzip(row.substr(0, 30)) + gzip("") + gzip(row.substr(30));
  const std::string encoding = "Content-Encoding: gzip\r\n";
  Conversation talk({get(kFeed, answer(packed, 200, encoding)),
                     get(kFeed, chunked_answer(packed, 1, encoding)),
                     get(kFeed, answer(packed.substr(0, packed.size() - 1), 200, encoding)),
                     get(kFeed, answer(packed + "no member", 200, encoding))});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(talk.changes().rows.size(), 1U) << i;
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(error_of([&] { return talk.changes(); }).kind(), Kind::kProtocol) << i;
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, BoundsASmallAnswerThatInflatesToALargeOne) {
  const std::string bomb = gzip(std::string(40'000'000, ' '));
  ASSERT_LT(bomb.size(), 100'000U);
  Conversation talk({get("GET /mail/", answer(bomb, 200, "Content-Encoding: gzip\r\n"))});
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.database_info("mail")); }).kind(),
            Kind::kTooLarge);
}

TEST(CouchClient, WaitsForAServerThatIsSlowButNotSilent) {
  Exchange dribble = get(kFeed, chunked_answer(kOneRow, 10));
  dribble.piece = 1;
  Conversation talk({dribble}, {5s, 500ms});
  EXPECT_EQ(talk.changes().rows.size(), 1U);
}

TEST(CouchClient, ReadsNoFurtherThanContentLength) {
  const std::string longer = answer(kOneRow) + "HTTP/1.1 200 OK\r\n";
  Conversation talk({get(kFeed, longer), get(kFeed, answer(kOneRow))});
  EXPECT_EQ(talk.changes().rows.size(), 1U);
  EXPECT_EQ(talk.changes().rows.size(), 1U);  // over another connection
  EXPECT_EQ(talk.server.connections(), 3);  // the welcome's was the first
}

TEST(CouchClient, RefusesMoreRowsThanItAskedFor) {
  std::string rows;
  for (int i = 0; i < 12; ++i) rows += R"({"seq":null,"id":"a","changes":[{"rev":"1-x"}]},)";
  rows.pop_back();
  Conversation talk({get(kFeed, answer(R"({"results":[)" + rows + R"(],"last_seq":"1"})"))});
  EXPECT_EQ(error_of([&] { return talk.changes(); }).kind(), Kind::kProtocol);
}

TEST(CouchClient, AsksAgainWhenAKeptConnectionWasClosed) {
  Exchange closing = get(kFeed, answer(kOneRow));
  closing.close = true;  // without having said so
  Conversation talk({closing, closing, get(kFeed, answer(kOneRow))});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(talk.changes().rows.size(), 1U);
  EXPECT_EQ(talk.server.complaints(), "");
}

constexpr auto kBulkGet = "POST /mail/_bulk_get?revs=true";

TEST(CouchClient, ReadsItsTokenAgainWhereItIsRefused) {
  Exchange refused = get("GET /mail/_local/a", answer("{}", 401));
  refused.field = "Authorization: Bearer old";
  Exchange renewed = get("GET /mail/_local/a", answer("{}"));
  renewed.field = "Authorization: Bearer new";
  Exchange refused_too = get("GET /mail/_local/b", answer("{}", 401));
  refused_too.field = renewed.field;
  const ScriptedServer server({refused, renewed, refused_too});
  int reads = 0;
  SourceAddress address{server.url(), "", "", "old", {}, [&reads] {
                          ++reads;
                          return std::string("new");
                        }};
  net::io_context context{1};
  CouchClient client(context.get_executor(), std::move(address));
  EXPECT_EQ(support::run(context, client.get_document("mail", "_local/a")), "{}");
  EXPECT_EQ(reads, 1);
  const auto again =
      error_of([&] { return support::run(context, client.get_document("mail", "_local/b")); });
  EXPECT_EQ(again.kind(), Kind::kUnauthorized);
  EXPECT_EQ(reads, 2) << "the file holds what was refused";
  EXPECT_EQ(server.complaints(), "");
}

TEST(CouchClient, FetchesRevisionsWithTheirAncestors) {
  const std::string rows =
      R"({"results":[{"id":"a","docs":[{"ok":{"_id":"a","_rev":"2-b","_revisions":{"start":2,"ids":["b","a"]}}},{}]},)"
      R"({"id":"c","docs":[{"missing":"1-x"}]}]})";
  Conversation talk(
      {post(kBulkGet,
            R"({"docs":[{"id":"a","rev":"2-b"},{"id":"a","rev":"3-z"},{"id":"c","rev":"1-x"}]})",
            chunked_answer(rows, 11))});
  const auto fetched =
      talk.run(talk.client.fetch("mail", {{"a", {rev("2-b"), rev("3-z")}}, {"c", {rev("1-x")}}}));
  ASSERT_EQ(fetched.size(), 3U);
  EXPECT_EQ(fetched[0].problem, "");
  EXPECT_EQ(fetched[0].revision.body, R"({"_id":"a","_rev":"2-b"})");
  EXPECT_THAT(fetched[0].revision.ancestors, ElementsAre("a"));
  EXPECT_EQ(fetched[1].revision.rev, rev("3-z"));
  EXPECT_THAT(fetched[1].problem, HasSubstr("nothing"));
  EXPECT_EQ(fetched[2].revision.id, "c");
  EXPECT_THAT(fetched[2].problem, HasSubstr("missing"));
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, NoticesRevisionsThatTheAnswerLeavesOut) {
  Conversation talk({post(kBulkGet, "", answer(R"({"results":[]})"))});
  const auto fetched = talk.run(talk.client.fetch("mail", {{"a", {rev("2-b")}}}));
  ASSERT_EQ(fetched.size(), 1U);
  EXPECT_THAT(fetched[0].problem, HasSubstr("leaves it out"));
}

TEST(CouchClient, TakesASuccessorFromCouchdb) {
  const std::string rows =
      R"({"results":[{"id":"a","docs":[{"ok":{"_id":"a","_rev":"3-c","_revisions":{"start":3,"ids":["c","b","a"]}}}]}]})";
  Conversation talk({get("GET /", answer(kWelcome)),
                     post(std::string(kBulkGet) + "&latest=true", "2-b", answer(rows))});
  (void)talk.run(talk.client.server_info());
  const auto fetched = talk.run(talk.client.fetch("mail", {{"a", {rev("2-b")}}}));
  ASSERT_EQ(fetched.size(), 1U);
  EXPECT_EQ(fetched[0].problem, "");
  EXPECT_EQ(fetched[0].revision.rev, rev("3-c"));
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, FetchesDocumentByDocumentWithoutBulkGet) {
  const std::string rows =
      R"([{"ok":{"_id":"a/1","_rev":"2-b","_revisions":{"start":2,"ids":["b","a"]}}},{"missing":"3-z"}])";
  const std::string open_revs = "GET /mail/a%2F1?revs=true&open_revs=%5B%222-b%22%2C%223-z%22%5D";
  Conversation talk({post(kBulkGet, "", answer(R"({"error":"method_not_allowed"})", 405)),
                     get("GET /mail/", answer(R"({"db_name":"mail","update_seq":7})")),
                     get(open_revs, answer(rows)),
                     get("GET /mail/gone?revs=true&open_revs=%5B%221-x%22%5D",
                         answer(R"({"error":"not_found","reason":"missing"})", 404))});
  const auto fetched = talk.run(
      talk.client.fetch("mail", {{"a/1", {rev("2-b"), rev("3-z")}}, {"gone", {rev("1-x")}}}));
  ASSERT_EQ(fetched.size(), 3U);
  EXPECT_THAT(fetched[0].revision.ancestors, ElementsAre("a"));
  EXPECT_THAT(fetched[1].problem, HasSubstr("missing"));
  EXPECT_NE(fetched[2].problem, "");
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, FetchesDocumentByDocumentWhereBulkGetIsMultipart) {
  const auto one = get("GET /mail/a?revs=true&open_revs=%5B%222-b%22%5D",
                       answer(R"([{"ok":{"_id":"a","_rev":"2-b",)"
                              R"("_revisions":{"start":2,"ids":["b","a"]}}}])"));
  const std::string multipart =
      "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\n"
      "Content-Length: 5\r\n\r\n--x--";
  Conversation talk({post(kBulkGet, "", multipart),
                     get("GET /mail/", answer(R"({"db_name":"mail","update_seq":7})")), one, one});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(talk.run(talk.client.fetch("mail", {{"a", {rev("2-b")}}})).at(0).problem, "");
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, DoesNotTakeAMissingDatabaseForMissingDocuments) {
  const std::string gone =
      answer(R"({"error":"not_found","reason":"Database does not exist."})", 404);
  Conversation talk({post(kBulkGet, "", gone), get("GET /mail/", gone)});
  EXPECT_EQ(error_of([&] {
              return talk.run(talk.client.fetch("mail", {{"a", {rev("2-b")}}}));
            }).kind(),
            Kind::kNotFound);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, FetchesAllLeaves) {
  const std::string rows =
      R"([{"ok":{"_id":"a","_rev":"1-b"}},{"ok":{"_id":"a","_rev":"1-c","_deleted":true}}])";
  Conversation talk({get("GET /mail/a?revs=true&open_revs=all", answer(rows)),
                     get("GET /mail/b?revs=true&open_revs=all",
                         answer(R"({"error":"not_found","reason":"missing"})", 404))});
  const auto fetched = talk.run(talk.client.fetch("mail", {{"a", {}}, {"b", {}}}));
  ASSERT_EQ(fetched.size(), 2U);
  EXPECT_TRUE(fetched[1].revision.deleted);
}

TEST(CouchClient, WritesDocuments) {
  const std::string rows =
      R"([{"ok":true,"id":"a","rev":"1-x"},{"id":"b","error":"conflict","reason":"Document update conflict."}])";
  Conversation talk(
      {get("PUT /new%2Fdb/", answer(R"({"ok":true})", 201)),
       get("PUT /new%2Fdb/", answer(R"({"error":"file_exists"})", 412)),
       post("POST /mail/_bulk_docs", R"({"docs":[{"_id":"a","n":1e400},{"_id":"b"}]})",
            answer(rows, 201)),
       post("POST /mail/_bulk_docs", "",
            answer(R"({"error":"too_large"})", 413, "Connection: close\r\n")),
       post("PUT /mail/a%2Fb", R"({"x":1})", answer(R"({"ok":true,"id":"a/b","rev":"1-y"})", 201)),
       post("PUT /mail/a%2Fb", "", answer(R"({"error":"conflict","reason":"no"})", 409)),
       get("GET /mail/a%2Fb", answer(R"({"_id":"a/b"})")),
       get("GET /mail/c", answer(R"({"error":"not_found","reason":"deleted"})", 404))});
  talk.run(talk.client.create_database("new/db"));
  talk.run(talk.client.create_database("new/db"));
  const std::vector<std::string> documents = {R"({"_id":"a","n":1e400})", R"({"_id":"b"})"};
  const auto written = talk.run(talk.client.bulk_docs("mail", documents));
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[0].rev, "1-x");
  EXPECT_EQ(written[0].error, "");
  EXPECT_EQ(written[1].error, "conflict");
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.bulk_docs("mail", documents)); }).kind(),
            Kind::kTooLarge);
  EXPECT_EQ(talk.run(talk.client.put_document("mail", "a/b", R"({"x":1})")).rev, "1-y");
  EXPECT_EQ(talk.run(talk.client.put_document("mail", "a/b", R"({"x":1})")).error, "conflict");
  EXPECT_EQ(talk.run(talk.client.get_document("mail", "a/b")), R"({"_id":"a/b"})");
  EXPECT_EQ(talk.run(talk.client.get_document("mail", "c")), std::nullopt);
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchClient, ClosingEndsWhatIsUnderWay) {
  Exchange slow = get(kFeed, answer(kOneRow));
  slow.delay = 10s;
  Conversation talk({slow});
  net::steady_timer timer(talk.context, 50ms);
  timer.async_wait([&talk](const boost::system::error_code&) { talk.client.close(); });
  EXPECT_EQ(error_of([&] { return talk.changes(); }).kind(), Kind::kNetwork);
}

TEST(CouchClient, MayBeDestroyedWhileARequestIsUnderWay) {
  Exchange slow = get("GET /", answer(kWelcome));
  slow.delay = 10s;
  const ScriptedServer server({slow});
  net::io_context context;
  auto client = std::make_unique<CouchClient>(context.get_executor(),
                                              SourceAddress{server.url(), "", "", "", {}});
  auto result = net::co_spawn(context, client->server_info(), net::use_future);
  context.run_for(50ms);
  client.reset();
  context.run();
  EXPECT_THROW((void)result.get(), SourceError);
}

}  // namespace
}  // namespace replica
