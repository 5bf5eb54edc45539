// Requests to one source over a bounded number of connections, as fast as the source likes to be asked.
#pragma once

#include <boost/beast/http/verb.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "replica/http_connection.hpp"
#include "replica/pacing.hpp"
#include "replica/semaphore.hpp"

namespace replica {

class HttpClient : public std::enable_shared_from_this<HttpClient> {
 public:
  using Clock = HttpConnection::Clock;

  HttpClient(net::any_io_executor executor, const SourceAddress& address, Timeouts timeouts,
             ClientLimits limits);

  struct Request {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string path;  // below the URL's prefix, encoded, with its query
    bool ignores_prefix = false;  // `path` is not below the URL's prefix
    std::string body = {};
    bool repeatable = true;  // may be sent again when a kept connection turns out to be closed
    bool is_long_lived = false;  // a feed or long-poll, which the server does not answer at once
    bool inflates = true;  // false: the payload is returned as it was sent
    bool accepts_gzip = true;
    std::uint64_t offset = 0;  // of the payload's first byte that is wanted
    std::optional<std::chrono::milliseconds> idle = {};  // instead of the client's timeout
  };

  // A connection in use. Goes back to the pool when an answer was read to its end, else it is closed.
  class Lease {
   public:
    Lease(std::shared_ptr<HttpClient> client, std::unique_ptr<HttpConnection> connection);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    HttpConnection* operator->() const { return connection_.get(); }
    HttpConnection& operator*() const { return *connection_; }

   private:
    std::shared_ptr<HttpClient> client_;
    std::unique_ptr<HttpConnection> connection_;
  };

  // An answer whose header has come.
  class Response {
   public:
    Response(Lease lease, Semaphore::Permit permit, std::string location, int status)
        : connection_(std::move(lease)),
          permit_(std::move(permit)),
          location_(std::move(location)),
          status_(status) {}

    [[nodiscard]] int status() const { return status_; }
    [[nodiscard]] std::string field(boost::beast::http::field name) const {
      return connection_->field(name);
    }
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const;
    // What was asked for, for messages: "http://host:port/prefix/path", without the query.
    [[nodiscard]] const std::string& location() const { return location_; }
    // The next bytes of the payload; 0 at its end. Throws kTooLarge when there are more than `limit` bytes in all.
    [[nodiscard]] net::awaitable<std::size_t> read(std::span<char> out, std::uint64_t limit);
    [[nodiscard]] net::awaitable<std::string> read_all(std::uint64_t limit);
    // What comes of the first `limit` bytes: an error of the network ends it as well.
    [[nodiscard]] net::awaitable<std::string> read_beginning(std::uint64_t limit);
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // read so far

   private:
    Lease connection_;  // keeps the client alive, which must outlive the permit
    Semaphore::Permit permit_;
    std::string location_;
    int status_;
    std::uint64_t bytes_ = 0;
  };

  // Sends a request as soon as there is a connection and the rate allows it. A 429 is repeated for tuning::kMaxPause, then it
  // is returned; a 401 is repeated once when there is another password or token now. Throws SourceError when there is no answer.
  [[nodiscard]] net::awaitable<Response> send(Request request);

  // A connection for another protocol than requests and responses; it counts as a long-lived request.
  struct DedicatedConnection {
    Lease connection;
    Semaphore::Permit permit;
  };
  [[nodiscard]] net::awaitable<DedicatedConnection> connect();
  // Throws SourceError once the client is closed.
  [[nodiscard]] net::awaitable<void> sleep_until(Clock::time_point time);
  void close();

  // Reads password or token again, which the source refused. False when it is the same, or cannot be read.
  [[nodiscard]] bool renew_login();

  [[nodiscard]] const SourceUrl& url() const { return url_; }
  [[nodiscard]] const std::string& user() const { return address_.user; }
  [[nodiscard]] const std::string& token() const { return address_.token; }

 private:
  struct Idle {
    std::unique_ptr<HttpConnection> connection;
    Clock::time_point since;
  };

  [[nodiscard]] HttpConnection::Message to_message(Request& request) const;
  [[nodiscard]] bool renew_login(HttpConnection::Message& refused);
  [[nodiscard]] net::awaitable<Response> exchange(const HttpConnection::Message& message,
                                                  const Request& request);
  [[nodiscard]] net::awaitable<void> wait_for_turn();
  [[nodiscard]] std::unique_ptr<HttpConnection> take_idle(bool fresh_only);
  [[nodiscard]] std::unique_ptr<HttpConnection> make_connection();
  void give_back(std::unique_ptr<HttpConnection> connection);
  void close_idle_in_time();
  void refuse_when_closed() const;

  net::any_io_executor executor_;
  SourceAddress address_;
  SourceUrl url_;
  Timeouts timeouts_;
  ClientLimits limits_;
  std::string authorization_;  // value of the field; empty without user and token
  net::ssl::context tls_;
  Pacing pacing_;
  Semaphore semaphore_;
  std::deque<Idle> idle_;  // the longest idle first
  net::steady_timer idle_timer_;
  std::set<HttpConnection*> busy_;
  std::set<net::steady_timer*> pauses_;
  bool closed_ = false;
};

}  // namespace replica
