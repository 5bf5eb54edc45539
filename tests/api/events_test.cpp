#include "api/events.hpp"

#include <atomic>
#include <boost/asio.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "api/access.hpp"
#include "tests/api/importing_fixture.hpp"

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

class EventsTest : public ImportingFixture {
 protected:
  HttpResponse listen(const std::string& path, const std::string& last_event_id = "",
                      std::multimap<std::string, std::string> query = {}) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = std::move(query);
    request.needs_no_token = true;
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
  import(0, 1, "bob");
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
  first = listen_here();
  EXPECT_TRUE(first);
  EXPECT_FALSE(listen_here());
  first.reset();
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
  replication_.stop();  // it may be telling them, by rules that end here
}

TEST_F(EventsTest, WhatNobodyMayHearAnyMoreEndsWithoutAnEvent) {
  import(0, 1);
  api::Token token;
  token.accounts = {"alice"};
  HttpRequest by_token;
  by_token.method = "GET";
  by_token.path = "/v1/accounts/alice/events";
  HttpRequest by_admin_socket = by_token, without = by_token;
  by_token.authorization = "Bearer " + tokens_.create(token);
  by_admin_socket.from_admin_socket = true;
  without.needs_no_token = true;
  api::AccessControl access(tokens_, {.is_open = true});
  const api::Routes routes(config_, accounts_, tasks_, replication_, metrics_, events_, access);
  const auto open = routes.handle(without);
  const auto owner = routes.handle(by_admin_socket);
  access.change({});
  const auto known = routes.handle(by_token);
  ASSERT_TRUE(open.events && owner.events && known.events);
  for (const auto& stream : {open.events, owner.events, known.events}) stream->check();
  EXPECT_TRUE(open.events->has_ended()) << "a token is needed by now";
  EXPECT_FALSE(owner.events->has_ended());
  EXPECT_FALSE(known.events->has_ended());
  EXPECT_TRUE(tokens_.revoke(token.id));
  known.events->check();
  EXPECT_TRUE(known.events->has_ended());
  replication_.stop();
}

TEST_F(EventsTest, EndWithTheirAccount) {
  import(0, 1);
  const auto stream = listen("/v1/accounts/alice/events").events;
  ASSERT_TRUE(stream);
  EXPECT_THAT(stream->take(), HasSubstr("event: messages"));
  bool is_woken = false;
  stream->on_news([&is_woken] { is_woken = true; });
  events_.account_removed("alice");
  EXPECT_TRUE(is_woken);
  EXPECT_TRUE(stream->has_ended());
}

TEST_F(EventsTest, AThousandListenersHearOfAChange) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  import(0, 1);
  api::HttpServer server([this](const HttpRequest& request) { return routes_.handle(request); },
                         {.listen = "127.0.0.1:0"});
  const auto port = server.listen_tcp();
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
  import(1, 2);
  for (auto& socket : sockets)
    EXPECT_THAT(read_until(socket, "event: messages"), HasSubstr("data: {\"account\":\"alice\""));
  sockets.clear();
  for (int turn = 0; turn < 500 && !events_.listened_accounts().empty(); ++turn)
    std::this_thread::sleep_for(10ms);
  EXPECT_TRUE(events_.listened_accounts().empty()) << "who leaves is noticed at once";
  server.stop();
}

}  // namespace
