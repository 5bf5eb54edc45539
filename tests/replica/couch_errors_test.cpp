// Answers that refuse, lie, break off or never end: an error that helps, never a wrong result, never a hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/retry_after.hpp"
#include "tests/replica/couch_conversation.hpp"

namespace replica {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string many(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST(CouchErrors, SeesEveryTruncation) {
  const std::string with_length = answer(kOneRow);
  const std::string chunked = chunked_answer(kOneRow, 20);
  for (const std::string& whole : {with_length, chunked}) {
    std::vector<Exchange> script;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      script.push_back(get(kFeed, whole.substr(0, size)));
      script.back().close = true;
    }
    Conversation talk(std::move(script));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const SourceError error = error_of([&] { return talk.changes(); });
      EXPECT_EQ(error.kind(), size == 0 ? Kind::kNetwork : Kind::kProtocol)
          << whole.substr(0, size);
    }
    EXPECT_EQ(talk.server.complaints(), "");
  }
}

TEST(CouchErrors, SeesTheTruncationOfAnAnswerThatEndsWithItsConnection) {
  const std::string whole =
      "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + std::string(kOneRow);
  for (const std::size_t cut : {0UL, 1UL, 5UL, 40UL}) {
    Exchange exchange = get(kFeed, whole.substr(0, whole.size() - cut));
    exchange.close = true;
    Conversation talk({exchange});
    if (cut == 0) {
      EXPECT_EQ(talk.changes().rows.size(), 1U);
    } else {
      EXPECT_EQ(error_of([&] { return talk.changes(); }).kind(), Kind::kProtocol) << cut;
    }
  }
}

TEST(CouchErrors, SaysWhatIsWrongAndWhatToDo) {
  struct Case {
    std::string answer;
    Kind kind;
    std::vector<std::string> words;
  };
  const std::string refused =
      R"({"error":"unauthorized","reason":"Name or password is incorrect."})";
  const std::vector<Case> cases = {
      {answer(refused, 401),
       Kind::kUnauthorized,
       {"/mail/_changes: user 'ada' was refused (401)", "its password"}},
      {answer(R"({"error":"forbidden","reason":"locked"})", 403),
       Kind::kForbidden,
       {"403", "locked", "members"}},
      {answer(R"({"error":"not_found","reason":"Database does not exist."})", 404),
       Kind::kNotFound,
       {"'mail'", "404"}},
      {answer(R"({"error":"too_large","reason":"the request entity is too large"})", 413),
       Kind::kTooLarge,
       {"413"}},
      {answer("oops", 500), Kind::kServer, {"500"}},
      {answer(R"({"error":"timeout","reason":"busy"})", 503), Kind::kServer, {"503", "busy"}},
      {answer("{}", 429, "Retry-After: 100\r\n"), Kind::kServer, {"429", "slowly"}},
      {answer("", 405), Kind::kProtocol, {"405", "route"}},
      {answer("", 408), Kind::kTimeout, {"408"}},
      {answer("<html>", 302, "Location: http://eve:s3cret@elsewhere.example/a?token=s3cret\r\n"),
       Kind::kProtocol,
       {"302", "to http://elsewhere.example/a", "url"}},
      {answer("", 307), Kind::kProtocol, {"points elsewhere (307)"}},
      {answer("<html>Bad Gateway</html>", 502), Kind::kServer, {"502", "proxy"}},
      {answer(R"({"errors":[{"status":"403","title":"Forbidden","detail":"no GET"}]})", 403),
       Kind::kForbidden,
       {"Forbidden: no GET"}},
      {answer(R"({"error":"code=403, message=no"})", 403), Kind::kForbidden, {"message=no"}},
      {answer("{\"error\":\"a\\nb\",\"reason\":\"" + std::string(1000, 'x') + "\"}", 500),
       Kind::kServer,
       {"(a b: xxx", "see its log"}},
      {answer(std::string(1'000'000, ' '), 500), Kind::kServer, {"500"}},
      {answer(R"({"error":"timeout","reason":"no shard"})"), Kind::kServer, {"timeout: no shard"}},
      {answer("{\"results\":[\n\n{\"error\":\"timeout\",\"reason\":\"no shard\"}\n"),
       Kind::kServer,
       {"in the middle", "timeout: no shard"}},
      {answer("<html><body>Welcome to nginx</body></html>"),
       Kind::kProtocol,
       {"web page", "proxy"}},
      {answer("garbage"), Kind::kProtocol, {"url of a CouchDB?"}},
      {answer(R"({"ok":true})"), Kind::kProtocol, {"last_seq"}},
      {answer(R"({"results":[],"last_seq":null})"), Kind::kProtocol, {"last_seq"}},
      {answer(R"({"results":[]})"), Kind::kProtocol, {"last_seq"}},
      {answer(""), Kind::kProtocol, {"ends in the middle"}},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Kind::kProtocol, {"no HTTP answer"}},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       Kind::kProtocol,
       {"no HTTP answer"}},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
       Kind::kProtocol,
       {"no HTTP answer"}},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(1'000'000, 'x'),
       Kind::kProtocol,
       {"no HTTP answer"}},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(1'000'000, 'x') + "\r\n\r\n",
       Kind::kProtocol,
       {"no HTTP answer"}},
      {"HTTP/1.1 200 OK\r\n" + many("X-Many: yes\r\n", 100'000) + "\r\n",
       Kind::kProtocol,
       {"no HTTP answer"}},
      {many("HTTP/1.1 100 Continue\r\n\r\n", 1000), Kind::kProtocol, {"100"}},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n{}",
       Kind::kProtocol,
       {"no HTTP answer"}},
  };
  for (const Case& each : cases) {
    Exchange exchange = get(kFeed, each.answer);
    exchange.close = true;
    Conversation talk({exchange});
    const SourceError error = error_of([&] { return talk.changes(); });
    EXPECT_EQ(error.kind(), each.kind) << each.answer;
    EXPECT_THAT(error.what(), AllOf(HasSubstr(talk.server.url()), Not(HasSubstr("s3cret"))));
    for (const std::string& word : each.words) EXPECT_THAT(error.what(), HasSubstr(word));
  }
}

