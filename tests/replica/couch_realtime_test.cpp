// cozy-stack's /realtime/, played by a WebSocket server.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "tests/replica/certificate.hpp"
#include "tests/replica/couch_conversation.hpp"

namespace replica {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using net::use_awaitable;
using net::ip::tcp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// What the server does once it was told what to subscribe to.
enum class Then { kCloses, kBreaksOff, kIsSilent };

struct Script {
  std::vector<std::string> messages;
  Then then = Then::kCloses;
  http::status refusal = http::status::ok;  // of the handshake
};

// Answers one conversation, over TLS where it has a certificate: takes a token and two subscriptions, sends its messages.
class RealtimeServer {
 public:
  RealtimeServer(net::io_context& context, Script script,
                 const std::optional<CertificateFiles>& certificate)
      : acceptor_(context, tcp::endpoint(net::ip::address_v4::loopback(), 0)),
        script_(std::move(script)) {
    if (certificate) {
      tls_.emplace(net::ssl::context::tls_server);
      tls_->use_certificate_chain_file(certificate->certificate);
      tls_->use_private_key_file(certificate->key, net::ssl::context::pem);
    }
    net::co_spawn(context, serve(), net::detached);
  }
  [[nodiscard]] std::string url() const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") +
           std::to_string(acceptor_.local_endpoint().port()) + "/data";
  }
  std::vector<std::string> heard;

 private:
  net::awaitable<void> serve() {
    tcp::socket socket = co_await acceptor_.async_accept(use_awaitable);
    if (!tls_) {
      co_await converse(socket);
      co_return;
    }
    net::ssl::stream<tcp::socket&> secure(socket, *tls_);
    co_await secure.async_handshake(net::ssl::stream_base::server, use_awaitable);
    co_await converse(secure);
  }

  template <typename Layer>
  net::awaitable<void> converse(Layer& layer) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(layer, buffer, request, use_awaitable);
    heard.push_back(std::string(request.target()) + " " +
                    std::string(request[http::field::sec_websocket_protocol]));
    if (script_.refusal != http::status::ok) {
      http::response<http::string_body> response(script_.refusal, 11);
      response.prepare_payload();
      co_await http::async_write(layer, response, use_awaitable);
      co_return;
    }
    websocket::stream<Layer&> stream(layer);
    co_await stream.async_accept(request, use_awaitable);
    for (int i = 0; i < 3; ++i) {
      beast::flat_buffer message;
      co_await stream.async_read(message, use_awaitable);
      heard.push_back(beast::buffers_to_string(message.data()));
    }
    for (const std::string& message : script_.messages)
      co_await stream.async_write(net::buffer(message), use_awaitable);
    if (script_.then == Then::kCloses)
      co_await stream.async_close(websocket::close_code::going_away, use_awaitable);
    if (script_.then == Then::kIsSilent) {
      net::steady_timer timer(stream.get_executor(), 10s);
      co_await timer.async_wait(use_awaitable);
    }
  }

  tcp::acceptor acceptor_;
  std::optional<net::ssl::context> tls_;
  Script script_;
};

struct Realtime {
  explicit Realtime(Script script, Timeouts timeouts = {5s, 5s},
                    const std::optional<CertificateFiles>& certificate = {})
      : server(context, std::move(script), certificate),
        client(context.get_executor(),
               {server.url(), "", "", "t0ken", certificate ? certificate->certificate : ""},
               timeouts) {}

  WatchQuery watch() {
    WatchQuery query;
    query.kind = FeedKind::kRealtime;
    query.doctypes = {"io.cozy.emails", "io.cozy.files"};
    const auto note = [this](const FeedEvent& moved) { log.push_back(moved.database); };
    return support::run(context, client.watch(query, note));
  }

  net::io_context context{1};
  RealtimeServer server;
  CouchClient client;
  std::vector<std::string> log;
};

std::string event(const std::string& verb, const std::string& doctype) {
  return R"({"event":")" + verb + R"(","payload":{"id":"a","type":")" + doctype +
         R"(","doc":{"type":"other","status":"403"}}})";
}

TEST(CouchRealtime, TellsWhichDoctypesMoved) {
  Realtime talk({{event("CREATED", "io.cozy.emails"), event("DELETED", "io.cozy.files")}});
  (void)talk.watch();
  EXPECT_THAT(talk.log, ElementsAre("io.cozy.emails", "io.cozy.files"));
  EXPECT_THAT(talk.server.heard,
              ElementsAre("/realtime/ io.cozy.websocket", R"({"method":"AUTH","payload":"t0ken"})",
                          R"({"method":"SUBSCRIBE","payload":{"type":"io.cozy.emails"}})",
                          R"({"method":"SUBSCRIBE","payload":{"type":"io.cozy.files"}})"));
}

TEST(CouchRealtime, SpeaksTls) {
  const support::TemporaryFolder folder;
  Realtime talk({{event("UPDATED", "io.cozy.emails")}}, {5s, 5s},
                make_certificate(folder, "IP:127.0.0.1"));
  (void)talk.watch();
  EXPECT_THAT(talk.log, ElementsAre("io.cozy.emails"));
  EXPECT_EQ(talk.server.heard.size(), 4U);
}

TEST(CouchRealtime, SaysWhyItIsRefused) {
  Realtime talk(
      {{R"({"event":"error","payload":{"status":"403 Forbidden","code":"forbidden",)"
        R"("title":"The application can't subscribe","source":{"method":"AUTH","payload":"t0ken"}}})"},
       Then::kIsSilent});
  const SourceError error = error_of([&] { return talk.watch(); });
  EXPECT_EQ(error.kind(), Kind::kForbidden);
  EXPECT_THAT(error.what(), HasSubstr("can't subscribe (403)"));
  EXPECT_THAT(error.what(), Not(HasSubstr("t0ken")));

  Script absent;
  absent.refusal = http::status::not_found;
  Realtime nowhere(absent);
  EXPECT_EQ(error_of([&] { return nowhere.watch(); }).kind(), Kind::kNotFound);

  Realtime broken({{"nonsense"}, Then::kIsSilent});
  EXPECT_EQ(error_of([&] { return broken.watch(); }).kind(), Kind::kProtocol);
}

TEST(CouchRealtime, NoticesAConnectionThatBreaks) {
  Realtime cut({{event("CREATED", "io.cozy.emails")}, Then::kBreaksOff});
  EXPECT_EQ(error_of([&] { return cut.watch(); }).kind(), Kind::kNetwork);
  EXPECT_THAT(cut.log, ElementsAre("io.cozy.emails"));

  Realtime silent({{}, Then::kIsSilent}, {5s, 5s, 80ms});
  EXPECT_EQ(error_of([&] { return silent.watch(); }).kind(), Kind::kTimeout);
}

TEST(CouchRealtime, EndsWithTheClient) {
  Realtime talk({{}, Then::kIsSilent});
  net::steady_timer timer(talk.context, 100ms);
  timer.async_wait([&talk](const boost::system::error_code&) { talk.client.close(); });
  EXPECT_EQ(error_of([&] { return talk.watch(); }).kind(), Kind::kNetwork);
}

}  // namespace
}  // namespace replica
