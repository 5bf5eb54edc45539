// Clients that mean no good, by the hundred, beside one that does: it is answered as if they were not there.
#include <atomic>
#include <boost/asio.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <random>

#include "tests/api/routes_fixture.hpp"

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class HostileTest : public RoutesFixture {
 protected:
  void start(api::HttpLimits limits) {
    import_message(
        "From: Ada <ada@example.org>\r\nSubject: Xylophone\r\nMessage-ID: "
        "<one@x>\r\n\r\nZither.\r\n");
    server_.emplace(
        [this](const api::HttpRequest& request) {
          auto response = routes_.handle(request);
          if (response.status == 500) ++broken_;
          return response;
        },
        api::HttpSettings{.listen = "127.0.0.1:0", .limits = limits});
    port_ = server_->listen_tcp();
    server_->start();
  }
  tcp::socket connect() {
    tcp::socket socket(io_);
    socket.connect({net::ip::address_v4::loopback(), port_});
    return socket;
  }
  static void send(tcp::socket& socket, std::string_view bytes) {
    boost::system::error_code ignored;
    net::write(socket, net::buffer(bytes), ignored);
  }
  // Asks for a list and a search on connections of their own; counts answers, and those that are wrong.
  void ask_well() {
    for (const char* path : {"messages?limit=5", "search?q=zither"}) {
      const auto began = Clock::now();
      net::io_context io;
      tcp::socket socket(io);
      std::string answer;
      boost::system::error_code error;
      socket.connect({net::ip::address_v4::loopback(), port_}, error);
      if (!error) {
        net::write(socket,
                   net::buffer(fmt::format("GET /v1/accounts/alice/{} HTTP/1.1\r\nHost: "
                                           "localhost\r\nConnection: close\r\n\r\n",
                                           path)),
                   error);
        net::read(socket, net::dynamic_buffer(answer), error);
      }
      const bool is_right =
          answer.starts_with("HTTP/1.1 200") && answer.find("Xylophone") != answer.npos;
      if (!is_right) ADD_FAILURE() << path << ": " << error.message() << "\n" << answer;
      slowest_ = std::max<Clock::duration>(slowest_, Clock::now() - began);
      ++asked_;
    }
  }

  net::io_context io_;
  std::optional<api::HttpServer> server_;
  std::uint16_t port_ = 0;
  std::atomic<int> broken_ = 0;
  int asked_ = 0;
  Clock::duration slowest_{};
};

