#include "api/wait_for.hpp"

#include <boost/asio.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/api/importing_fixture.hpp"

namespace {

namespace net = boost::asio;
using api::HttpRequest;
using api::HttpResponse;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class WaitTest : public ImportingFixture {
 protected:
  void SetUp() override {
    import(0, 1);
    const auto message = get_json("/v1/accounts/alice/messages")["messages"][0];
    doc_id_ = message["docId"];
    rev_ = message["rev"];
  }
  HttpResponse wait(const std::string& path, const std::string& what, const std::string& timeout,
                    std::chrono::milliseconds ago = 0ms) {
    HttpRequest request;
    request.needs_no_token = true;
    request.method = "GET";
    request.path = path;
    request.query = {{"wait_for", what}};
    if (!timeout.empty()) request.query.emplace("timeout", timeout);
    request.received = std::chrono::steady_clock::now() - ago;
    return routes_.handle(request);
  }
  static constexpr const char* kList = "/v1/accounts/alice/messages";
  std::string doc_id_, rev_;
};

TEST_F(WaitTest, WhatIsVisibleIsAnsweredAtOnce) {
  EXPECT_EQ(wait(kList, doc_id_ + "@" + rev_, "").status, 200);
  EXPECT_EQ(wait("/v1/accounts/alice/messages/" + doc_id_, doc_id_ + "@" + rev_, "1s").status, 200);
}

TEST_F(WaitTest, WhatIsNotIsPutOffUntilTheTimeIsUp) {
  const auto later = wait(kList, doc_id_ + "@9-abc", "5s");
  ASSERT_TRUE(later.again_at);
  ASSERT_TRUE(later.events);
  (void)later.events->take();  // what was imported before may be told of
  replication_.index_soon("alice");
  for (int turn = 0; turn < 500; ++turn) {
    if (!later.events->take().empty()) {
      const auto over = wait(kList, doc_id_ + "@9-abc", "5s", 6s);
      EXPECT_EQ(over.status, 504);
      EXPECT_THAT(over.payload, HasSubstr("waitTimedOut"));
      return;
    }
    std::this_thread::sleep_for(10ms);
  }
  FAIL() << "nobody told that the account moved";
}

TEST_F(WaitTest, MistakesAreNamed) {
  for (const char* what : {"", "@1-a", "x", "x@", "x@1", "x@0-a", "x@a-1"})
    EXPECT_EQ(wait(kList, what, "").status, 400) << what;
  const auto good = doc_id_ + "@" + rev_;
  for (const char* timeout : {"2m", "5x", "60001", "0", "-1", "0s"})
    EXPECT_EQ(wait(kList, good, timeout).status, 400) << timeout;
  for (const char* timeout : {"5", "60000", "5s", "500ms"})
    EXPECT_EQ(wait(kList, good, timeout).status, 200) << timeout;
  EXPECT_EQ(get(kList, {{"timeout", "5s"}}).status, 400) << "it goes with wait_for";
  const auto search = "/v1/accounts/alice/search";
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "500"}}).status, 200);
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "5s"}}).status, 200);
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "500ms"}}).status, 200);
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "31s"}}).status, 400);
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "5x"}}).status, 400);
}

TEST_F(WaitTest, MistakesAreToldBeforeTheWait) {
  const std::string account = "/v1/accounts/alice/";
  const struct {
    const char *route, *parameter, *value;
  } rows[] = {{"search", "limit", "x"},          {"search", "q", "a ("},
              {"search", "after", "x"},          {"messages", "limit", "0"},
              {"messages", "sort", "colour"},    {"messages", "ids", ","},
              {"messages/changes", "since", ""}, {"files", "sort", "from"}};
  for (const auto& row : rows) {
    const auto answer =
        get(account + row.route, {{"wait_for", doc_id_ + "@9-abc"}, {row.parameter, row.value}});
    EXPECT_EQ(answer.status, 400) << row.route << " " << row.parameter;
    EXPECT_FALSE(answer.again_at);
  }
  const auto posted = routes_.handle({"POST",
                                      account + "search",
                                      {{"wait_for", doc_id_ + "@9-abc"}},
                                      "",
                                      R"({"filter":{"frm":"x"}})",
                                      true,
                                      "application/json"});
  EXPECT_EQ(posted.status, 400);
}

TEST_F(WaitTest, AClientSeesItsOwnWrite) {
  api::HttpServer server([this](const HttpRequest& request) { return routes_.handle(request); },
                         {.listen = "127.0.0.1:0", .workers = 1});
  const auto port = server.listen_tcp();
  server.start();
  // The id and the revision that a message will have are told by importing it elsewhere first.
  import(7, 8, "bob");
  const auto other = get_json("/v1/accounts/bob/messages")["messages"][0];
  const auto target = fmt::format("?wait_for={}@{}&timeout=20s", other["docId"].get<std::string>(),
                                  other["rev"].get<std::string>());

  net::io_context io;
  std::vector<net::ip::tcp::socket> waiting;
  for (int i = 0; i < 20; ++i) {  // many more than workers, and on each of the two ways
    auto& socket = waiting.emplace_back(io);
    socket.connect({net::ip::address_v4::loopback(), port});
    const auto path = i % 2 == 0 ? "messages" + target : "search" + target + "&q=zither";
    net::write(socket, net::buffer(fmt::format("GET /v1/accounts/alice/{} HTTP/1.1\r\nHost: "
                                               "localhost\r\nConnection: close\r\n\r\n",
                                               path)));
  }
  std::this_thread::sleep_for(200ms);
  for (auto& socket : waiting) EXPECT_EQ(socket.available(), 0U) << "it is too early";
  import(7, 8);
  for (auto& socket : waiting) {
    std::string answer;
    boost::system::error_code end;
    net::read(socket, net::dynamic_buffer(answer), end);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("Number 7"));
  }
  server.stop();
}

}  // namespace
