#include "api/http_connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "api/errors.hpp"

namespace api {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using net::redirect_error;
using net::use_awaitable;
using Parser = http::request_parser<http::string_body>;
using LocalStream = beast::basic_stream<net::local::stream_protocol>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// After an answer that ends the connection, what the client still sends is read and dropped for
// this long: closing on unread bytes would reset the connection and could take the answer with it.
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 16 << 20;
constexpr std::size_t kReadBytes = 4 << 10;
// Between two pieces that events are sent in: what comes meanwhile is sent together.
constexpr std::chrono::milliseconds kEventPause{100};
constexpr std::string_view kHeartbeat = ":\n\n";  // a comment, to events

net::awaitable<HttpResponse> call_handler(const HttpHandler& handler, const HttpRequest& request) {
  co_return handler(request);
}

net::awaitable<void> check_events(std::shared_ptr<EventStream> events) {
  events->check();
  co_return;
}

template <typename Stream>
class Connection : public OpenConnection, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  template <typename... StreamArguments>
  Connection(ConnectionContext& context, std::shared_ptr<const ListenerPolicy> listener,
             std::string client, std::shared_ptr<net::ssl::context> tls,
             StreamArguments&&... arguments)
      : context_(context),
        tls_(std::move(tls)),
        stream_(std::forward<StreamArguments>(arguments)...),
        listener_(std::move(listener)),
        client_(std::move(client)),
        buffer_(context.limits.header_bytes + kReadBytes),
        news_(stream_.get_executor()) {
    context_.open.insert(this);
    ++context_.of_client[client_];
  }
  ~Connection() override {
    context_.open.erase(this);
    const auto own = context_.of_client.find(client_);
    if (--own->second == 0) context_.of_client.erase(own);
    if (context_.open.empty() && context_.on_last_closed) context_.on_last_closed();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] auto executor() { return stream_.get_executor(); }
  [[nodiscard]] bool is_idle() const override { return idle_; }
  [[nodiscard]] std::optional<Clock::time_point> waits_since() const override {
    return over_ ? std::nullopt : waits_since_;
  }
  [[nodiscard]] bool is_ending() const override {
    return over_ || context_.stopping || listener_->is_closed;
  }
  void close() override {
    over_ = true;
    news_.cancel();
    lowest().close();
  }

  void wake() override { news_.cancel(); }

  net::awaitable<void> serve() {
    waits_since_ = Clock::now();
    const bool is_ready = co_await shake_hands();
    while (is_ready && !is_ending()) {
      waits_since_ = Clock::now();
      const bool is_asked = co_await wait_for_request();
      if (!is_asked) break;
      const bool stays_open = co_await serve_one();
      if (!stays_open) break;
    }
    close();
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;
  static constexpr bool kIsAdminSocket = std::is_same_v<Stream, LocalStream>;

  auto& lowest() { return beast::get_lowest_layer(stream_); }

  net::awaitable<bool> shake_hands() {
    beast::error_code error;
    if constexpr (kIsTls) {
      lowest().expires_after(context_.limits.header_read);
      co_await stream_.async_handshake(net::ssl::stream_base::server,
                                       redirect_error(use_awaitable, error));
    }
    co_return !error;
  }

  // False when none came in time.
  net::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    idle_ = true;
    lowest().expires_after(context_.limits.idle);
    beast::error_code error;
    buffer_.commit(co_await stream_.async_read_some(buffer_.prepare(kReadBytes),
                                                    redirect_error(use_awaitable, error)));
    idle_ = false;
    co_return !error;
  }

  // Reads a request and answers it. False when the connection is over.
  net::awaitable<bool> serve_one() {
    waits_since_ = Clock::now();
    Parser parser;
    parser.header_limit(context_.limits.header_bytes);
    parser.body_limit(context_.limits.payload_bytes);
    const auto error = co_await read(parser);
    waits_since_.reset();
    if (error) {
      if (const auto refusal = refusal_of(error, context_.limits))
        co_await answer_and_end(*refusal);
      co_return false;
    }
    const bool keep_alive = parser.get().keep_alive();
    const bool is_head = parser.get().method() == http::verb::head;
    HttpResponse response = co_await respond(parser.release());
    if (response.events && !is_head) {
      co_await send_events(response);
      co_return false;
    }
    if (keep_alive && !is_ending()) co_return co_await write(response, is_head, true);
    co_await answer_and_end(response, is_head);
    co_return false;
  }

