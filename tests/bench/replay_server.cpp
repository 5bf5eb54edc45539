#include "tests/bench/replay_server.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "tests/support/changes_page.hpp"
#include "tests/support/http_relay.hpp"

namespace bench {

namespace net = boost::asio;
using net::use_awaitable;
using net::ip::tcp;
using nlohmann::json;
using support::RelayedRequest;

namespace {

constexpr std::size_t kChunk = 1'490;  // bytes; CouchDB's chunked_response_buffer
constexpr std::size_t kPiece = 256 * 1024;  // bytes written at once
// What follows the number in a sequence of a CouchDB with two shards.
constexpr std::string_view kOpaque =
    "g1AAAACbeJzLYWBgYMpgTmEQTM4vTc5ISXIwNDLXMwBCwxyQVCJDUv3___-zMpgTGXOBAuyWqeaJBkZm2DTgMSaPBU"
    "gyNACp_1DTmMGmpRkYppkYpmLTlwUAFnAoTw";

std::string whole(std::string_view status, std::string_view payload) {
  return fmt::format(
      "HTTP/1.1 {}\r\nCache-Control: must-revalidate\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\nServer: CouchDB/3.5.0 (Erlang OTP/25)\r\n\r\n{}",
      status, payload.size(), payload);
}

// A payload in chunks of the size that CouchDB sends, gathered into larger writes.
class ChunkedAnswer {
 public:
  explicit ChunkedAnswer(tcp::socket& socket) : socket_(socket) {
    bytes_ =
        "HTTP/1.1 200 OK\r\nCache-Control: must-revalidate\r\nContent-Type: application/json\r\n"
        "Server: CouchDB/3.5.0 (Erlang OTP/25)\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  std::string& chunk() { return chunk_; }

  net::awaitable<void> flush_full() {
    if (chunk_.size() < kChunk) co_return;
    end_chunk();
    if (bytes_.size() < kPiece) co_return;
    co_await net::async_write(socket_, net::buffer(bytes_), use_awaitable);
    bytes_.clear();
  }

  net::awaitable<void> end() {
    if (!chunk_.empty()) end_chunk();
    bytes_ += "0\r\n\r\n";
    co_await net::async_write(socket_, net::buffer(bytes_), use_awaitable);
  }

 private:
  void end_chunk() {
    fmt::format_to(std::back_inserter(bytes_), "{:x}\r\n", chunk_.size());
    bytes_.append(chunk_).append("\r\n");
    chunk_.clear();
  }

  tcp::socket& socket_;
  std::string bytes_;
  std::string chunk_;
};

std::size_t number_in(std::string_view target, std::string_view name, std::size_t otherwise) {
  const std::string text = support::parameter(target, name);
  return text.empty() ? otherwise : std::stoull(text);  // of a sequence, the number it begins with
}

}  // namespace

struct ReplayServer::State {
  State(const Corpus& given_corpus, const std::string& account)
      : corpus(given_corpus),
        account_path("/" + account + "%2F"),
        path(account_path + corpus.database()) {}

  [[nodiscard]] static std::string info(std::size_t documents) {
    return fmt::format(
        R"({{"instance_start_time":"1795419162","db_name":"bench","purge_seq":"0-{0}",)"
        R"("update_seq":"{1}-{0}","sizes":{{"file":1,"external":1,"active":1}},"props":{{}},)"
        R"("doc_del_count":0,"doc_count":{1},"disk_format_version":8,"compact_running":false,)"
        R"("cluster":{{"q":2,"n":1,"w":1,"r":1}}}})",
        kOpaque, documents);
  }

  net::awaitable<void> send_changes(const RelayedRequest& request, tcp::socket& socket) const {
    const std::size_t since = std::min(number_in(request.target(), "since", 0), corpus.size());
    const std::size_t end =
        std::min(since + number_in(request.target(), "limit", corpus.size()), corpus.size());
    const std::size_t interval = number_in(request.target(), "seq_interval", 1);
    const bool with_documents = support::parameter(request.target(), "include_docs") == "true";
    ChunkedAnswer answer(socket);
    answer.chunk() = "{\"results\":[\n";
    for (std::size_t number = since; number < end; ++number) {
      append_row(answer.chunk(), number, (number + 1 - since) % interval == 0, with_documents);
      answer.chunk() += number + 1 < end ? ",\n" : "\n";
      co_await answer.flush_full();
    }
    fmt::format_to(std::back_inserter(answer.chunk()),
                   "],\n\"last_seq\":\"{}-{}\",\"pending\":{}}}\n", end, kOpaque,
                   corpus.size() - end);
    co_await answer.end();
  }

