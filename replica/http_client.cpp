#include "replica/http_client.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <stdexcept>

#include "replica/http_status.hpp"
#include "replica/retry_after.hpp"
#include "replica/tuning.hpp"

namespace replica {

namespace beast = boost::beast;
namespace http = beast::http;
using Kind = SourceError::Kind;

namespace {

constexpr std::size_t kResponsePiece = 64 * 1024;

std::string authorization_of(const SourceAddress& address) {
  if (!address.token.empty()) {
    const bool is_plain = std::all_of(address.token.begin(), address.token.end(),
                                      [](char c) { return c > ' ' && c <= '~'; });
    if (!is_plain)
      throw std::invalid_argument("the token of a source holds a space, a line break or the like");
    return "Bearer " + address.token;
  }
  if (address.user.empty()) return {};
  const std::string plain = address.user + ":" + address.password;
  // With the zero that OpenSSL ends it with.
  std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');
  encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(encoded.data()),
      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()))));
  return "Basic " + encoded;
}

std::size_t connections(ClientLimits limits) {
  return std::max<std::size_t>(limits.connections, 2);
}

std::size_t waiting_connections(ClientLimits limits) {
  constexpr std::size_t kSpared = tuning::kConnectionsForRequests;
  const std::size_t all = connections(limits);
  return all >= 2 * kSpared ? all - kSpared : all / 2;
}

}  // namespace

HttpClient::HttpClient(net::any_io_executor executor, const SourceAddress& address,
                       Timeouts timeouts, ClientLimits limits)
    : executor_(std::move(executor)),
      address_(address),
      url_(SourceUrl::parse(address.url)),
      timeouts_(timeouts),
      limits_(limits),
      authorization_(authorization_of(address)),
      tls_(net::ssl::context::tls_client),
      semaphore_(executor_, connections(limits), waiting_connections(limits)),
      idle_timer_(executor_) {
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

net::awaitable<HttpClient::Response> HttpClient::send(Request request) {
  const auto self = shared_from_this();
  HttpConnection::Message message = to_message(request);
  std::optional<Clock::time_point> gives_up;
  bool may_renew = true;
  for (;;) {
    co_await wait_for_turn();
    Response response = co_await exchange(message, request);
    const auto now = Clock::now();
    if (response.status() != http_status::kTooManyRequests) {
      pacing_.answered(now);
      const bool is_refused = response.status() == http_status::kUnauthorized;
      if (!is_refused || !std::exchange(may_renew, false) || !renew_login(message))
        co_return response;
      (void)co_await response.read_beginning(tuning::kMaxRefusalText);
      continue;
    }
    pacing_.refused(now);
    const std::chrono::milliseconds wished =
        response.retry_after().value_or(std::chrono::seconds(0));
    const auto pause = std::max(wished, pacing_.interval());
    if (!gives_up) gives_up = now + tuning::kMaxPause;
    if (*gives_up - now < pause) co_return response;
    pacing_.hold_back(now + pause);
    (void)co_await response.read_beginning(tuning::kMaxRefusalText);
  }
}

net::awaitable<HttpClient::Response> HttpClient::exchange(const HttpConnection::Message& message,
                                                          const Request& request) {
  const auto self = shared_from_this();
  const HttpConnection::ResponseOptions options{request.idle.value_or(timeouts_.idle),
                                                request.inflates};
  const std::string location =
      url_.origin + std::string(message.target().substr(0, message.target().find('?')));
  Semaphore::Permit permit = co_await semaphore_.acquire(
      request.is_long_lived ? Semaphore::Hold::kLong : Semaphore::Hold::kShort);
  refuse_when_closed();

  if (auto kept = take_idle(!request.repeatable)) {
    Lease connection(self, std::move(kept));
    try {
      const int status = co_await connection->exchange(message, options);
      co_return Response(std::move(connection), std::move(permit), location, status);
    } catch (const SourceError& error) {
      const bool was_closed = error.kind() == Kind::kNetwork && !connection->answered();
      if (!was_closed || !request.repeatable || closed_) throw;
    }
  }
  Lease connection(self, make_connection());
  co_await connection->connect();
  const int status = co_await connection->exchange(message, options);
  co_return Response(std::move(connection), std::move(permit), location, status);
}

net::awaitable<HttpClient::DedicatedConnection> HttpClient::connect() {
  const auto self = shared_from_this();
  co_await wait_for_turn();
  Semaphore::Permit permit = co_await semaphore_.acquire(Semaphore::Hold::kLong);
  refuse_when_closed();
  if (!idle_.empty()) idle_.pop_front();  // sockets are bounded, the idle ones included
  Lease connection(self, make_connection());
  co_await connection->connect();
  co_return DedicatedConnection{std::move(connection), std::move(permit)};
}

net::awaitable<void> HttpClient::wait_for_turn() {
  refuse_when_closed();
  const auto turn = pacing_.turn(Clock::now());
  if (turn > Clock::now()) co_await sleep_until(turn);
}

net::awaitable<void> HttpClient::sleep_until(Clock::time_point time) {
  const auto self = shared_from_this();
  net::steady_timer timer(executor_, time);
  struct Pause {
    std::set<net::steady_timer*>& pauses;
    net::steady_timer* timer;
    ~Pause() { pauses.erase(timer); }
  };
  pauses_.insert(&timer);
  const Pause pause{pauses_, &timer};
  boost::system::error_code cancelled;
  co_await timer.async_wait(net::redirect_error(net::use_awaitable, cancelled));
  refuse_when_closed();
}

HttpConnection::Message HttpClient::to_message(Request& request) const {
  HttpConnection::Message message(
      request.method, request.ignores_prefix ? request.path : url_.prefix + request.path, 11);
  message.set(http::field::host, url_.authority());
  message.set(http::field::user_agent, "davenport/" DAVENPORT_VERSION);
  message.set(http::field::accept, request.inflates ? "application/json" : "*/*");
  // What compresses a feed keeps it back until there is enough of it: express does. On one machine it costs both sides more
  // than to send: of bodies of 4 KB PouchDB Server gave 4,400 a second, at 54 µs of ours each; plain ones 7,700, at 33.
  const bool is_worth_it = !request.inflates || (!request.is_long_lived && !url_.is_loopback());
  const bool accepts_gzip = request.accepts_gzip && is_worth_it;
  message.set(http::field::accept_encoding, accepts_gzip ? "gzip" : "identity");
  if (request.offset > 0) message.set(http::field::range, fmt::format("bytes={}-", request.offset));
  if (!authorization_.empty()) message.set(http::field::authorization, authorization_);
  if (!request.body.empty()) message.set(http::field::content_type, "application/json");
  message.body() = std::move(request.body);
  message.prepare_payload();
  return message;
}

bool HttpClient::renew_login() {
  if (!address_.read_secret) return false;
  SourceAddress renewed = address_;
  std::string& secret = renewed.token.empty() ? renewed.password : renewed.token;
  std::string authorization;
  try {
    secret = address_.read_secret();
    authorization = authorization_of(renewed);
  } catch (const std::exception&) {
    return false;  // that the source refuses the old one says more
  }
  if (secret.empty() || authorization == authorization_) return false;
  authorization_ = std::move(authorization);
  address_ = std::move(renewed);
  return true;
}

// Another request may have renewed it while this one was under way.
bool HttpClient::renew_login(HttpConnection::Message& refused) {
  const bool has_latest = std::string(refused[http::field::authorization]) == authorization_;
  if (has_latest && !renew_login()) return false;
  refused.set(http::field::authorization, authorization_);
  return true;
}

void HttpClient::refuse_when_closed() const {
  if (closed_) throw SourceError(Kind::kNetwork, 0, fmt::format("stopped asking {}", url_.origin));
}

std::unique_ptr<HttpConnection> HttpClient::make_connection() {
  return std::make_unique<HttpConnection>(executor_, url_, tls_, timeouts_);
}

std::unique_ptr<HttpConnection> HttpClient::take_idle(bool fresh_only) {
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (idle_.empty()) idle_timer_.cancel();
    const bool fresh = Clock::now() - last.since <= tuning::kFreshConnection;
    if ((fresh || !fresh_only) && last.connection->alive()) return std::move(last.connection);
  }
  return nullptr;
}

