// Feeds that say that something moved: `_db_updates`, `_changes` continuous and as a long-poll.
#include <fmt/core.h>
#include <limits>

#include "replica/couch_routes.hpp"

namespace replica {
namespace {

Request ask_to_watch(CouchServer& server, const WatchQuery& query) {
  const bool is_database = query.kind != FeedKind::kDatabaseUpdates;
  const std::string since =
      query.since.json.empty() ? "now" : percent_encode(server.reader.since_value(query.since));
  Request request;
  request.path =
      fmt::format("{}?feed={}&heartbeat={}&since={}",
                  is_database ? database_path(query.database) + "/_changes" : "/_db_updates",
                  query.kind == FeedKind::kLongPoll ? "longpoll" : "continuous",
                  server.timeouts.heartbeat.count(), since);
  request.is_long_lived = true;
  request.idle = max_silence(server.timeouts);
  return request;
}

// Takes lines out of a stream of bytes; heartbeats are empty ones.
class Lines {
 public:
  // Calls `visit` for each line that `bytes` end. False when one is longer than tuning::kMaxFeedLine.
  template <typename Visit>
  [[nodiscard]] bool feed(std::string_view bytes, const Visit& visit) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      line_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      if (line_.size() > tuning::kMaxFeedLine) return false;
      const bool is_heartbeat = line_.find_first_not_of(" \t\r") == std::string::npos;
      if (!is_heartbeat) visit(line_);
      line_.clear();
    }
    line_ += bytes;
    return line_.size() <= tuning::kMaxFeedLine;
  }
  [[nodiscard]] bool is_empty() const { return line_.empty(); }

 private:
  std::string line_;
};

net::awaitable<WatchQuery> watch_lines(ServerPtr server, WatchQuery query,
                                       std::function<void(const FeedEvent&)> on_event) {
  Response response = co_await send(server, ask_to_watch(*server, query), query.database);
  if (query.on_open) query.on_open();
  Lines lines;
  bool has_ended = false;
  const auto take = [&](const std::string& line) {
    const auto signal = server->reader.feed_signal(line);
    if (!signal || has_ended)
      throw unexpected_response(*server, response, "a line of the feed is not the JSON asked for",
                                line);
    if (!signal->error.empty())
      throw unexpected_response(*server, response, "the feed broke off", line);
    if (!signal->seq.json.empty()) query.since = signal->seq;
    has_ended = signal->is_last;
    if (has_ended) return;
    const bool is_database = query.kind == FeedKind::kContinuous;
    on_event({is_database ? query.database : signal->database, signal->is_deleted});
  };
  constexpr std::size_t kPiece = 16 * 1024;
  constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();  // it may last for years
  std::string piece(kPiece, '\0');
  for (;;) {
    const std::size_t size = co_await response.read(piece, kNoLimit);
    if (size == 0) break;
    if (!lines.feed({piece.data(), size}, take))
      throw unexpected_response(*server, response, "a line of the feed does not end");
  }
  if (!lines.is_empty())
    throw unexpected_response(*server, response, "the feed ends in the middle");
  co_return query;
}

net::awaitable<WatchQuery> watch_long_poll(ServerPtr server, WatchQuery query,
                                           std::function<void(const FeedEvent&)> on_event) {
  Response response = co_await send(server, ask_to_watch(*server, query), query.database);
  if (query.on_open) query.on_open();
  RowScanner scanner(tuning::kMaxFeedLine);
  const auto take = [&](const RowScanner::Row&) { on_event({query.database, false}); };
  co_await read_rows(server, response, scanner, take);
  auto end = server->reader.feed_end(scanner.rest());
  if (!end) throw unexpected_response(*server, response, "the answer has no last_seq");
  query.since = std::move(end->last_seq);
  co_return query;
}

}  // namespace

net::awaitable<WatchQuery> watch_of(ServerPtr server, WatchQuery query,
                                    std::function<void(const FeedEvent&)> on_event) {
  switch (query.kind) {
    case FeedKind::kRealtime:
      return watch_realtime(std::move(server), std::move(query), std::move(on_event));
    case FeedKind::kLongPoll:
      return watch_long_poll(std::move(server), std::move(query), std::move(on_event));
    case FeedKind::kDatabaseUpdates:
    case FeedKind::kContinuous:
      break;
  }
  return watch_lines(std::move(server), std::move(query), std::move(on_event));
}

}  // namespace replica
