#include "tests/support/scripted_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/core.h>
#include <mutex>
#include <optional>
#include <thread>

namespace support {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::use_awaitable;
using net::ip::tcp;
using Request = http::request<http::string_body>;

std::string answer(const std::string& payload, int status, const std::string& fields) {
  return fmt::format(
      "HTTP/1.1 {} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
      status, payload.size(), fields, payload);
}

std::string chunked_answer(const std::string& payload, std::size_t chunk,
                           const std::string& fields) {
  std::string text = fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n{}\r\n",
      fields);
  for (std::size_t at = 0; at < payload.size(); at += chunk) {
    const std::string piece = payload.substr(at, chunk);
    text += fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
  }
  return text + "0\r\n\r\n";
}

namespace {

bool matches(const std::string& expected, const std::string& line) {
  if (!expected.ends_with('*')) return line == expected;
  return line.starts_with(expected.substr(0, expected.size() - 1));
}

}  // namespace

struct ScriptedServer::State {
  explicit State(std::vector<Exchange> exchanges)
      : script(std::move(exchanges)), played(script.size()) {}

  net::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::optional<net::ssl::context> tls;
  std::thread thread;

  std::mutex mutex;
  std::vector<Exchange> script;
  std::vector<bool> played;
  std::string unexpected;
  int connections = 0;

  std::optional<Exchange> play(const Request& request) {
    const std::lock_guard lock(mutex);
    const std::string line =
        fmt::format("{} {}", std::string(request.method_string()), std::string(request.target()));
    for (std::size_t i = 0; i < script.size(); ++i) {
      if (played[i] || !matches(script[i].request, line)) continue;
      played[i] = !script[i].optional;
      if (request.body().find(script[i].body) == std::string::npos) {
        unexpected += fmt::format("{} with the body {}\n", line, request.body());
      }
      const auto colon = script[i].field.find(": ");
      if (colon != std::string::npos && std::string(request[script[i].field.substr(0, colon)]) !=
                                            script[i].field.substr(colon + 2)) {
        unexpected += fmt::format("{} without {}\n", line, script[i].field);
      }
      return script[i];
    }
    unexpected += line + "\n";
    return std::nullopt;
  }

  template <typename Stream>
  net::awaitable<void> converse(Stream& stream) {
    boost::beast::flat_buffer buffer;
    for (;;) {
      Request request;
      co_await http::async_read(stream, buffer, request, use_awaitable);
      const auto exchange = play(request);
      if (!exchange) {
        co_await net::async_write(
            stream, net::buffer(answer(R"({"error":"not in the script"})", 500)), use_awaitable);
        continue;
      }
      net::steady_timer timer(context, exchange->delay);
      co_await timer.async_wait(use_awaitable);
      const std::string& bytes = exchange->answer;
      const std::size_t piece = exchange->piece == 0 ? bytes.size() + 1 : exchange->piece;
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        co_await net::async_write(
            stream, net::buffer(bytes.data() + at, std::min(piece, bytes.size() - at)),
            use_awaitable);
      }
      if (exchange->close) break;
    }
  }

  net::awaitable<void> serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    try {
      if (!tls) {
        co_await converse(socket);
      } else {
        net::ssl::stream<tcp::socket&> stream(socket, *tls);
        co_await stream.async_handshake(net::ssl::stream_base::server, use_awaitable);
        co_await converse(stream);
      }
    } catch (const boost::system::system_error&) {
      // the client went away, which is its right
    }
  }

  net::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
      {
        const std::lock_guard lock(mutex);
        ++connections;
      }
      net::co_spawn(context, serve(std::move(socket)), net::detached);
    }
  }

  void run() {
    net::co_spawn(context, accept(), net::detached);
    thread = std::thread([this] { context.run(); });
  }
};

ScriptedServer::ScriptedServer(std::vector<Exchange> script)
    : state_(std::make_shared<State>(std::move(script))) {
  state_->run();
}

ScriptedServer::ScriptedServer(std::vector<Exchange> script, const std::string& certificate_file,
                               const std::string& key_file)
    : state_(std::make_shared<State>(std::move(script))) {
  state_->tls.emplace(net::ssl::context::tls_server);
  state_->tls->use_certificate_chain_file(certificate_file);
  state_->tls->use_private_key_file(key_file, net::ssl::context::pem);
  state_->run();
}

ScriptedServer::~ScriptedServer() {
  state_->context.stop();
  state_->thread.join();
}

std::string ScriptedServer::url() const {
  return fmt::format("{}://127.0.0.1:{}", state_->tls ? "https" : "http",
                     state_->acceptor.local_endpoint().port());
}

int ScriptedServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections;
}

std::string ScriptedServer::complaints() const {
  const std::lock_guard lock(state_->mutex);
  std::string complaints;
  if (!state_->unexpected.empty()) complaints += "asked beside the script: " + state_->unexpected;
  for (std::size_t i = 0; i < state_->script.size(); ++i) {
    if (!state_->played[i] && !state_->script[i].optional)
      complaints += "not asked: " + state_->script[i].request + "\n";
  }
  return complaints;
}

}  // namespace support
