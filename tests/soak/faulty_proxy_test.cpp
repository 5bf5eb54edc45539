// The proxy changes nothing when it has no fault to add, and each fault is the one that it is called.
#include "tests/support/faulty_proxy.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/scripted_server.hpp"

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using nlohmann::json;
using support::Fault;
using support::FaultyProxy;
using testing::HasSubstr;

// Sends the bytes, and returns all that comes until the other side closes, `bytes` at most.
std::string ask(const std::string& url, const std::string& request, std::size_t bytes) {
  net::io_context context;
  tcp::socket socket(context);
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  socket.connect({net::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  boost::system::error_code error;
  net::write(socket, net::buffer(request), error);
  std::string answer(bytes, '\0');
  answer.resize(net::read(socket, net::buffer(answer), error));
  return answer;
}

constexpr std::size_t kAll = 1'000'000;

std::string get(const std::string& target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target);
}

std::string post(const std::string& target, const std::string& payload) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", target,
                     payload.size(), payload);
}

std::string payload_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

// Rows 1 to n of a feed whose sequences are numbers.
std::string page(int first, int last, int pending) {
  std::string rows;
  for (int row = first; row <= last; ++row) {
    rows += fmt::format(R"({}{{"seq":{},"id":"d{}","changes":[{{"rev":"1-a,]}}{}"}}]}})",
                        rows.empty() ? "" : ",\n", row, row, row);
  }
  return fmt::format("{{\"results\":[\n{}\n],\n\"last_seq\":{},\"pending\":{}}}\n", rows, last,
                     pending);
}

std::vector<std::string> ids(const json& page) {
  std::vector<std::string> found;
  for (const json& row : page["results"]) found.push_back(row["id"]);
  return found;
}

