#include "replica/http_client.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <stdexcept>

#include "replica/tuning.hpp"

namespace replica {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

std::string basic_authorization(const SourceAddress& address) {
  if (address.user.empty()) return {};
  const std::string plain = address.user + ":" + address.password;
  std::string encoded((plain.size() + 2) / 3 * 4 + 1,
                      '\0');  // and the zero that OpenSSL ends it with
  encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(encoded.data()),
      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()))));
  return "Basic " + encoded;
}

}  // namespace

HttpClient::HttpClient(net::any_io_executor executor, const SourceAddress& address,
                       Timeouts timeouts)
    : executor_(std::move(executor)),
      url_(SourceUrl::parse(address.url)),
      timeouts_(timeouts),
      authorization_(basic_authorization(address)),
      tls_(net::ssl::context::tls_client) {
  if (!url_.secure) return;
  tls_.set_verify_mode(net::ssl::verify_peer);
  tls_.set_default_verify_paths();
  if (address.ca_file.empty()) return;
  boost::system::error_code error;
  tls_.load_verify_file(address.ca_file, error);
  if (error)
    throw std::runtime_error(
        fmt::format("cannot read ca_file {}: {}", address.ca_file, error.message()));
}

net::awaitable<HttpClient::Answer> HttpClient::send(Ask ask) {
  const auto self = shared_from_this();
  const HttpConnection::Request message = request(ask);
  if (closed_)
    throw SourceError(SourceError::Kind::kNetwork, 0,
                      fmt::format("stopped asking {}", url_.origin));

  if (auto kept = take_idle(!ask.repeatable)) {
    Answer answer(self, std::move(kept));
    try {
      answer.status_ = co_await answer.connection_->exchange(message, ask.deadline);
      co_return answer;
    } catch (const SourceError& error) {
      const bool was_closed =
          error.kind() == SourceError::Kind::kNetwork && !answer.connection_->answered();
      if (!was_closed || !ask.repeatable || closed_) throw;
    }
  }
  Answer answer(self, std::make_unique<HttpConnection>(executor_, url_, tls_, timeouts_));
  co_await answer.connection_->connect();
  answer.status_ = co_await answer.connection_->exchange(message, ask.deadline);
  co_return answer;
}

HttpConnection::Request HttpClient::request(Ask& ask) const {
  HttpConnection::Request message(ask.method, url_.prefix + ask.path, 11);
  message.set(http::field::host, url_.authority());
  message.set(http::field::user_agent, "davenport/" DAVENPORT_VERSION);
  message.set(http::field::accept, "application/json");
  message.set(http::field::accept_encoding, "gzip");
  if (!authorization_.empty()) message.set(http::field::authorization, authorization_);
  if (!ask.body.empty()) message.set(http::field::content_type, "application/json");
  message.body() = std::move(ask.body);
  message.prepare_payload();
  return message;
}

std::string HttpClient::location(const std::string& path) const {
  return url_.origin + url_.prefix + path.substr(0, path.find('?'));
}

std::unique_ptr<HttpConnection> HttpClient::take_idle(bool fresh_only) {
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    const bool fresh = Clock::now() - last.since <= tuning::kFreshConnection;
    if ((fresh || !fresh_only) && last.connection->alive()) return std::move(last.connection);
  }
  return nullptr;
}

void HttpClient::give_back(std::unique_ptr<HttpConnection> connection) {
  if (closed_ || !connection->reusable() || idle_.size() >= tuning::kMaxIdleConnections) return;
  idle_.push_back({std::move(connection), Clock::now()});
}

void HttpClient::close() {
  closed_ = true;
  idle_.clear();
  for (HttpConnection* const connection : busy_) connection->close();
}

HttpClient::Answer::Answer(std::shared_ptr<HttpClient> client,
                           std::unique_ptr<HttpConnection> connection)
    : client_(std::move(client)), connection_(std::move(connection)) {
  client_->busy_.insert(connection_.get());
}

HttpClient::Answer::~Answer() {
  if (!connection_) return;
  client_->busy_.erase(connection_.get());
  client_->give_back(std::move(connection_));
}

net::awaitable<std::size_t> HttpClient::Answer::read(std::span<char> out, std::uint64_t limit) {
  const std::size_t size = co_await connection_->read(out);
  bytes_ += size;
  if (bytes_ > limit) {
    throw SourceError(
        SourceError::Kind::kTooLarge, status_,
        fmt::format("{}: the answer is larger than {} MB", client_->url_.origin, limit >> 20));
  }
  co_return size;
}

net::awaitable<std::string> HttpClient::Answer::read_all(std::uint64_t limit) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::string all;
  for (;;) {
    const std::size_t before = all.size();
    all.resize(before + kPiece);
    const std::size_t size = co_await read(std::span(all).subspan(before), limit);
    all.resize(before + size);
    if (size == 0) co_return all;
  }
}

}  // namespace replica
