#include "api/http_tls.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api/http_server.hpp"
#include "tests/replica/certificate.hpp"

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(const api::TlsFiles& files) {
  try {
    (void)api::make_tls_context(files);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    port_ = server_.listen_tcp();
    server_.start();
  }
  std::string get(net::ssl::context& context, const std::string& path) {
    net::io_context io;
    net::ssl::stream<tcp::socket> stream(io, context);
    stream.lowest_layer().connect({net::ip::address_v4::loopback(), port_});
    stream.handshake(net::ssl::stream_base::client);
    net::write(stream, net::buffer(fmt::format(
                           "GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path)));
    std::string answer;
    boost::system::error_code end;
    net::read(stream, net::dynamic_buffer(answer), end);
    return answer;
  }
  net::ssl::context trusting() const {
    net::ssl::context context(net::ssl::context::tls_client);
    context.load_verify_file(files_.certificate);
    context.set_verify_mode(net::ssl::verify_peer);
    return context;
  }

  support::TemporaryFolder folder_;
  replica::CertificateFiles files_ = replica::make_certificate(folder_, "IP:127.0.0.1");
  api::HttpSettings settings_{.listen = "127.0.0.1:0",
                              .access = api::HttpAccess::kByToken,
                              .tls = api::TlsFiles{files_.certificate, files_.key}};
  std::uint16_t port_ = 0;
  api::HttpServer server_{[](const api::HttpRequest& request) {
                            api::HttpResponse response;
                            response.payload = request.path;
                            return response;
                          },
                          settings_};
};

TEST_F(Tls, AnswersThoseWhoSpeakIt) {
  auto context = trusting();
  const auto answer = get(context, "/hello");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("/hello"));
}

TEST_F(Tls, OldVersionsAreRefused) {
  auto context = trusting();
  SSL_CTX_set_security_level(context.native_handle(), 0);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
  EXPECT_THROW((void)get(context, "/"), boost::system::system_error);
  SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_2_VERSION);
  EXPECT_THAT(get(context, "/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Tls, WhoSpeaksPlainTextGetsNothing) {
  net::io_context io;
  tcp::socket socket(io);
  socket.connect({net::ip::address_v4::loopback(), port_});
  net::write(socket, net::buffer(std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
  std::string answer;
  boost::system::error_code end;
  net::read(socket, net::dynamic_buffer(answer), end);
  EXPECT_THAT(answer, testing::Not(HasSubstr("HTTP")));
}

TEST_F(Tls, ARenewedCertificateIsForConnectionsToCome) {
  const support::TemporaryFolder other;
  const auto renewed = replica::make_certificate(other, "IP:127.0.0.1");
  auto context = trusting();
  EXPECT_THAT(get(context, "/"), StartsWith("HTTP/1.1 200"));
  std::filesystem::copy_file(renewed.key, files_.key,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(server_.change(settings_), std::runtime_error) << "half of them changed";
  EXPECT_THAT(get(context, "/"), StartsWith("HTTP/1.1 200")) << "the old one goes on";
  std::filesystem::copy_file(renewed.certificate, files_.certificate,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(server_.change(settings_), port_);
  EXPECT_THROW((void)get(context, "/"), boost::system::system_error);
  auto anew = trusting();
  EXPECT_THAT(get(anew, "/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Tls, AnAddressBeginsAndCeasesToSpeakIt) {
  auto context = trusting();
  const auto tls = std::exchange(settings_.tls, std::nullopt);
  settings_.listen = fmt::format("127.0.0.1:{}", port_);
  EXPECT_EQ(server_.change(settings_), port_);
  EXPECT_THROW((void)get(context, "/"), boost::system::system_error) << "plain text by now";
  settings_.tls = tls;
  EXPECT_EQ(server_.change(settings_), port_);
  EXPECT_THAT(get(context, "/"), StartsWith("HTTP/1.1 200"));
  settings_.tls->certificate = "nowhere.pem";
  EXPECT_THROW((void)server_.change(settings_), std::runtime_error);
  EXPECT_THAT(get(context, "/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
  EXPECT_THAT(error_of({"/nowhere/c.pem", files_.key}), HasSubstr("/nowhere/c.pem cannot be read"));
  EXPECT_THAT(error_of({files_.certificate, "/nowhere/k.pem"}),
              HasSubstr("/nowhere/k.pem cannot be read"));
  EXPECT_THAT(error_of({files_.certificate, files_.certificate}), HasSubstr("the TLS key"));
  EXPECT_THAT(error_of({files_.key, files_.key}), HasSubstr("the TLS certificate"));
  const support::TemporaryFolder other;
  const auto foreign = replica::make_certificate(other, "IP:127.0.0.1");
  EXPECT_THAT(error_of({files_.certificate, foreign.key}), HasSubstr(foreign.key));
}

}  // namespace
