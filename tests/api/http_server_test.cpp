#include "api/http_server.hpp"

#include <atomic>
#include <boost/asio.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <thread>

#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// Tells what it was asked.
api::HttpResponse echo(const api::HttpRequest& request) {
  api::HttpResponse response;
  response.content_type = "text/plain";
  response.payload = request.method + " " + request.path;
  for (const auto& [name, value] : request.query)
    response.payload += fmt::format(" [{}={}]", name, value);
  if (!request.payload.empty())
    response.payload += fmt::format(" {} bytes", request.payload.size());
  if (request.from_admin_socket) response.payload += " admin";
  return response;
}

class Server : public testing::Test {
 protected:
  void start(api::HttpHandler handler = echo, api::HttpLimits limits = {}) {
    settings_.limits = limits;
    start_with_settings(std::move(handler));
  }
  void start_with_settings(api::HttpHandler handler = echo) {
    server_.emplace(std::move(handler), settings_);
    port_ = server_->listen_tcp();
    server_->start();
  }

  [[nodiscard]] tcp::socket connect() {
    tcp::socket socket(io_);
    socket.connect({net::ip::address_v4::loopback(), port_});
    return socket;
  }
  template <typename Socket>
  static std::string read_to_end(Socket& socket) {
    std::string answer;
    boost::system::error_code error;
    net::read(socket, net::dynamic_buffer(answer), error);
    return answer;
  }
  // What the server answers to these bytes until it closes.
  std::string exchange(std::string_view bytes) {
    auto socket = connect();
    boost::system::error_code ignored;
    net::write(socket, net::buffer(bytes), ignored);
    return read_to_end(socket);
  }
  std::string get(std::string_view target, std::string_view fields = "") {
    return exchange(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}\r\n",
                                target, fields));
  }

  net::io_context io_;
  api::HttpSettings settings_{.listen = "127.0.0.1:0"};
  std::optional<api::HttpServer> server_;
  std::uint16_t port_ = 0;
};

TEST_F(Server, AnswersAndProtects) {
  start();
  const auto answer = get("/a%20b?q=x+y%26z&empty=&flag");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a%20b [empty=] [flag=] [q=x y&z]"));
  for (const char* field : {"X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
                            "Cache-Control: no-store", "Connection: close", "Content-Length: 37"}) {
    EXPECT_THAT(answer, HasSubstr(std::string(field) + "\r\n"));
  }
}

TEST_F(Server, HeadHasLengthAndNoPayload) {
  start();
  const auto answer = exchange("HEAD /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(Server, PipelinedRequestsAreAnsweredInOrder) {
  start([](const api::HttpRequest& request) {
    if (request.path == "/1") std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return echo(request);
  });
  const auto answer = exchange(
      "GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /2 HTTP/1.1\r\nHost: "
      "localhost\r\nContent-Length: "
      "3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto first = answer.find("GET /1"), second = answer.find("POST /2 3 bytes"),
             third = answer.find("GET /3");
  EXPECT_LT(first, second) << answer;
  EXPECT_LT(second, third) << answer;
  EXPECT_NE(third, std::string::npos) << answer;
}

TEST_F(Server, RefusesWhatIsNoGoodRequest) {
  start();
  const struct {
    std::string request, status, code;
  } cases[] = {
      {"nonsense\r\n\r\n", "400", "badRequest"},
      {"GET / HTTP/1.1\r\n\r\n", "400", "badRequest"},
      {"GET /?q=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", "400", "badRequest"},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(33'000, 'x') + "\r\n\r\n", "431",
       "headerTooLarge"},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n", "413",
       "payloadTooLarge"},
      {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "421", "wrongHost"},
      {"GET / HTTP/1.1\r\nHost: localhost.evil.example:80\r\n\r\n", "421", "wrongHost"},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n", "403",
       "crossOrigin"},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", "403", "crossOrigin"},
  };
  for (const auto& example : cases) {
    auto request = example.request;
    if (const auto host = request.find("\r\nHost"); host != std::string::npos)
      request.insert(host, "\r\nConnection: close");
    const auto answer = exchange(request.starts_with("GET / HTTP/1.1\r\n\r\n")
                                     ? "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
                                     : request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + example.status)) << example.request.substr(0, 100);
    EXPECT_THAT(answer, HasSubstr("{\"error\":{\"code\":\"" + example.code + "\""))
        << example.request.substr(0, 100);
  }
}

