// Requests to one source over a small pool of kept connections.
#pragma once

#include <boost/beast/http/verb.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "replica/http_connection.hpp"

namespace replica {

class HttpClient : public std::enable_shared_from_this<HttpClient> {
 public:
  using Clock = HttpConnection::Clock;

  HttpClient(net::any_io_executor executor, const SourceAddress& address, Timeouts timeouts);

  struct Ask {
    boost::beast::http::verb method = boost::beast::http::verb::get;
    std::string path;  // below the URL's prefix, encoded, with its query
    std::string body = {};
    bool repeatable = true;  // may be sent again when a kept connection turns out closed
    Clock::time_point deadline = Clock::time_point::max();
  };

  // An answer whose header has come. Gives its connection back to the pool when it was read to its end.
  class Answer {
   public:
    Answer(std::shared_ptr<HttpClient> client, std::unique_ptr<HttpConnection> connection);
    Answer(Answer&&) noexcept = default;
    Answer& operator=(Answer&&) = delete;
    ~Answer();

    [[nodiscard]] int status() const { return status_; }
    // The next bytes of the payload; 0 at its end. Throws kTooLarge when there are more than `limit` bytes in all.
    [[nodiscard]] net::awaitable<std::size_t> read(std::span<char> out, std::uint64_t limit);
    [[nodiscard]] net::awaitable<std::string> read_all(std::uint64_t limit);
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  // read so far

   private:
    friend class HttpClient;
    std::shared_ptr<HttpClient> client_;
    std::unique_ptr<HttpConnection> connection_;
    int status_ = 0;
    std::uint64_t bytes_ = 0;
  };

  [[nodiscard]] net::awaitable<Answer> send(Ask ask);
  void close();

  [[nodiscard]] const SourceUrl& url() const { return url_; }
  // "http://host:port/prefix/path" without the query, for messages.
  [[nodiscard]] std::string location(const std::string& path) const;

 private:
  struct Idle {
    std::unique_ptr<HttpConnection> connection;
    Clock::time_point since;
  };

  [[nodiscard]] HttpConnection::Request request(Ask& ask) const;
  [[nodiscard]] std::unique_ptr<HttpConnection> take_idle(bool fresh_only);
  void give_back(std::unique_ptr<HttpConnection> connection);

  net::any_io_executor executor_;
  SourceUrl url_;
  Timeouts timeouts_;
  std::string authorization_;  // value of the field; empty without a user
  net::ssl::context tls_;
  std::vector<Idle> idle_;
  std::set<HttpConnection*> busy_;
  bool closed_ = false;
};

}  // namespace replica