TEST(FaultyProxy, PassesEverythingUnchangedWhenItIsOff) {
  const std::string large(300'000, 'x');
  const std::vector<support::Exchange> script = {
      {.request = "GET /mail/_changes?limit=5", .answer = support::answer(page(1, 5, 0))},
      {.request = "GET /mail/chunked", .answer = support::chunked_answer(large, 1'490)},
      {.request = "POST /mail/_bulk_get",
       .answer = support::answer(large, 200, "X-Odd:  spaces \r\n"),
       .body = large},
      {.request = "GET /mail/to-the-end",
       .answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the connection ends",
       .close = true},
      {.request = "HEAD /mail", .answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"},
      {.request = "GET /mail/not-modified", .answer = "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {.request = "GET /mail/pieces", .answer = support::chunked_answer("{}", 1), .piece = 1}};
  support::ScriptedServer server(script);
  FaultyProxy proxy(server.url(), 1, {{Fault::kServerError, 1.0}});
  proxy.set_faulty(false);
  for (const auto& exchange : script) {
    const auto space = exchange.request.find(' ');
    std::string request = exchange.body.empty()
                              ? get(exchange.request.substr(space + 1))
                              : post(exchange.request.substr(space + 1), exchange.body);
    request.replace(0, request.find(' '), exchange.request.substr(0, space));
    EXPECT_EQ(ask(proxy.url(), request, exchange.answer.size()), exchange.answer)
        << exchange.request;
  }
  EXPECT_EQ(server.complaints(), "");
  EXPECT_TRUE(proxy.injected().empty());
}

TEST(FaultyProxy, KeepsAConnection) {
  support::ScriptedServer server(
      std::vector<support::Exchange>{{.request = "GET /a", .answer = support::answer("first")},
                                     {.request = "GET /b", .answer = support::answer("second")}});
  FaultyProxy proxy(server.url(), 1, {});
  const std::string both = support::answer("first") + support::answer("second");
  EXPECT_EQ(ask(proxy.url(), get("/a") + get("/b"), both.size()), both);
}

TEST(FaultyProxy, PassesAFeedWhileItIsOpen) {
  support::ScriptedServer server(std::vector<support::Exchange>{
      {.request = "GET /mail/_changes?feed=continuous",
       .answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n"}});
  FaultyProxy proxy(server.url(), 1, {{Fault::kTruncated, 1.0}, {Fault::kNullSeqs, 1.0}});
  const std::string expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n";
  EXPECT_EQ(ask(proxy.url(), get("/mail/_changes?feed=continuous"), expected.size()), expected)
      << "without waiting for its end";
}

TEST(FaultyProxy, RecordsWhatPasses) {
  support::ScriptedServer server(
      std::vector<support::Exchange>{{.request = "POST /a", .answer = support::answer("first")},
                                     {.request = "GET /b", .answer = support::answer("second")}});
  FaultyProxy proxy(server.url(), 1, {});
  EXPECT_TRUE(proxy.take_passed().empty());
  (void)ask(proxy.url(), post("/a", "asked"), support::answer("first").size());
  (void)ask(proxy.url(), get("/b"), support::answer("second").size());
  std::vector<support::PassedRequest> passed;
  while (passed.size() < 2) {
    auto more = proxy.take_passed();
    passed.insert(passed.end(), more.begin(), more.end());
  }
  EXPECT_EQ(passed[0].method, "POST");
  EXPECT_EQ(passed[0].payload, "asked");
  EXPECT_LT(passed[0].ended, passed[1].began);
  EXPECT_EQ(passed[1].target, "/b");
}

TEST(FaultyProxy, RefusesInPlaceOfTheSource) {
  const std::pair<Fault, const char*> refusals[] = {{Fault::kTooMany, "HTTP/1.1 429 "},
                                                    {Fault::kRetryAfter, "\r\nRetry-After: 1\r\n"},
                                                    {Fault::kServerError, "HTTP/1.1 500 "},
                                                    {Fault::kBadGateway, "<html>"},
                                                    {Fault::kUnauthorized, "HTTP/1.1 401 "},
                                                    {Fault::kHtml,
                                                     "HTTP/1.1 200 OK\r\nContent-Type: "
                                                     "text/html"},
                                                    {Fault::kTooLarge, "HTTP/1.1 413 "}};
  for (const auto& [fault, said] : refusals) {
    support::ScriptedServer server(std::vector<support::Exchange>{});
    FaultyProxy proxy(server.url(), 1, {{fault, 1.0}});
    EXPECT_THAT(ask(proxy.url(), post("/mail/_bulk_get", "{}"), support::refusal(fault).size()),
                HasSubstr(said));
    EXPECT_EQ(proxy.injected().at(fault), 1u);
  }
}

TEST(FaultyProxy, CutsAnswersAtAnyByte) {
  const std::string whole = support::answer(page(1, 500, 0));
  bool was_cut = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    support::ScriptedServer server(
        std::vector<support::Exchange>{{.request = "GET /mail", .answer = whole}});
    FaultyProxy proxy(server.url(), seed, {{Fault::kCutAnswer, 1.0}});
    const std::string answer = ask(proxy.url(), get("/mail"), whole.size());
    EXPECT_EQ(answer, whole.substr(0, answer.size()));
    was_cut = was_cut || answer.size() < whole.size();
  }
  EXPECT_TRUE(was_cut);
}

// What a fault makes of a page that begins behind row 4 and was asked for with a limit of 10.
json faulty_page(Fault fault, std::vector<support::Exchange> script, std::uint64_t seed) {
  support::ScriptedServer server(std::move(script));
  FaultyProxy proxy(server.url(), seed, {{fault, 1.0}});
  const std::string answer = ask(
      proxy.url(),
      "GET /mail/_changes?limit=10&since=4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", kAll);
  EXPECT_EQ(server.complaints(), "");
  return json::parse(payload_of(answer));
}

support::Exchange exchange(const std::string& request, const std::string& page) {
  return {.request = request, .answer = support::answer(page, 200, "Connection: close\r\n")};
}

TEST(FaultyProxy, RowsComeTwiceAndThePageKeepsToItsLimit) {
  const auto asked = exchange("GET /mail/_changes?limit=5&since=4", page(5, 9, 90));
  const json got = faulty_page(Fault::kRepeatRows, {asked}, 1);
  EXPECT_EQ(got["results"].size(), 10u) << "a full page stays full";
  EXPECT_EQ(got["last_seq"], 9);
  EXPECT_EQ(got["pending"], 90);
  auto found = ids(got);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  EXPECT_THAT(found, testing::ElementsAre("d5", "d6", "d7", "d8", "d9"));
}

TEST(FaultyProxy, RowsComeInAnotherOrder) {
  const json got = faulty_page(
      Fault::kReorderRows, {exchange("GET /mail/_changes?limit=10&since=4", page(5, 14, 0))}, 1);
  EXPECT_THAT(ids(got), testing::UnorderedElementsAre("d5", "d6", "d7", "d8", "d9", "d10", "d11",
                                                      "d12", "d13", "d14"));
  EXPECT_THAT(ids(got).front(), testing::Ne("d5"));
  EXPECT_EQ(got["last_seq"], 14);
}

TEST(FaultyProxy, APageEndsBeforeItsRowsDo) {
  const json got = faulty_page(
      Fault::kEarlyLastSeq, {exchange("GET /mail/_changes?limit=10&since=4", page(5, 14, 7))}, 3);
  EXPECT_EQ(got["results"].size(), 10u);
  EXPECT_LT(got["last_seq"], 14);
  EXPECT_EQ(got["last_seq"].get<int>() + got["pending"].get<int>(), 14 + 7);
}

TEST(FaultyProxy, AnEmptyPageMovesAsFarAsThereIsNoRow) {
  const json got = faulty_page(Fault::kEmptyPage,
                               {exchange("GET /mail/_changes?limit=10&since=4", page(8, 9, 0))}, 1);
  EXPECT_TRUE(got["results"].empty());
  EXPECT_EQ(got["last_seq"], 7);
  EXPECT_EQ(got["pending"], 2);
}

TEST(FaultyProxy, SequencesOfRowsAreNull) {
  const json got = faulty_page(Fault::kNullSeqs,
                               {exchange("GET /mail/_changes?limit=10&since=4", page(5, 6, 0))}, 1);
  for (const json& row : got["results"]) EXPECT_TRUE(row["seq"].is_null());
  EXPECT_EQ(got["last_seq"], 6);
}

TEST(FaultyProxy, APageOfAnEarlierSinceIsTheSources) {
  std::vector<support::Exchange> script;
  for (int since = 0; since <= 4; ++since) {
    script.push_back(exchange(fmt::format("GET /mail/_changes?limit=10&since={}", since),
                              page(since + 1, since + 3, 50)));
  }
  support::ScriptedServer server(script);
  FaultyProxy proxy(server.url(), 5, {{Fault::kRewind, 1.0}});
  const auto got = json::parse(payload_of(
      ask(proxy.url(),
          "GET /mail/_changes?limit=10&since=4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
          kAll)));
  EXPECT_EQ(got["results"].size(), 3u);
  EXPECT_EQ(got["results"][2]["seq"], got["last_seq"]);
}

TEST(FaultyProxy, TruncatedJsonEndsAsHttpShould) {
  support::ScriptedServer server(std::vector<support::Exchange>{
      exchange("GET /mail/_changes?limit=10&since=4", page(5, 14, 0))});
  FaultyProxy proxy(server.url(), 1, {{Fault::kTruncated, 1.0}});
  const std::string answer = ask(proxy.url(), get("/mail/_changes?limit=10&since=4"), kAll);
  EXPECT_TRUE(answer.ends_with("0\r\n\r\n"));
  EXPECT_LT(answer.size(), page(5, 14, 0).size() + 200);
}

TEST(FaultyProxy, TheSameSeedDoesTheSame) {
  const auto faults_of = [](std::uint64_t seed) {
    std::vector<support::Exchange> script(
        40, {.request = "GET /mail", .answer = support::answer("{}")});
    support::ScriptedServer server(script);
    FaultyProxy proxy(server.url(), seed, support::usual_rates());
    std::vector<std::string> answers;
    for (int i = 0; i < 40; ++i)
      answers.push_back(ask(proxy.url(), get("/mail"), support::answer("{}").size()));
    return answers;
  };
  EXPECT_EQ(faults_of(7), faults_of(7));
  EXPECT_NE(faults_of(7), faults_of(8));
}

}  // namespace