  net::awaitable<beast::error_code> read(Parser& parser) {
    beast::error_code error;
    lowest().expires_after(context_.limits.header_read);
    co_await http::async_read_header(stream_, buffer_, parser,
                                     redirect_error(use_awaitable, error));
    if (error) co_return error;
    lowest().expires_after(context_.limits.payload_read);
    if (!parser.is_done() && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await net::async_write(stream_, net::buffer(kContinue),
                                redirect_error(use_awaitable, error));
      if (error) co_return error;
    }
    if (!parser.is_done())
      co_await http::async_read(stream_, buffer_, parser, redirect_error(use_awaitable, error));
    co_return error;
  }

  net::awaitable<HttpResponse> respond(RequestMessage message) {
    const std::string origin = message[http::field::origin];
    auto answered = kIsAdminSocket ? std::nullopt : answer_before_all(message, listener_->hosts);
    HttpResponse response;
    if (answered) {
      response = std::move(*answered);
    } else if (auto request = read_request(std::move(message))) {
      request->from_admin_socket = kIsAdminSocket;
      request->needs_no_token = !listener_->hosts.any;
      request->client = client_;
      request->received = Clock::now();
      response = co_await handle(*request);
    } else {
      response =
          error_response(400, "badRequest",
                         "the query of the URL is not percent-encoded: '%' needs two hex digits");
    }
    add_cors(response, listener_->hosts, origin);
    co_return response;
  }

  // What the handler says, on a worker; asked again whenever there is news, while it says that it
  // is too early.
  net::awaitable<HttpResponse> handle(HttpRequest& request) {
    lowest().expires_never();
    while (true) {
      HttpResponse response = co_await work_on(request);
      if (!response.again_at) co_return response;
      request.is_again = true;
      if (response.events) wake_by(*response.events);
      const auto again_at = *response.again_at;
      const auto has_news = [&response] {
        return response.events && !response.events->take().empty();
      };
      // A listener that was closed meanwhile does not matter: the request is answered first.
      const auto gives_up = [this] { return over_ || context_.stopping; };
      while (!gives_up() && Clock::now() < again_at && !has_news())
        co_await wait_for_news(again_at);
      if (gives_up()) co_return error_response(503, "stopping", "the server stops; ask again");
    }
  }

  net::awaitable<HttpResponse> work_on(const HttpRequest& request) {
    const auto slot = co_await context_.worker_slots.acquire();
    const auto workers = context_.workers;
    co_return co_await net::co_spawn(workers->get_executor(),
                                     call_handler(context_.handler, request), use_awaitable);
  }

  // Not on the io thread, since it may read a file.
  net::awaitable<void> check(const std::shared_ptr<EventStream>& events) {
    const auto slot = co_await context_.worker_slots.acquire();
    const auto workers = context_.workers;
    co_await net::co_spawn(workers->get_executor(), check_events(events), use_awaitable);
  }

  // Returns at that time, or earlier when there may be news or the connection is closed.
  net::awaitable<void> wait_for_news(Clock::time_point until) {
    beast::error_code ignored;
    news_.expires_at(until);
    co_await news_.async_wait(redirect_error(use_awaitable, ignored));
  }

  void wake_by(EventStream& events) {
    events.on_news([executor = stream_.get_executor(), weak = this->weak_from_this()] {
      net::post(executor, [weak] {
        if (const auto self = weak.lock()) self->wake();
      });
    });
  }

  // Sends what there is as it comes, until the client leaves or is too slow.
  net::awaitable<void> send_events(const HttpResponse& response) {
    idle_ = true;
    wake_by(*response.events);
    lowest().expires_never();
    end_with_client();
    const std::string head = response_head(response, Framing::kEndless);
    bool is_heard = co_await write_event(head);
    auto silent_until = Clock::now() + context_.limits.heartbeat;
    while (is_heard && !is_ending() && !response.events->has_ended()) {
      std::string piece = response.events->take();
      if (piece.empty() && Clock::now() < silent_until) {
        co_await wait_for_news(silent_until);
        continue;
      }
      if (piece.empty()) {
        co_await check(response.events);
        if (response.events->has_ended()) break;
        piece = kHeartbeat;
      }
      is_heard = co_await write_event(piece);
      silent_until = Clock::now() + context_.limits.heartbeat;
      const auto rested = Clock::now() + kEventPause;
      while (!is_ending() && Clock::now() < rested) co_await wait_for_news(rested);
    }
  }

