// A client in conversation with a script, and what its tests share.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>
#include <zlib.h>

#include "replica/couch_client.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/scripted_server.hpp"

namespace replica {

using namespace std::chrono_literals;
using support::answer;
using support::chunked_answer;
using support::Exchange;
using support::ScriptedServer;
using Kind = SourceError::Kind;

constexpr auto kWelcome = R"({"couchdb":"Welcome","version":"3.5.0","uuid":"9cb8"})";
constexpr auto kPouchdbWelcome =
    R"({"express-pouchdb":"Welcome!","version":"4.2.0","uuid":"e1e0"})";
constexpr auto kCozyWelcome = R"({"message":"welcome to a cozy API"})";
constexpr auto kFeed = "GET /mail/_changes?style=all_docs&limit=10&since=0";
constexpr auto kOneRow =
    R"({"results":[{"seq":"1-g1A","id":"a","changes":[{"rev":"1-x"}]}],"last_seq":"1-g1A","pending":0})";

inline Exchange get(const std::string& request, const std::string& raw_answer) {
  Exchange exchange;
  exchange.request = request;
  exchange.answer = raw_answer;
  return exchange;
}

inline Exchange post(const std::string& request, const std::string& body,
                     const std::string& raw_answer) {
  Exchange exchange = get(request, raw_answer);
  exchange.body = body;
  return exchange;
}

inline std::string gzip(const std::string& plain) {
  z_stream stream{};
  constexpr int kGzip = 16;
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline ChangesQuery first_ten() {
  ChangesQuery query;
  query.limit = 10;
  return query;
}

inline RevId rev(const std::string& text) { return RevId::parse(text).value(); }

// The welcome of a server that tests say nothing about. Its connection is used for nothing else.
inline Exchange some_welcome(const std::string& prefix) {
  Exchange welcome =
      get("GET " + prefix + "/", answer(kPouchdbWelcome, 200, "Connection: close\r\n"));
  welcome.close = welcome.optional = true;
  return welcome;
}

inline std::vector<Exchange> with_welcome(std::vector<Exchange> script, const std::string& prefix) {
  script.push_back(some_welcome(prefix));
  return script;
}

// A client in conversation with a script. `prefix`: of the url, without a slash at its end.
struct Conversation {
  explicit Conversation(std::vector<Exchange> script, Timeouts timeouts = {5s, 5s},
                        const std::string& prefix = {}, ClientLimits limits = {},
                        const std::string& token = {})
      : server(with_welcome(std::move(script), prefix)),
        client(context.get_executor(), {server.url() + prefix, "ada", "s3cret", token, {}},
               timeouts, limits) {}

  template <typename T>
  T run(net::awaitable<T> coroutine) {
    return support::run(context, std::move(coroutine));
  }
  ChangesPage changes() { return run(client.changes("mail", first_ten())); }

  ScriptedServer server;
  net::io_context context{1};
  CouchClient client;
};

template <typename Call>
SourceError error_of(const Call& call) {
  try {
    (void)call();
  } catch (const SourceError& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {Kind::kProtocol, 0, ""};
}

}  // namespace replica