TEST_F(Server, LoopbackNamesAreItsOwn) {
  start();
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1:8825", "[::1]:8825", "[::1]"}) {
    EXPECT_THAT(
        exchange(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", host)),
        StartsWith("HTTP/1.1 200"))
        << host;
  }
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: localhost:5\r\nOrigin: "
                       "http://localhost:5\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(Server, SlowAndIdleClientsAreCutOff) {
  api::HttpLimits limits;
  limits.idle = std::chrono::milliseconds(50);
  limits.header_read = std::chrono::milliseconds(50);
  limits.payload_read = std::chrono::milliseconds(50);
  start(echo, limits);
  EXPECT_THAT(exchange(""), IsEmpty());
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: loc"), IsEmpty());
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"),
              IsEmpty());
}

TEST_F(Server, OneConnectionTooManyTakesThePlaceOfTheSlowest) {
  api::HttpLimits limits;
  limits.connections = 2;
  start(echo, limits);
  auto first = connect();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  auto second = connect();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_THAT(get("/third"), EndsWith("GET /third"));
  EXPECT_THAT(read_to_end(first), IsEmpty()) << "it was the first that sent nothing";
}

TEST_F(Server, OneConnectionTooManyIsToldWhereAllAreBusy) {
  std::atomic<int> entered{0};
  std::atomic<bool> go_on{false};
  api::HttpLimits limits;
  limits.connections = 2;
  start(
      [&](const api::HttpRequest& request) {
        ++entered;
        while (!go_on) std::this_thread::yield();
        return echo(request);
      },
      limits);
  auto first = connect(), second = connect();
  for (auto* socket : {&first, &second})
    net::write(*socket, net::buffer(std::string_view("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")));
  while (entered < 2) std::this_thread::yield();
  auto third = connect();
  EXPECT_THAT(read_to_end(third), StartsWith("HTTP/1.1 503"));
  go_on = true;
  server_.reset();  // before what its handler looks at
}

TEST_F(Server, ContinuesWhenAskedTo) {
  start();
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: "
                       "close\r\nContent-Length: 2\r\n\r\nab"),
              StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(Server, StoppingAnswersWhatIsUnderWay) {
  std::atomic<bool> entered{false};
  start([&entered](const api::HttpRequest& request) {
    entered = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return echo(request);
  });
  auto idle = connect();
  auto busy = connect();
  net::write(busy, net::buffer(std::string_view("GET /busy HTTP/1.1\r\nHost: localhost\r\n\r\n")));
  while (!entered) std::this_thread::yield();
  std::thread stopper([this] { server_->stop(); });
  EXPECT_THAT(read_to_end(busy), EndsWith("GET /busy"));
  busy.close();
  EXPECT_THAT(read_to_end(idle), IsEmpty());
  stopper.join();
  EXPECT_THROW((void)connect(), boost::system::system_error);
}