TEST_F(HostileTest, SlowClientsByTheHundredKeepNobodyOut) {
  api::HttpLimits limits;
  limits.connections = 400;
  limits.header_read = 2s;
  limits.payload_read = 2s;
  limits.idle = 2s;
  start(limits);
  std::vector<tcp::socket> slow;
  for (int i = 0; i < 600; ++i) {  // more than there is room for
    slow.push_back(connect());
    switch (i % 4) {
      case 0:
        send(slow.back(), "GET /v1/accounts/alice/messages HTTP/1.1\r\nHost: loc");
        break;
      case 1:
        send(slow.back(),
             "POST /v1/accounts/alice/search HTTP/1.1\r\nHost: localhost\r\n"
             "Content-Length: 1000\r\n\r\n{");
        break;
      case 2:
        break;  // says nothing at all
      case 3:
        send(slow.back(), "GET /v1/accounts/alice/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        break;
    }
    // Asks for more than all buffers on the way hold, and reads none of it.
    for (int request = 0; i % 60 == 2 && request < 120; ++request)
      send(slow.back(), "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (i % 20 == 19) ask_well();
  }
  for (int turn = 0; turn < 20; ++turn) {
    for (std::size_t i = 0; i < slow.size(); i += 4) send(slow[i], "a");  // one byte, now and then
    ask_well();
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(asked_, 100);
  EXPECT_LT(slowest_, 2s) << "of a list and a search beside 600 slow clients";
  RecordProperty("slowest_ms", std::to_string(slowest_ / 1ms));
}

// ── Fuzzing ──

const std::vector<std::string>& good_requests() {
  static const std::vector<std::string> requests = {
      "GET /v1/accounts/alice/messages?limit=5&sort=-received HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/accounts/alice/search?q=zither%20OR%20subject:x&facets=sender HTTP/1.1\r\nHost: "
      "localhost\r\nAccept: application/json\r\n\r\n",
      "POST /v1/accounts/alice/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 35\r\n\r\n"
      R"({"filter":{"text":"zither"},"limit":5})"
      "\r\n",
      "POST /v1/accounts/alice/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n8\r\n{\"q\":\"x\"\r\n1\r\n}\r\n0\r\n\r\n",
      "GET /v1/search?accounts=alice,alice&q=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic "
      "YTpi\r\n\r\n",
      "GET /v1/accounts/alice/messages?wait_for=a@1-b&timeout=10ms HTTP/1.1\r\nHost: "
      "localhost\r\n\r\n",
      "GET /v1/accounts/alice/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: x-1\r\n\r\n",
      "HEAD /openapi.json HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
      "3\r\n\r\nabc",
      "OPTIONS /v1/search HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\n"
      "Access-Control-Request-Method: GET\r\n\r\n",
      "DELETE /v1/admin/tasks/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"};
  return requests;
}

std::string mutated(std::mt19937& random) {
  const auto pick = [&random](std::size_t below) { return random() % below; };
  static const std::string kTokens[] = {"\r\n",
                                        "\r\n\r\n",
                                        "%",
                                        "%00",
                                        "&",
                                        "=",
                                        "Content-Length: 99999999999999999999\r\n",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Host: \r\n",
                                        std::string(2, '\0'),
                                        "HTTP/1.0",
                                        " ",
                                        "ffffffff\r\n",
                                        std::string(9'000, 'a'),
                                        "Authorization: Bearer dav_x_y\r\n",
                                        "\xff\xfe",
                                        "/../",
                                        "%2e%2e%2f"};
  std::string text = good_requests()[pick(good_requests().size())];
  if (pick(10) == 0) {
    text.resize(pick(300));
    for (char& c : text) c = static_cast<char>(random());
  }
  for (auto change = pick(6); change > 0; --change) {
    const auto at = pick(text.size() + 1);
    switch (pick(5)) {
      case 0:
        text.insert(at, kTokens[pick(std::size(kTokens))]);
        break;
      case 1:
        text.erase(at, pick(20));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text += good_requests()[pick(good_requests().size())];
        break;
      case 4:
        text.insert(at, text.substr(pick(text.size() + 1), pick(50)));
        break;
    }
  }
  return text;
}

TEST_F(HostileTest, RandomRequestsDisturbNobody) {
  constexpr auto kTime = 8s;
  api::HttpLimits limits;
  limits.header_read = 200ms;
  limits.payload_read = 200ms;
  limits.idle = 200ms;
  start(limits);
  const auto seed = testing::UnitTest::GetInstance()->random_seed();
  const auto until = Clock::now() + kTime;
  std::atomic<int> sent{0};
  const auto attack = [&](unsigned number) {
    std::mt19937 random(static_cast<unsigned>(seed) * 10 + number);
    while (Clock::now() < until) {
      net::io_context io;
      tcp::socket socket(io);
      boost::system::error_code error;
      socket.connect({net::ip::address_v4::loopback(), port_}, error);
      net::write(socket, net::buffer(mutated(random)), error);
      if (random() % 2 == 0) socket.shutdown(tcp::socket::shutdown_send, error);
      socket.non_blocking(true);
      std::array<char, 4096> answer{};
      // Most leave without reading to the end, as others do.
      for (auto patience = random() % 5; patience > 0; --patience) {
        socket.read_some(net::buffer(answer), error);
        std::this_thread::sleep_for(1ms);
      }
      ++sent;
    }
  };
  std::thread attackers[] = {std::thread(attack, 0), std::thread(attack, 1),
                             std::thread(attack, 2)};
  while (Clock::now() < until) ask_well();
  for (auto& attacker : attackers) attacker.join();
  EXPECT_GT(sent, 100) << "seed " << seed;
  EXPECT_GT(asked_, 20);
  EXPECT_LT(slowest_, 2s);
  EXPECT_EQ(broken_, 0) << "requests that were answered 500, of seed " << seed;
}

}  // namespace