  net::awaitable<bool> write_event(std::string_view bytes) {
    beast::error_code error;
    lowest().expires_after(context_.limits.event_write);
    co_await net::async_write(stream_, net::buffer(bytes), redirect_error(use_awaitable, error));
    co_return !error;
  }

  // A listener has nothing to say: whatever is read is the end of it.
  void end_with_client() {
    stream_.async_read_some(net::buffer(dropped_),
                            [self = this->shared_from_this()](const beast::error_code&,
                                                              std::size_t) { self->close(); });
  }

  net::awaitable<bool> write(const HttpResponse& response, bool is_head, bool keep_alive) {
    const std::string head =
        response_head(response, keep_alive ? Framing::kKeepAlive : Framing::kClose);
    const std::string_view payload =
        is_head ? std::string_view() : std::string_view(response.payload);
    const std::array<net::const_buffer, 2> buffers{net::buffer(head), net::buffer(payload)};
    lowest().expires_after(
        context_.limits.write +
        std::chrono::seconds(payload.size() / context_.limits.slowest_reader_bytes_per_second));
    beast::error_code error;
    co_await net::async_write(stream_, buffers, redirect_error(use_awaitable, error));
    co_return !error;
  }

  net::awaitable<void> answer_and_end(const HttpResponse& response, bool is_head = false) {
    const bool is_written = co_await write(response, is_head, false);
    if (!is_written) co_return;
    beast::error_code error;
    lowest().expires_after(kLingerTime);
    idle_ = true;
    waits_since_ = Clock::now();
    if constexpr (kIsTls) {
      co_await stream_.async_shutdown(redirect_error(use_awaitable, error));
      co_return;
    }
    lowest().socket().shutdown(net::socket_base::shutdown_send, error);
    for (std::size_t bytes = 0; !error && bytes < kLingerBytes;) {
      bytes += co_await stream_.async_read_some(net::buffer(dropped_),
                                                redirect_error(use_awaitable, error));
    }
  }

  ConnectionContext& context_;
  std::shared_ptr<net::ssl::context> tls_;  // null without TLS
  Stream stream_;
  std::shared_ptr<const ListenerPolicy> listener_;
  std::string client_;  // HttpRequest::client
  bool idle_ = false;
  bool over_ = false;
  std::optional<Clock::time_point> waits_since_;
  beast::flat_buffer buffer_;
  std::array<char, kReadBytes> dropped_{};
  net::steady_timer news_;  // cancelled when there is some
};

template <typename Stream>
net::awaitable<void> serve(std::shared_ptr<Connection<Stream>> connection) {
  co_await connection->serve();
}

template <typename Stream, typename... StreamArguments>
void spawn(ConnectionContext& context, std::shared_ptr<const ListenerPolicy> listener,
           std::string client, const std::shared_ptr<net::ssl::context>& tls,
           StreamArguments&&... arguments) {
  auto connection =
      std::make_shared<Connection<Stream>>(context, std::move(listener), std::move(client), tls,
                                           std::forward<StreamArguments>(arguments)...);
  const auto executor = connection->executor();
  net::co_spawn(executor, serve(std::move(connection)), net::detached);
}

}  // namespace

void serve_connection(ConnectionContext& context, net::ip::tcp::socket socket,
                      std::shared_ptr<const ListenerPolicy> listener,
                      const std::shared_ptr<net::ssl::context>& tls, std::string client) {
  boost::system::error_code ignored;
  socket.set_option(net::ip::tcp::no_delay(true), ignored);
  if (tls) {
    spawn<TlsStream>(context, std::move(listener), std::move(client), tls, std::move(socket), *tls);
  } else {
    spawn<beast::tcp_stream>(context, std::move(listener), std::move(client), nullptr,
                             std::move(socket));
  }
}

void serve_connection(ConnectionContext& context, net::local::stream_protocol::socket socket) {
  static const auto listener = std::make_shared<const ListenerPolicy>();
  spawn<LocalStream>(context, listener, "", nullptr, std::move(socket));
}

}  // namespace api
