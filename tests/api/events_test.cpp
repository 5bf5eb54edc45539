#include "api/events.hpp"

#include <atomic>
#include <boost/asio.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "api/access.hpp"
#include "tests/api/routes_fixture.hpp"

namespace {

namespace net = boost::asio;
using api::HttpRequest;
using api::HttpResponse;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

std::string message(int number) {
  return fmt::format(
      "From: Ada <ada@example.org>\r\nSubject: Number {0}\r\nMessage-ID: "
      "<{0}@x>\r\n\r\nZither.\r\n",
      number);
}

// What is written before the first colon of a line: "id", "event", "data".
std::vector<std::string> values(const std::string& stream, const std::string& name) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < stream.size();) {
    const auto end = std::min(stream.find('\n', at), stream.size());
    const auto line = stream.substr(at, end - at);
    if (line.starts_with(name + ": ")) found.push_back(line.substr(name.size() + 2));
    at = end + 1;
  }
  return found;
}

class EventsTest : public RoutesFixture {
 protected:
  // Messages as files of the folder "mail", imported by the admin route.
  void import(int from, int to) {
    for (int number = from; number < to; ++number)
      support::write_file(folder_ / fmt::format("mail/cur/{}:2,", number), message(number));
    const json payload = {{"paths", {(folder_ / "mail").string()}}};
    const auto started = routes_.handle({"POST",
                                         "/v1/admin/accounts/alice/import",
                                         {},
                                         "",
                                         payload.dump(),
                                         true,
                                         "application/json"});
    ASSERT_EQ(started.status, 202) << started.payload;
    const auto where = field(started, "Location");
    for (int turn = 0; turn < 6'000; ++turn) {
      if (get_json(where)["state"] == "done") return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "the import does not end";
  }
  HttpResponse listen(const std::string& path, const std::string& last_event_id = "",
                      std::multimap<std::string, std::string> query = {}) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = std::move(query);
    request.last_event_id = last_event_id;
    return routes_.handle(request);
  }
  // What comes until `wanted` is in it.
  static std::string take_until(api::EventStream& events, const std::string& wanted) {
    std::string text;
    for (int turn = 0; turn < 1'000 && text.find(wanted) == text.npos; ++turn) {
      text += events.take();
      std::this_thread::sleep_for(10ms);
    }
    EXPECT_THAT(text, HasSubstr(wanted));
    return text;
  }
};

TEST_F(EventsTest, TellsHowItIsAndThenWhatChanges) {
  import(0, 1);
  const auto state = get_json("/v1/accounts/alice/messages")["state"].get<std::string>();
  const auto response = listen("/v1/accounts/alice/events");
  ASSERT_TRUE(response.events);
  EXPECT_EQ(response.content_type, "text/event-stream");
  const auto first = response.events->take();
  EXPECT_THAT(first, StartsWith("retry: "));
  EXPECT_THAT(values(first, "event"), testing::Contains("messages"));
  EXPECT_THAT(values(first, "event"), testing::Contains("index"));
  EXPECT_THAT(first, HasSubstr("id: " + state + "\nevent: messages\ndata: " +
                               json{{"account", "alice"}, {"state", state}}.dump() + "\n\n"));

  std::atomic<int> woken{0};
  response.events->on_news([&] { ++woken; });
  import(1, 3);
  const auto news = take_until(*response.events, "event: messages");
  const auto now = get_json("/v1/accounts/alice/messages")["state"].get<std::string>();
  EXPECT_NE(now, state);
  EXPECT_FALSE(values(news, "id").empty());
  EXPECT_GT(woken, 0);
}