TEST(CouchErrors, SaysThatTheServerCannotBeReached) {
  std::string url;
  {
    const ScriptedServer gone({});
    url = gone.url();
  }
  net::io_context context;
  CouchClient client(context.get_executor(), {url, "", "", "", {}});
  const SourceError error = error_of([&] { return support::run(context, client.server_info()); });
  EXPECT_EQ(error.kind(), Kind::kNetwork);
  EXPECT_EQ(std::string(error.what()),
            "cannot reach " + url + ": connection refused: is the server running?");

  CouchClient nowhere(context.get_executor(), {"http://no-such-host.invalid", "", "", "", {}});
  const SourceError unknown =
      error_of([&] { return support::run(context, nowhere.server_info()); });
  EXPECT_EQ(unknown.kind(), Kind::kNetwork);
  EXPECT_THAT(unknown.what(), HasSubstr("host name"));
}

TEST(CouchErrors, GivesUpOnASilentServer) {
  Exchange slow = get(kFeed, answer(kOneRow));
  slow.delay = 5s;
  Conversation talk({slow}, {5s, 100ms});
  const SourceError error = error_of([&] { return talk.changes(); });
  EXPECT_EQ(error.kind(), Kind::kTimeout);
  EXPECT_THAT(error.what(), HasSubstr("within 0.1 s"));
}

TEST(CouchErrors, PassesOverPreliminaryAnswers) {
  Conversation talk({get(kFeed, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(kOneRow))});
  EXPECT_EQ(talk.changes().rows.size(), 1U);
}

TEST(CouchErrors, TellsHowLongTheServerWantsToBeLeftAlone) {
  Conversation talk({get(kFeed, answer("", 503, "Retry-After: 120\r\n")),
                     get(kFeed, answer("", 503)),
                     get(kFeed, answer("", 429, "Retry-After: 3600\r\n"))});
  EXPECT_EQ(error_of([&] { return talk.changes(); }).retry_after(), 120s);
  EXPECT_EQ(error_of([&] { return talk.changes(); }).retry_after(), std::nullopt);
  EXPECT_EQ(error_of([&] { return talk.changes(); }).retry_after(), 1h);
}

TEST(CouchErrors, ReadsRetryAfter) {
  const auto now = std::chrono::system_clock::from_time_t(784111777);  // Sun, 06 Nov 1994 08:49:37
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), 30s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), 24h * 365);
  for (const char* nonsense : {"", "-5", "soon", "1.5", "Sun, 06 Nov 1994", "12 s"})
    EXPECT_EQ(parse_retry_after(nonsense, now), std::nullopt) << nonsense;
}