  void append_row(std::string& row, std::size_t number, bool with_seq, bool with_documents) const {
    const auto leaves = corpus.leaves(number);
    auto out = std::back_inserter(row);
    if (with_seq) {
      fmt::format_to(out, R"({{"seq":"{}-{}")", number + 1, kOpaque);
    } else {
      row += R"({"seq":null)";
    }
    fmt::format_to(out, R"(,"id":"{}","changes":[)", corpus.id(number));
    for (std::size_t i = 0; i < leaves.size(); ++i)
      fmt::format_to(out, R"({}{{"rev":"{}"}})", i > 0 ? "," : "", leaves[i].rev());
    row += ']';
    if (leaves.front().deleted) row += R"(,"deleted":true)";
    if (with_documents) {
      row += R"(,"doc":)";
      corpus.append(row, number, leaves.front(), false);
    }
    row += '}';
  }

  net::awaitable<void> send_bulk_get(const RelayedRequest& request, tcp::socket& socket) const {
    ChunkedAnswer answer(socket);
    answer.chunk() = R"({"results":[)";
    bool is_first = true;
    const json asked = json::parse(request.decoded);
    for (const json& wanted : asked["docs"]) {
      const std::string id = wanted["id"], rev = wanted.value("rev", "");
      const std::size_t number = corpus.number_of(id);
      fmt::format_to(std::back_inserter(answer.chunk()), R"({}{{"id":"{}","docs":[)",
                     is_first ? "" : ",", id);
      is_first = false;
      const std::size_t before = answer.chunk().size();
      for (const CorpusLeaf& leaf : corpus.leaves(number)) {
        if (!rev.empty() && leaf.rev() != rev) continue;
        answer.chunk() += answer.chunk().size() > before ? R"(,{"ok":)" : R"({"ok":)";
        corpus.append(answer.chunk(), number, leaf, true);
        answer.chunk() += '}';
      }
      answer.chunk() += "]}";
      co_await answer.flush_full();
    }
    answer.chunk() += "]}";
    co_await answer.end();
  }

  // The account's other databases are empty.
  [[nodiscard]] std::string small_answer(const RelayedRequest& request,
                                         const std::string& target) const {
    if (target == "/") {
      return whole("200 OK",
                   R"({"couchdb":"Welcome","version":"3.5.0","uuid":"9cb8a3a26aece44800c1fbf284b)"
                   R"(85c55","vendor":{"name":"The Apache Software Foundation"}})");
    }
    if (target == path + "/") return whole("200 OK", info(corpus.size()));
    const bool is_database = target.starts_with(account_path);
    if (is_database && target.find('/', 1) + 1 == target.size()) return whole("200 OK", info(0));
    if (is_database && target.ends_with("/_changes")) {
      return whole("200 OK",
                   fmt::format(R"({{"results":[],"last_seq":"0-{}","pending":0}})", kOpaque));
    }
    if (target.ends_with("/_purged_infos")) return whole("200 OK", R"({"purged_infos":[]})");
    if (request.method() == "PUT")
      return whole("201 Created", R"({"ok":true,"id":"_local/x","rev":"0-1"})");
    return whole("404 Object Not Found", R"({"error":"not_found","reason":"missing"})");
  }

  net::awaitable<void> answer(const RelayedRequest& request, tcp::socket& socket) {
    const std::string target(request.path());
    if (target == path + "/_changes") co_return co_await send_changes(request, socket);
    if (target == path + "/_bulk_get") co_return co_await send_bulk_get(request, socket);
    const std::string bytes = small_answer(request, target);
    co_await net::async_write(socket, net::buffer(bytes), use_awaitable);
  }

  net::awaitable<void> converse(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    std::string buffer;
    try {
      for (;;) {
        const RelayedRequest request = co_await support::read_request(socket, buffer);
        co_await answer(request, socket);
      }
    } catch (const boost::system::system_error&) {
      // the client went away, which is its right
    } catch (const std::exception& error) {
      fmt::print(stderr, "replay server: {}\n", error.what());
    }
  }

  net::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
      net::co_spawn(context, converse(std::move(socket)), net::detached);
    }
  }

  const Corpus& corpus;
  const std::string account_path;
  const std::string path;
  net::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

ReplayServer::ReplayServer(const Corpus& corpus, const std::string& account)
    : state_(std::make_unique<State>(corpus, account)) {
  net::co_spawn(state_->context, state_->accept(), net::detached);
  state_->thread = std::thread([state = state_.get()] { state->context.run(); });
}

ReplayServer::~ReplayServer() {
  state_->context.stop();
  state_->thread.join();
}

std::string ReplayServer::url() const {
  return fmt::format("http://127.0.0.1:{}", state_->acceptor.local_endpoint().port());
}

}  // namespace bench