TEST_F(EventsTest, ComingBackTellsOnlyWhatIsNew) {
  import(0, 1);
  const auto first = listen("/v1/accounts/alice/events").events->take();
  const auto id = values(first, "id").back();
  const auto same = listen("/v1/accounts/alice/events", id).events->take();
  EXPECT_THAT(values(same, "event"), Not(testing::Contains("messages")));
  import(1, 2);
  const auto later = listen("/v1/accounts/alice/events", id).events->take();
  EXPECT_THAT(values(later, "event"), testing::Contains("messages"));
  for (const auto& odd : std::vector<std::string>{"nonsense", "e30", std::string(5'000, 'x')}) {
    EXPECT_THAT(values(listen("/v1/accounts/alice/events", odd).events->take(), "event"),
                testing::Contains("messages"))
        << odd;
  }
}

TEST_F(EventsTest, SeveralAccountsHaveOneStreamAndOneId) {
  import(0, 1);
  (void)accounts_.create("bob");
  replication_.changed("bob");
  std::string state;  // of the first projection: it is not made at once
  for (int turn = 0; turn < 500 && !state.ends_with("-1"); ++turn) {
    std::this_thread::sleep_for(10ms);
    state = get_json("/v1/accounts/bob/messages")["state"];
  }
  const std::multimap<std::string, std::string> both = {{"accounts", "alice,bob"}};
  const auto first = listen("/v1/events", "", both).events->take();
  EXPECT_THAT(first, HasSubstr(R"("account":"alice")"));
  EXPECT_THAT(first, HasSubstr(R"("account":"bob")"));
  const auto id = values(first, "id").back();
  EXPECT_THAT(values(listen("/v1/events", id, both).events->take(), "event"),
              Not(testing::Contains("messages")));
  import(1, 2);
  const auto later = listen("/v1/events", id, both).events->take();
  EXPECT_THAT(values(later, "event"), testing::Contains("messages"));
  EXPECT_THAT(later, Not(HasSubstr(R"({"account":"bob","state")")));
  EXPECT_EQ(listen("/v1/events").status, 400);
  EXPECT_EQ(listen("/v1/events", "", {{"accounts", "alice,nobody"}}).status, 404);
}

TEST_F(EventsTest, OfEachTopicASlowClientGetsOnlyTheNewest) {
  api::Events events;
  const auto client = events.listen({"alice"}, "", {true, [] { return true; }});
  api::TaskReport task;
  task.account = "alice";
  task.id = "t1";
  task.state = "running";
  for (task.done = 0; task.done < 1'000; ++task.done) events.task_changed(task);
  auto text = client->take();
  EXPECT_EQ(values(text, "data").size(), 1U);
  EXPECT_THAT(text, HasSubstr("event: task\n"));
  EXPECT_THAT(text, HasSubstr(R"("done":999)"));
  EXPECT_THAT(client->take(), IsEmpty());
  for (int i = 0; i < 1'000; ++i) {
    task.id = fmt::format("t{:04}", i);
    events.task_changed(task);
  }
  text = client->take();
  EXPECT_EQ(values(text, "data").size(), 64U);
  EXPECT_THAT(text, HasSubstr("t0999"));
  task.account = "bob";
  events.task_changed(task);
  EXPECT_THAT(client->take(), IsEmpty());
}

TEST_F(EventsTest, TasksAreToldToAdministratorsOnly) {
  api::Events events;
  const auto reader = events.listen({"alice"}, "", {false, [] { return true; }});
  api::TaskReport task;
  task.account = "alice";
  events.task_changed(task);
  EXPECT_THAT(reader->take(), IsEmpty());
}

TEST_F(EventsTest, ThereIsRoomForSoManyClients) {
  api::Events events(2);
  const auto listen_here = [&] {
    return events.listen({"alice"}, "", {true, [] { return true; }});
  };
  auto first = listen_here(), second = listen_here();
  EXPECT_FALSE(listen_here());
  first.reset();
  EXPECT_TRUE(listen_here());
  EXPECT_EQ(events.client_count(), 1U);
  second.reset();
  EXPECT_TRUE(events.listened_accounts().empty());
}

TEST_F(EventsTest, WhoseTokenIsRevokedIsToldNothingMore) {
  import(0, 1);
  api::Token token;
  token.accounts = {"alice"};
  const auto text = tokens_.create(token);
  const api::AccessControl closed(tokens_, {});
  const api::Routes routes(config_, accounts_, tasks_, replication_, metrics_, events_, closed);
  HttpRequest request;
  request.method = "GET";
  request.path = "/v1/accounts/alice/events";
  request.authorization = "Bearer " + text;
  const auto response = routes.handle(request);
  ASSERT_TRUE(response.events);
  EXPECT_THAT(response.events->take(), HasSubstr("event: messages"));
  EXPECT_TRUE(tokens_.revoke(token.id));
  import(1, 2);
  for (int turn = 0; turn < 500 && !response.events->has_ended(); ++turn)
    std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(response.events->has_ended());
  EXPECT_THAT(response.events->take(), Not(HasSubstr("event: messages")));
}

TEST_F(EventsTest, AThousandListenersHearOfAChange) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  import(0, 1);
  api::HttpServer server([this](const HttpRequest& request) { return routes_.handle(request); }, 2);
  const auto port = server.listen_tcp("127.0.0.1:0");
  server.start();
  constexpr int kListeners = 1'000;
  net::io_context io;
  std::vector<net::ip::tcp::socket> sockets;
  for (int i = 0; i < kListeners; ++i) {
    auto& socket = sockets.emplace_back(io);
    socket.connect({net::ip::address_v4::loopback(), port});
    net::write(socket,
               net::buffer(std::string_view("GET /v1/accounts/alice/events HTTP/1.1\r\nHost: "
                                            "localhost\r\n\r\n")));
  }
  const auto read_until = [&](net::ip::tcp::socket& socket, const std::string& wanted) {
    std::string text;
    boost::system::error_code error;
    while (!error && text.find(wanted) == text.npos) {
      std::array<char, 4096> piece{};
      text.append(piece.data(), socket.read_some(net::buffer(piece), error));
    }
    return text;
  };
  for (auto& socket : sockets)
    ASSERT_THAT(read_until(socket, "event: messages"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(events_.client_count(), static_cast<std::size_t>(kListeners));
  import(1, 2);
  for (auto& socket : sockets)
    EXPECT_THAT(read_until(socket, "event: messages"), HasSubstr("data: {\"account\":\"alice\""));
  sockets.clear();
  for (int turn = 0; turn < 500 && events_.client_count() > 0; ++turn)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(events_.client_count(), 0U) << "who leaves is noticed at once";
  server.stop();
}

// ── wait_for ──

class WaitTest : public EventsTest {
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
  EXPECT_THAT(later.events->take(), IsEmpty());
  replication_.changed("alice");
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
  for (const char* timeout : {"5", "2m", "5x"})
    EXPECT_EQ(wait(kList, good, timeout).status, 400) << timeout;
  EXPECT_EQ(get(kList, {{"timeout", "5s"}}).status, 400) << "it goes with wait_for";
  const auto search = "/v1/accounts/alice/search";
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "500"}}).status, 200);
  EXPECT_EQ(get(search, {{"q", "zither"}, {"timeout", "5s"}}).status, 400);
}

TEST_F(WaitTest, AClientSeesItsOwnWrite) {
  api::HttpServer server([this](const HttpRequest& request) { return routes_.handle(request); }, 1);
  const auto port = server.listen_tcp("127.0.0.1:0");
  server.start();
  // The id and the revision that a message will have are told by importing it elsewhere first.
  support::write_file(folder_ / "elsewhere/cur/1:2,", message(7));
  const json payload = {{"paths", {(folder_ / "elsewhere").string()}}};
  const auto started = routes_.handle(
      {"POST", "/v1/admin/accounts/bob/import", {}, "", payload.dump(), true, "application/json"});
  for (int turn = 0; turn < 1'000 && get_json(field(started, "Location"))["state"] != "done";
       ++turn)
    std::this_thread::sleep_for(10ms);
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
