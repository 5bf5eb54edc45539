#include "tests/soak/source.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/core.h>
#include <optional>
#include <stdexcept>

#include "tests/support/memory_couchdb.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace soak {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

struct Source::Server {
  std::optional<support::PouchdbServer> pouchdb;
  std::optional<support::MemoryCouchdb> memory;
};

Source::Source(ServerKind kind) : kind_(kind), server_(std::make_unique<Server>()) {
  if (kind == ServerKind::kPouchdb) {
    server_->pouchdb.emplace();
  } else {
    server_->memory.emplace();
  }
}

Source::~Source() = default;

std::string Source::url() const {
  return server_->pouchdb ? server_->pouchdb->url() : server_->memory->url();
}

Source::Answer Source::ask(const std::string& method, const std::string& target,
                           const json& body) const {
  const std::string address = url();
  const int port = std::stoi(address.substr(address.rfind(':') + 1));
  net::io_context context;
  boost::beast::tcp_stream stream(context);
  stream.connect(tcp::endpoint(net::ip::address_v4::loopback(), static_cast<unsigned short>(port)));
  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, "127.0.0.1");
  request.set(http::field::accept, "application/json");
  request.set(http::field::connection, "close");
  if (!body.is_null()) {
    request.set(http::field::content_type, "application/json");
    request.body() = body.dump();
  }
  request.prepare_payload();
  http::write(stream, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  http::read(stream, buffer, parser);
  const std::string& text = parser.get().body();
  json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) {
    throw std::runtime_error(fmt::format("{} {}: {} with {}", method, target,
                                         parser.get().result_int(), text.substr(0, 200)));
  }
  return {static_cast<int>(parser.get().result_int()), std::move(parsed)};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string document_path(const std::string& database, const std::string& id) {
  return fmt::format("/{}/{}", percent_encoded(database), percent_encoded(id));
}

}  // namespace soak