void HttpClient::give_back(std::unique_ptr<HttpConnection> connection) {
  if (closed_ || !connection->reusable() || idle_.size() >= tuning::kMaxIdleConnections) return;
  idle_.push_back({std::move(connection), Clock::now()});
  if (idle_.size() == 1) close_idle_in_time();
}

void HttpClient::close_idle_in_time() {
  idle_timer_.expires_at(idle_.front().since + limits_.idle);
  idle_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    const auto now = Clock::now();
    auto& idle = self->idle_;
    while (!idle.empty() && now - idle.front().since >= self->limits_.idle) idle.pop_front();
    if (!idle.empty()) self->close_idle_in_time();
  });
}

void HttpClient::close() {
  closed_ = true;
  idle_timer_.cancel();
  idle_.clear();
  semaphore_.close();
  for (net::steady_timer* const pause : pauses_) pause->cancel();
  for (HttpConnection* const connection : busy_) connection->close();
}

HttpClient::Lease::Lease(std::shared_ptr<HttpClient> client,
                         std::unique_ptr<HttpConnection> connection)
    : client_(std::move(client)), connection_(std::move(connection)) {
  client_->busy_.insert(connection_.get());
}

HttpClient::Lease::~Lease() {
  if (!connection_) return;
  client_->busy_.erase(connection_.get());
  client_->give_back(std::move(connection_));
}

std::optional<std::chrono::seconds> HttpClient::Response::retry_after() const {
  const auto sent = parse_http_date(field(http::field::date));  // its clock may be wrong by hours
  return parse_retry_after(field(http::field::retry_after),
                           sent.value_or(std::chrono::system_clock::now()));
}

net::awaitable<std::size_t> HttpClient::Response::read(std::span<char> out, std::uint64_t limit) {
  const std::size_t size = co_await connection_->read(out);
  bytes_ += size;
  if (bytes_ > limit) {
    throw SourceError(Kind::kTooLarge, status_,
                      fmt::format("{}: the answer is larger than {} MB", location_, limit >> 20));
  }
  co_return size;
}

net::awaitable<std::string> HttpClient::Response::read_all(std::uint64_t limit) {
  std::string all;
  for (;;) {
    const std::size_t before = all.size();
    all.resize(before + kResponsePiece);
    const std::size_t size = co_await read(std::span(all).subspan(before), limit);
    all.resize(before + size);
    if (size == 0) co_return all;
  }
}

net::awaitable<std::string> HttpClient::Response::read_beginning(std::uint64_t limit) {
  std::string beginning;
  std::string piece(kResponsePiece, '\0');
  try {
    while (beginning.size() < limit) {
      const std::size_t size = co_await connection_->read(piece);
      if (size == 0) break;
      beginning.append(piece, 0, size);
    }
  } catch (const SourceError&) {
    // what has come says more than that the rest did not
  }
  co_return beginning;
}

}  // namespace replica
