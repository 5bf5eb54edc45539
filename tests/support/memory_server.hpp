// What the routes of the CouchDB in memory share: databases, users, the log of `_db_updates`, requests and answers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/memory_couchdb.hpp"
#include "tests/support/memory_json.hpp"

namespace support::memory {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

struct Request {
  http::request<http::string_body> http;
  std::string method;  // HEAD is GET
  std::vector<std::string> path;  // decoded
  std::map<std::string, std::string> query;

  explicit Request(http::request<http::string_body> message);
  [[nodiscard]] std::string parameter(const std::string& name) const;  // empty when absent
  [[nodiscard]] bool is_true(const std::string& name) const;
  [[nodiscard]] std::string field(std::string_view name) const;
};

struct Answer {
  int status = 200;
  std::string payload = {};
  std::string content_type = "application/json";
  std::string fields = {};  // more lines, each ends with CRLF
  bool close = false;
  std::vector<std::string> chunks = {};  // sent chunked, instead of the payload
};
[[nodiscard]] Answer refusal(const Refusal& refusal);

// `_db_updates`: the last event of each kind of each database.
class Updates {
 public:
  struct Event {
    std::uint64_t seq = 0;
    std::string database;
    std::string_view type;  // created, updated, deleted
  };
  void add(const std::string& database, std::string_view type);
  // The first one after `since`; null when there is none.
  [[nodiscard]] const Event* after(std::uint64_t since) const;
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] static std::string sequence(std::uint64_t seq);
  [[nodiscard]] std::optional<std::uint64_t> parse_since(std::string_view text) const;

 private:
  std::map<std::uint64_t, Event> events_;
  std::map<std::pair<std::string, std::string_view>, std::uint64_t> last_of_;
  std::uint64_t last_ = 0;
};

class Connection;

// Everything but `context` and `waiters` is guarded by `mutex`.
struct Server {
  explicit Server(CouchOptions given) : options(std::move(given)) {}

  struct User {
    std::string name;
    bool is_admin = false;
  };
  struct File {
    std::string content_type;
    std::string bytes;
  };

  const CouchOptions options;
  mutable std::mutex mutex;
  std::map<std::string, std::unique_ptr<Database>> databases;
  std::map<std::string, std::string> passwords;
  std::map<std::string, std::vector<std::string>> members;
  std::map<std::string, File> files;
  std::map<std::string, int> broken_feeds;  // the status that they answer
  std::set<std::string> unreachable;  // databases
  Updates updates;
  std::vector<std::pair<std::string, std::string_view>> delayed_updates;
  CouchCounters counters;
  std::set<Connection*> connections;
  std::uint64_t incarnations = 0;

  // Those who wait for something to happen in a database ("" is any), on the context's thread only.
  std::multimap<std::string, net::steady_timer*> waiters;
  net::io_context context{1};

  [[nodiscard]] Database* find(const std::string& database) const;
  [[nodiscard]] Database& at(const std::string& database) const;  // std::out_of_range
  Database& create(const std::string& database);
  void drop(const std::string& database);
  void moved(const std::string& database, std::string_view type);
  // Who asks, or why he may not. Nobody has an empty name.
  [[nodiscard]] User user_of(const Request& request) const;
  void require_admin(const Request& request) const;
  void require_member(const Request& request, const std::string& database) const;
  [[nodiscard]] std::string instance_start_time(const Database& database) const;

 private:
  void log_update(const std::string& database, std::string_view type);
  void wake(const std::string& database);
};

// One client. Feeds write as they go.
class Connection {
 public:
  Connection(Server& server, tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  net::awaitable<void> converse();  // until either side closes
  net::awaitable<void> send(const Answer& answer);
  net::awaitable<void> begin_chunked();
  net::awaitable<void> write(std::string bytes);

  enum class Woken { kMoved, kTime, kGone };
  // Until something happens in the database ("" is any), the time is over, or the client is gone.
  net::awaitable<Woken> wait(const std::string& database, std::chrono::milliseconds time);
  void close();  // on the context's thread

 private:
  struct Waiter;

  net::awaitable<void> serve(const Request& request);
  static net::awaitable<void> watch_for_end(tcp::socket& socket, std::shared_ptr<Waiter> waiter);

  Server& server_;
  tcp::socket socket_;
  bool head_only_ = false;
  bool closing_ = false;
  std::shared_ptr<Waiter> waiter_;  // of the feed that is being served
};

[[nodiscard]] std::string chunk(std::string_view bytes);

// Routes that answer at once. `server.mutex` is held.
[[nodiscard]] Answer answer(Server& server, const Request& request);
// "GET _changes", for counting.
[[nodiscard]] std::string route_name(const Server& server, const Request& request);

// Feeds. False: it is none.
[[nodiscard]] bool is_feed(const Server& server, const Request& request);
net::awaitable<void> send_feed(Server& server, Connection& connection, const Request& request);

// The path of a request to cozy-stack as CouchDB would have it.
[[nodiscard]] std::vector<std::string> couch_path(const Server& server, const Request& request);

}  // namespace support::memory
