// The feeds of the CouchDB in memory: `_changes` of a database and `_db_updates` of the server.
#include <charconv>
#include <fmt/format.h>

#include "tests/support/memory_routes.hpp"

namespace support::memory {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDefaultTimeout{60'000};
constexpr std::size_t kWriteBytes = 64 * 1024;  // handed to the socket at a time

// The end of a feed. It and what else is put together has a name before it is awaited: g++ 12 destroys temporaries of such
// an expression twice.
std::string last_chunks(const std::string& last) {
  return chunk(last + '\n') + chunk("\n") + chunk("");
}

enum class Feed { kNormal, kLongPoll, kContinuous };

std::uint64_t number_of(const Request& request, const std::string& name, std::uint64_t fallback) {
  const std::string text = request.parameter(name);
  if (text.empty()) return fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Refusal{500, "unknown_error", "badarg"};
  return value;
}

Feed feed_of(const Request& request) {
  const std::string feed = request.parameter("feed");
  if (feed.empty() || feed == "normal") return Feed::kNormal;
  if (feed == "longpoll") return Feed::kLongPoll;
  if (feed == "continuous" || feed == "live") return Feed::kContinuous;
  throw Refusal{400, "bad_request",
                "Supported `feed` types: normal, continuous, live, longpoll, eventsource"};
}

// How long a feed waits, and how often it says that it is alive.
struct Patience {
  explicit Patience(const Request& request) {
    const std::string text = request.parameter("heartbeat");
    if (text == "true") {
      heartbeat = kDefaultTimeout;
    } else if (!text.empty() && text != "false") {
      heartbeat = milliseconds(number_of(request, "heartbeat", 0));
      if (heartbeat == milliseconds(0)) {
        throw Refusal{400, "bad_request",
                      "The heartbeat value should be a positive integer (in milliseconds)."};
      }
    } else {
      timeout = std::min(milliseconds(number_of(request, "timeout", 60'000)), kDefaultTimeout);
    }
  }
  [[nodiscard]] bool beats() const { return heartbeat > milliseconds(0); }
  [[nodiscard]] milliseconds step() const { return beats() ? heartbeat : timeout; }

  milliseconds heartbeat{0};
  milliseconds timeout{0};
};

struct ChangesQuery {
  explicit ChangesQuery(const Request& request)
      : feed(feed_of(request)),
        patience(request),
        limit(number_of(request, "limit", UINT64_MAX)),
        seq_interval(std::max<std::uint64_t>(1, number_of(request, "seq_interval", 1))),
        all_leaves(request.parameter("style") == "all_docs"),
        include_docs(request.is_true("include_docs")),
        rendering{.conflicts = request.is_true("conflicts"),
                  .attachment_data = request.is_true("attachments"),
                  .attachment_encoding = request.is_true("att_encoding_info")} {
    const std::string style = request.parameter("style");
    if (!style.empty() && style != "all_docs" && style != "main_only")
      throw Refusal{500, "unknown_error", "badarg"};
  }

  Feed feed;
  Patience patience;
  std::uint64_t limit;
  std::uint64_t seq_interval;
  bool all_leaves;
  bool include_docs;
  Rendering rendering;
};

void append_row(std::string& json, const Database& database, const Document& document,
                const Position& at, bool with_seq, const ChangesQuery& query) {
  json += "{\"seq\":";
  json += with_seq ? database.sequence(at) : "null";
  json += ",\"id\":";
  append_string(json, document.id);
  json += ",\"changes\":[";
  for (const std::size_t leaf : document.tree.leaves()) {
    if (json.back() != '[') json += ',';
    const Rev& rev = document.tree[leaf].rev;
    fmt::format_to(std::back_inserter(json), R"({{"rev":"{}-{}"}})", rev.generation, rev.digest);
    if (!query.all_leaves) break;
  }
  json += ']';
  if (document.tree.winner().content->deleted) json += ",\"deleted\":true";
  if (query.include_docs) {
    json += ",\"doc\":";
    append_document(json, document, document.tree.leaves().front(), query.rendering);
  }
  json += '}';
}

// One client's way through the feed of a database.
class Changes {
 public:
  Changes(Server& server, Connection& connection, ChangesQuery query, const Database& database,
          Position since)
      : server_(server),
        connection_(connection),
        query_(std::move(query)),
        name_(database.name()),
        incarnation_(database.incarnation()),
        at_(std::move(since)),
        last_seq_(database.sequence(at_)) {}

  net::awaitable<void> send() {
    co_await connection_.begin_chunked();
    if (query_.feed == Feed::kContinuous) {
      co_await send_continuous();
    } else {
      co_await send_list();
    }
  }

 private:
  // The database, when it is still the one that was asked for. With server_.mutex held.
  [[nodiscard]] const Database* database() const {
    const Database* found = server_.find(name_);
    return found != nullptr && found->incarnation() == incarnation_ ? found : nullptr;
  }

  [[nodiscard]] bool is_gone() const {
    const std::lock_guard lock(server_.mutex);
    return database() == nullptr;
  }

  [[nodiscard]] bool has_news() const {
    const std::lock_guard lock(server_.mutex);
    const Database* found = database();
    return found != nullptr && found->pending(at_) > 0;
  }

  // Sends what there is up to now, at most `limit` rows in all. Chunks are as large as CouchDB's.
  net::awaitable<void> send_rows(std::string_view separator, std::string_view terminator) {
    Position end;
    {
      const std::lock_guard lock(server_.mutex);
      if (const Database* found = database()) end = found->feed_end();
    }
    for (bool more = !end.shards.empty(); more;) {
      std::string bytes;
      {
        const std::lock_guard lock(server_.mutex);
        const Database* found = database();
        more = found != nullptr && fill(bytes, *found, end, separator, terminator);
        if (found != nullptr) last_seq_ = found->sequence(at_);
      }
      if (!bytes.empty()) co_await connection_.write(std::move(bytes));
    }
  }

  // False when these were the last rows.
  bool fill(std::string& bytes, const Database& database, const Position& end,
            std::string_view separator, std::string_view terminator) {
    std::string piece;
    while (bytes.size() < kWriteBytes) {
      const Document* document = sent_ == query_.limit ? nullptr : database.next(at_, end, turn_);
      if (document == nullptr) {
        if (!piece.empty()) bytes += chunk(piece);
        return false;
      }
      if (sent_ > 0) piece += separator;
      append_row(piece, database, *document, at_, sent_ % query_.seq_interval == 0, query_);
      piece += terminator;
      ++sent_;
      if (piece.size() < server_.options.chunk_bytes) continue;
      bytes += chunk(piece);
      piece.clear();
    }
    if (!piece.empty()) bytes += chunk(piece);
    return true;
  }

  // {"last_seq":…,"pending":…} without its first brace.
  [[nodiscard]] std::string last_row() {
    const std::lock_guard lock(server_.mutex);
    const Database* found = database();
    if (found != nullptr) last_seq_ = found->sequence(at_);
    std::string pending;
    if (server_.options.dialect != CouchDialect::kCouchdb1)
      pending = fmt::format(",\"pending\":{}", found == nullptr ? 0 : found->pending(at_));
    return fmt::format("\"last_seq\":{}{}}}", last_seq_, pending);
  }

  net::awaitable<void> send_list() {
    co_await connection_.write(chunk("{\"results\":[\n"));
    co_await send_rows(",\r\n", "");
    if (query_.feed == Feed::kLongPoll && sent_ == 0 && query_.limit > 0) {
      co_await connection_.write(chunk("\n"));
      const bool is_there = co_await wait_for_news();
      if (!is_there) co_return;
      co_await send_rows(",\r\n", "");
    }
    std::string end = last_chunks("\r\n],\n" + last_row());
    co_await connection_.write(std::move(end));
  }

  net::awaitable<void> send_continuous() {
    co_await send_rows("", "\n");
    if (sent_ == 0) co_await connection_.write(chunk("\n"));
    while (sent_ < query_.limit) {
      const bool is_there = co_await wait_for_news();
      if (!is_there) co_return;
      if (!has_news()) break;
      co_await send_rows("", "\n");
    }
    if (is_gone() && server_.options.breaks_feeds_of_deleted) {
      const Answer gone = refusal({404, "not_found", "Database does not exist."});
      co_await connection_.send(gone);
      co_return;
    }
    std::string end = last_chunks('{' + last_row());
    co_await connection_.write(std::move(end));
  }

  // Until there are rows, or there will be none: the time is over, the database gone. False when the client is gone.
  net::awaitable<bool> wait_for_news() {
    if (server_.options.is_in_maintenance) co_return true;
    while (!has_news() && !is_gone()) {
      const auto woken = co_await connection_.wait(name_, query_.patience.step());
      if (woken == Connection::Woken::kGone) co_return false;
      if (woken == Connection::Woken::kMoved) continue;
      if (!query_.patience.beats()) break;
      co_await connection_.write(chunk("\n"));
    }
    co_return true;
  }

  Server& server_;
  Connection& connection_;
  const ChangesQuery query_;
  const std::string name_;
  const std::uint64_t incarnation_;
  Position at_;
  std::string last_seq_;  // as it was written when the database was last there
  std::uint64_t sent_ = 0;
  std::uint64_t turn_ = 0;
};

// cozy-stack hands on a few parameters and refuses the others.
void check_cozy(const Request& request) {
  for (const auto& [name, value] : request.query) {
    static constexpr std::string_view kAllowed[] = {"feed",      "style",   "since",
                                                    "limit",     "timeout", "include_docs",
                                                    "heartbeat", "_nonce",  "seq_interval"};
    if (std::ranges::find(kAllowed, name) == std::end(kAllowed))
      throw Refusal{400, "code=400, message=Unsupported query parameter '" + name + "'", ""};
  }
  if (feed_of(request) != Feed::kNormal)
    throw Refusal{400, "code=400, message=Unsupported feed value", ""};
}

std::unique_ptr<Changes> open_changes(Server& server, Connection& connection,
                                      const Request& request) {
  const std::lock_guard lock(server.mutex);
  const std::string name = couch_path(server, request).front();
  const Database* database = server.find(name);
  if (database == nullptr) throw Refusal{404, "not_found", "Database does not exist."};
  server.require_member(request, name);
  const auto broken = server.broken_feeds.find(name);
  if (broken != server.broken_feeds.end() && feed_of(request) != Feed::kNormal)
    throw Refusal{broken->second, "broken", "This feed is broken."};
  if (server.options.dialect == CouchDialect::kCozy) check_cozy(request);
  ChangesQuery query(request);
  const auto since = database->parse_since(request.parameter("since"));
  if (!since)
    throw Refusal{400, "bad_request", "Malformed sequence supplied in 'since' parameter."};
  return std::make_unique<Changes>(server, connection, std::move(query), *database, *since);
}

class DatabaseUpdates {
 public:
  DatabaseUpdates(Server& server, Connection& connection, const Request& request,
                  std::uint64_t since)
      : server_(server),
        connection_(connection),
        feed_(feed_of(request)),
        patience_(request),
        limit_(number_of(request, "limit", UINT64_MAX)),
        at_(since) {}

  net::awaitable<void> send() {
    co_await connection_.begin_chunked();
    if (feed_ != Feed::kContinuous) co_await connection_.write(chunk("{\"results\":[\n"));
    co_await send_events();
    while (is_waiting()) {
      if (has_news()) {
        co_await send_events();
        continue;
      }
      const auto woken = co_await connection_.wait("", patience_.step());
      if (woken == Connection::Woken::kGone) co_return;
      if (woken == Connection::Woken::kMoved) continue;
      if (!patience_.beats()) break;
      co_await connection_.write(chunk("\n"));
    }
    const std::string last = "\"last_seq\":" + Updates::sequence(at_) + '}';
    std::string end = last_chunks(feed_ == Feed::kContinuous ? '{' + last : "\n],\n" + last);
    co_await connection_.write(std::move(end));
  }

 private:
  [[nodiscard]] bool is_waiting() const {
    return sent_ < limit_ &&
           (feed_ == Feed::kContinuous || (feed_ == Feed::kLongPoll && sent_ == 0));
  }

  [[nodiscard]] bool has_news() const {
    const std::lock_guard lock(server_.mutex);
    return server_.updates.after(at_) != nullptr;
  }

  net::awaitable<void> send_events() {
    std::string bytes;
    {
      const std::lock_guard lock(server_.mutex);
      while (sent_ < limit_) {
        const auto* event = server_.updates.after(at_);
        if (event == nullptr) break;
        std::string row = feed_ != Feed::kContinuous && sent_ > 0 ? ",\n{" : "{";
        row += "\"db_name\":";
        append_string(row, event->database);
        row +=
            fmt::format(R"(,"type":"{}","seq":{}}})", event->type, Updates::sequence(event->seq));
        if (feed_ == Feed::kContinuous) row += '\n';
        bytes += chunk(row);
        at_ = event->seq;
        ++sent_;
      }
    }
    if (!bytes.empty()) co_await connection_.write(std::move(bytes));
  }

  Server& server_;
  Connection& connection_;
  const Feed feed_;
  const Patience patience_;
  const std::uint64_t limit_;
  std::uint64_t at_;
  std::uint64_t sent_ = 0;
};

std::unique_ptr<DatabaseUpdates> open_updates(Server& server, Connection& connection,
                                              const Request& request) {
  const std::lock_guard lock(server.mutex);
  if (server.options.refuses_db_updates) throw Refusal{403, "forbidden", "Forbidden"};
  server.require_admin(request);
  const auto since = server.updates.parse_since(request.parameter("since"));
  if (!since)
    throw Refusal{400, "bad_request", "Malformed sequence supplied in 'since' parameter."};
  return std::make_unique<DatabaseUpdates>(server, connection, request, *since);
}

}  // namespace

bool is_feed(const Server& server, const Request& request) {
  const auto path = couch_path(server, request);
  if (server.options.dialect != CouchDialect::kCozy && path.size() == 1)
    return path[0] == "_db_updates";
  return path.size() == 2 && path[1] == "_changes" && !path[0].starts_with('_');
}

net::awaitable<void> send_feed(Server& server, Connection& connection, const Request& request) {
  std::unique_ptr<Changes> changes;
  std::unique_ptr<DatabaseUpdates> updates;
  std::optional<Answer> refused;
  try {
    if (request.path.size() == 1) {
      updates = open_updates(server, connection, request);
    } else {
      changes = open_changes(server, connection, request);
    }
  } catch (const Refusal& error) {
    refused = refusal(error);
  }
  if (refused) co_await connection.send(*refused);
  if (changes) co_await changes->send();
  if (updates) co_await updates->send();
}

}  // namespace support::memory