TEST_F(Server, StoppingWaitsForNoIdleClient) {
  api::HttpLimits limits;
  limits.stop = std::chrono::seconds(30);
  for (int turn = 0; turn < 20; ++turn) {
    start(echo, limits);
    auto fresh = connect();
    auto kept = connect();
    net::write(kept,
               net::buffer(std::string_view("GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    std::string answer;
    net::read_until(kept, net::dynamic_buffer(answer), "GET /kept");
    auto ended = connect();
    net::write(ended, net::buffer(std::string_view(
                          "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")));
    EXPECT_THAT(read_to_end(ended), EndsWith("GET /"));
    EXPECT_THAT(get("/gone"), EndsWith("GET /gone"));
    const auto begin = std::chrono::steady_clock::now();
    server_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1'500)) << turn;
    EXPECT_THAT(read_to_end(kept), IsEmpty());
    EXPECT_THAT(read_to_end(fresh), IsEmpty());
  }
}

TEST_F(Server, TakenAddressIsSaidSo) {
  start();
  const auto error_at = [](std::string address) -> std::string {
    try {
      (void)api::HttpServer(echo, {.listen = std::move(address)}).listen_tcp();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_at(fmt::format("127.0.0.1:{}", port_)),
              HasSubstr("is davenport running already?"));
  for (const char* address : {"", "8825", "127.0.0.1", "127.0.0.1:", ":1", "no such host:1"})
    EXPECT_THAT(error_at(address), HasSubstr("cannot listen on '" + std::string(address)));
}

TEST_F(Server, AnotherAddressTakesThePlaceOfTheOneBefore) {
  start([](const api::HttpRequest& request) {
    if (request.path == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return echo(request);
  });
  const auto ask = [](tcp::socket& socket, std::string_view path) {
    net::write(socket,
               net::buffer(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path)));
  };
  auto idle = connect(), busy = connect();
  ask(busy, "/slow");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto before = port_;
  settings_.listen = fmt::format("127.0.0.1:{}", support::free_port());
  port_ = server_->change(settings_);
  EXPECT_EQ(settings_.listen, fmt::format("127.0.0.1:{}", port_));
  EXPECT_THAT(get("/new"), EndsWith("GET /new"));
  EXPECT_THAT(read_to_end(busy), EndsWith("GET /slow")) << "and then it is closed";
  EXPECT_THAT(read_to_end(idle), IsEmpty());
  tcp::socket late(io_);
  boost::system::error_code error;
  late.connect({net::ip::address_v4::loopback(), before}, error);
  EXPECT_EQ(error, net::error::connection_refused);

  auto kept = connect();
  settings_.listen = fmt::format("0.0.0.0:{}", port_);
  EXPECT_EQ(server_->change(settings_), port_)
      << "the same port cannot be bound beside the old one";
  EXPECT_THAT(read_to_end(kept), IsEmpty());
  EXPECT_THAT(get("/all"), EndsWith("GET /all"));
}

TEST_F(Server, AnAddressThatIsTakenLeavesTheOneBefore) {
  start();
  tcp::acceptor other_address(io_, {net::ip::make_address("127.0.0.2"), port_});
  tcp::acceptor other_port(io_, {net::ip::address_v4::loopback(), 0});
  for (const auto& taken : {fmt::format("127.0.0.2:{}", port_),
                            fmt::format("127.0.0.1:{}", other_port.local_endpoint().port())}) {
    auto changed = settings_;
    changed.listen = taken;
    changed.cors_origins = {"https://mail.example.org"};
    EXPECT_THROW((void)server_->change(changed), std::runtime_error) << taken;
    const auto answer = get("/x");
    EXPECT_THAT(answer, EndsWith("GET /x")) << taken;
    EXPECT_THAT(answer, Not(HasSubstr("Vary: Origin"))) << "nothing of it counts";
  }
}

TEST_F(Server, OpenConnectionsKeepToTheNewRules) {
  start([](const api::HttpRequest& request) {
    auto response = echo(request);
    if (!request.needs_no_token) response.payload += " token?";
    return response;
  });
  auto kept = connect();
  const auto ask = [&] {
    net::write(kept, net::buffer(std::string_view("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    std::string answer;
    net::read_until(kept, net::dynamic_buffer(answer), "GET /x");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    answer.resize(answer.size() + kept.available());
    net::read(kept,
              net::buffer(answer.data() + answer.size() - kept.available(), kept.available()));
    return answer;
  };
  EXPECT_THAT(ask(), EndsWith("GET /x"));
  settings_.access = api::HttpAccess::kByToken;
  settings_.cors_origins = {"https://mail.example.org"};
  EXPECT_EQ(server_->change(settings_), port_);
  const auto answer = ask();
  EXPECT_THAT(answer, EndsWith("GET /x token?"));
  EXPECT_THAT(answer, HasSubstr("Vary: Origin"));
}

TEST_F(Server, WorkersBecomeMoreAndFewerWhileRequestsRun) {
  std::atomic<int> running{0}, most{0};
  settings_.workers = 1;
  start_with_settings([&](const api::HttpRequest& request) {
    const int now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    --running;
    return echo(request);
  });
  const auto ask_eight = [&] {
    std::vector<std::thread> clients;
    std::atomic<int> right{0};
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        net::io_context io;
        tcp::socket socket(io);
        socket.connect({net::ip::address_v4::loopback(), port_});
        net::write(socket, net::buffer(std::string_view(
                               "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")));
        if (read_to_end(socket).ends_with("GET /x")) ++right;
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(server_->change(settings_), port_) << "while requests run and wait";
    for (auto& client : clients) client.join();
    EXPECT_EQ(right, 8);
    return most.exchange(0);
  };
  EXPECT_EQ(ask_eight(), 1);
  settings_.workers = 4;
  (void)ask_eight();
  EXPECT_EQ(ask_eight(), 4);
  settings_.workers = 2;
  (void)ask_eight();
  EXPECT_EQ(ask_eight(), 2);
}

TEST_F(Server, UnixSocketIsPrivateAndReplacedWhenStale) {
  const support::TemporaryFolder folder;
  const auto path = folder / "admin.sock";
  using local = net::local::stream_protocol;
  { local::acceptor stale(io_, local::endpoint(path.string())); }
  ASSERT_TRUE(std::filesystem::exists(path)) << "left behind, as after a crash";

  server_.emplace(echo, settings_);
  server_->listen_unix(path);
  server_->start();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  local::socket socket(io_);
  socket.connect(local::endpoint(path.string()));
  net::write(
      socket,
      net::buffer(std::string_view("GET /x HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n")));
  EXPECT_THAT(read_to_end(socket), EndsWith("GET /x admin"));

  api::HttpServer other(echo, settings_);
  EXPECT_THROW(other.listen_unix(path), std::runtime_error) << "somebody listens there";
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path));

  support::write_file(folder / "file", "precious");
  EXPECT_THROW(other.listen_unix(folder / "file"), std::runtime_error);
  EXPECT_EQ(support::read_file(folder / "file"), "precious");
  EXPECT_THROW(other.listen_unix(folder / std::string(200, 'x')), std::runtime_error);
}

TEST_F(Server, APageOfAnAllowedOriginMayReadAnswers) {
  settings_.cors_origins = {"https://mail.example.org"};
  start_with_settings();
  const auto allowed = get("/x", "Origin: https://mail.example.org\r\n");
  EXPECT_THAT(allowed, HasSubstr("Access-Control-Allow-Origin: https://mail.example.org\r\n"));
  EXPECT_THAT(allowed, HasSubstr("Vary: Origin\r\n"));
  const auto other = get("/x", "Origin: https://evil.example\r\n");
  EXPECT_THAT(other, Not(HasSubstr("Access-Control")));
  EXPECT_THAT(other, HasSubstr("Vary: Origin\r\n"));
  const auto preflight = [this](const std::string& origin) {
    return exchange(
        fmt::format("OPTIONS /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {}\r\n"
                    "Access-Control-Request-Method: GET\r\n"
                    "Access-Control-Request-Headers: authorization\r\n\r\n",
                    origin));
  };
  const auto may = preflight("https://mail.example.org");
  EXPECT_THAT(may, StartsWith("HTTP/1.1 204"));
  EXPECT_THAT(may, HasSubstr("Access-Control-Allow-Headers: Authorization,"));
  EXPECT_THAT(may, HasSubstr("Access-Control-Allow-Origin: https://mail.example.org\r\n"));
  EXPECT_THAT(preflight("https://evil.example"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: "
                       "https://mail.example.org\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(Server, WhatAProxyPassedOnIsRefusedWhereEverythingIsOpen) {
  start();
  for (const char* mark : {"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "Via: 1.1 p"})
    EXPECT_THAT(get("/x", std::string(mark) + "\r\n"), StartsWith("HTTP/1.1 403")) << mark;
  settings_.access = api::HttpAccess::kByToken;
  start_with_settings();
  EXPECT_THAT(get("/x", "X-Forwarded-For: 192.0.2.1\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: mail.example.org\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 200"))
      << "with tokens it may have any name";
}

TEST_F(Server, ClientsHaveSoManyConnectionsEach) {
  api::HttpLimits limits;
  limits.connections_per_client = 2;
  start(echo, limits);
  auto first = connect(), second = connect();
  auto third = connect();
  EXPECT_THAT(read_to_end(third), StartsWith("HTTP/1.1 503"));
  tcp::socket other(io_);
  other.open(tcp::v4());
  other.bind({net::ip::make_address("127.0.0.2"), 0});
  other.connect({net::ip::address_v4::loopback(), port_});
  net::write(other, net::buffer(std::string_view(
                        "GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")));
  EXPECT_THAT(read_to_end(other), EndsWith("GET /other"));
}

TEST_F(Server, LineBreaksInAFieldCannotEndIt) {
  start([](const api::HttpRequest&) {
    api::HttpResponse response;
    response.fields.emplace_back("X-Name", "a\r\nX-Evil: b");
    return response;
  });
  EXPECT_THAT(get("/"), Not(HasSubstr("\r\nX-Evil")));
}

}  // namespace