TEST(CouchErrors, ReadsRetryAfterByTheClockOfTheServer) {
  const std::string fields =
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
  Conversation talk({get(kFeed, answer("", 503, fields))});
  EXPECT_EQ(error_of([&] { return talk.changes(); }).retry_after(), 30s);
}

TEST(CouchErrors, NeverSaysTheToken) {
  for (const int status : {400, 401, 403, 404, 500}) {
    Conversation talk({get(kFeed, answer("", status))}, {5s, 5s}, {}, {}, "t0ken");
    const SourceError error = error_of([&] { return talk.changes(); });
    EXPECT_THAT(error.what(), Not(HasSubstr("t0ken")));
    if (status == 401) {
      EXPECT_THAT(error.what(), HasSubstr("the token was refused (401)"));
    }
  }
  EXPECT_THROW(Conversation({}, {5s, 5s}, {}, {}, "t0ken\r\nX: y"), std::invalid_argument);
}

// An answer that is cut at every byte, and one that is complete: the calls of a client, each with a check that tells the
// complete result from all others.
template <typename Call>
void cut_everywhere(const Exchange& whole, const Call& call) {
  std::vector<Exchange> script;
  for (std::size_t size = 1; size <= whole.answer.size(); ++size) {
    script.push_back(whole);
    script.back().answer.resize(size);
    script.back().close = true;
  }
  Conversation talk(std::move(script));
  for (std::size_t size = 1; size < whole.answer.size(); ++size) {
    try {
      call(talk);
      ADD_FAILURE() << "no error after " << whole.answer.substr(0, size);
    } catch (const SourceError& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  EXPECT_NO_THROW(call(talk));
  EXPECT_EQ(talk.server.complaints(), "");
}

TEST(CouchErrors, ACutAnswerIsNoAnswer) {
  const auto info = [](Conversation& talk) {
    EXPECT_EQ(talk.run(talk.client.database_info("mail")).documents, 12);
  };
  cut_everywhere(
      get("GET /mail/", answer(R"({"db_name":"mail","update_seq":"12-x","doc_count":12})")), info);

  const auto revisions = [](Conversation& talk) {
    EXPECT_EQ(talk.run(talk.client.fetch("mail", {{"a", {rev("1-b")}}})).at(0).revision.body,
              R"({"_id":"a","_rev":"1-b"})");
  };
  cut_everywhere(
      post("POST /mail/_bulk_get?revs=true", "",
           chunked_answer(R"({"results":[{"id":"a","docs":[{"ok":{"_id":"a","_rev":"1-b"}}]}]})",
                          9)),
      revisions);

  const auto watch = [](Conversation& talk) {
    WatchQuery query;
    query.kind = FeedKind::kContinuous;
    query.database = "mail";
    EXPECT_EQ(talk.run(talk.client.watch(query, [](const FeedEvent&) {})).since.json, "\"2-x\"");
  };
  cut_everywhere(
      get("GET /mail/_changes?feed=continuous&heartbeat=20000&since=now",
          chunked_answer("{\"seq\":\"1-x\",\"id\":\"a\"}\n{\"last_seq\":\"2-x\"}\n", 11)),
      watch);
}

TEST(CouchErrors, AnAnswerOfTheWrongShapeIsNoAnswer) {
  const std::vector<std::string> shapes = {"",
                                           "null",
                                           "[]",
                                           "{}",
                                           "12",
                                           R"("text")",
                                           "[[[[",
                                           R"({"ok":true})",
                                           "{\"update_seq\":}",
                                           std::string(100'000, '['),
                                           "\xff\xfe{}"};
  for (const std::string& shape : shapes) {
    Conversation talk({get("GET /mail/", answer(shape)), get("GET /_all_dbs", answer(shape))});
    EXPECT_EQ(error_of([&] { return talk.run(talk.client.database_info("mail")); }).kind(),
              Kind::kProtocol)
        << shape.substr(0, 40);
    if (shape == "null" || shape == "[]") continue;
    EXPECT_EQ(error_of([&] { return talk.run(talk.client.all_databases()); }).kind(),
              Kind::kProtocol)
        << shape.substr(0, 40);
  }
}

TEST(CouchErrors, ASmallAnswerThatDoesNotEndIsRefused) {
  Conversation talk({get("GET /mail/", answer(std::string(17 << 20, ' ')))});
  EXPECT_EQ(error_of([&] { return talk.run(talk.client.database_info("mail")); }).kind(),
            Kind::kTooLarge);
}

}  // namespace
}  // namespace replica
