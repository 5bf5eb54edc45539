#include "tests/support/memory_server.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <stdexcept>

#include "tests/support/bytes.hpp"

namespace support::memory {
namespace {

constexpr std::uint64_t kFirstInstance = 1'795'419'162;  // seconds, as in the recordings
constexpr std::string_view kUpdatesTail =
    "-g1AAAACheJzLYWBgYMpgTmEQTM4vTc5ISXIwNDLXMwBCwxyQVCJDUv3___-zMpiTGBgYI3KBYuwWlimWFkZp2PTg";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

Request::Request(http::request<http::string_body> message) : http(std::move(message)) {
  method = http.method() == http::verb::head ? "GET" : std::string(http.method_string());
  const std::string_view target(http.target().data(), http.target().size());
  const auto question = target.find('?');
  for (const std::string_view segment : split(target.substr(0, question), '/')) {
    if (!segment.empty()) path.push_back(percent_decoded(segment));
  }
  if (question == std::string_view::npos) return;
  for (const std::string_view pair : split(target.substr(question + 1), '&')) {
    const auto equals = pair.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    query[form_decoded(pair.substr(0, equals))] = form_decoded(value);
  }
}

std::string Request::parameter(const std::string& name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

bool Request::is_true(const std::string& name) const { return parameter(name) == "true"; }

std::string Request::field(std::string_view name) const {
  return std::string(http[boost::beast::string_view(name.data(), name.size())]);
}

Answer refusal(const Refusal& refusal) {
  std::string json = "{\"error\":";
  append_string(json, refusal.error);
  json += ",\"reason\":";
  append_string(json, refusal.reason);
  json += "}\n";
  return {refusal.status, std::move(json)};
}

void Updates::add(const std::string& database, std::string_view type) {
  const auto [place, is_new] = last_of_.try_emplace({database, type}, 0);
  if (!is_new) events_.erase(place->second);
  place->second = ++last_;
  events_[last_] = {last_, database, type};
}

const Updates::Event* Updates::after(std::uint64_t since) const {
  const auto found = events_.upper_bound(since);
  return found == events_.end() ? nullptr : &found->second;
}

std::string Updates::sequence(std::uint64_t seq) {
  return fmt::format("\"{}{}\"", seq, kUpdatesTail);
}

std::optional<std::uint64_t> Updates::parse_since(std::string_view text) const {
  if (text.empty() || text == "0") return 0;
  if (text == "now") return last_;
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  const auto tail = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || tail != kUpdatesTail) return std::nullopt;
  return seq;
}

Database* Server::find(const std::string& database) const {
  const auto found = databases.find(database);
  return found == databases.end() ? nullptr : found->second.get();
}

Database& Server::at(const std::string& database) const {
  Database* found = find(database);
  if (found == nullptr) throw std::out_of_range("no database " + database);
  return *found;
}

Database& Server::create(const std::string& database) {
  auto& place = databases[database];
  if (!place) {
    const auto sequences =
        options.dialect == CouchDialect::kCouchdb1 ? SequenceStyle::kNumber : options.sequences;
    place = std::make_unique<Database>(database, kFirstInstance + ++incarnations,
                                       Database::Options{options.shards, sequences});
    moved(database, "created");
  }
  return *place;
}

void Server::drop(const std::string& database) {
  if (databases.erase(database) == 0) return;
  members.erase(database);
  moved(database, "deleted");
}

void Server::moved(const std::string& database, std::string_view type) {
  if (options.db_updates_delay == std::chrono::milliseconds(0)) {
    log_update(database, type);
  } else {
    delayed_updates.emplace_back(database, type);
    if (delayed_updates.size() == 1) {
      const auto timer = std::make_shared<net::steady_timer>(context, options.db_updates_delay);
      timer->async_wait([this, timer](const boost::system::error_code&) {
        const std::lock_guard lock(mutex);
        for (const auto& [name, kind] : delayed_updates) log_update(name, kind);
        delayed_updates.clear();
        wake("");
      });
    }
  }
  wake(database);
}

void Server::log_update(const std::string& database, std::string_view type) {
  // CouchDB's own list of databases is a database that moves, too.
  if (type != "updated") updates.add("_dbs", "updated");
  updates.add(database, type);
}

void Server::wake(const std::string& database) {
  net::post(context, [this, database] {
    for (const std::string& name : {database, std::string()}) {
      const auto [begin, end] = waiters.equal_range(name);
      for (auto waiter = begin; waiter != end; ++waiter) waiter->second->cancel();
    }
  });
}

Server::User Server::user_of(const Request& request) const {
  const std::string field = request.field("Authorization");
  if (options.dialect == CouchDialect::kCozy) {
    if (!options.token.empty() && field != "Bearer " + options.token)
      throw Refusal{401, "code=401, message=Unauthorized", ""};
    return {"cozy", true};
  }
  if (options.user.empty()) return {"admin", true};
  if (!field.starts_with("Basic ")) return {};
  const std::string credentials = from_base64(field.substr(6)).value_or("");
  const auto colon = credentials.find(':');
  const std::string name = credentials.substr(0, colon);
  const std::string password =
      colon == std::string::npos ? std::string() : credentials.substr(colon + 1);
  if (name == options.user && password == options.password) return {name, true};
  const auto known = passwords.find(name);
  if (known == passwords.end() || known->second != password)
    throw Refusal{401, "unauthorized", "Name or password is incorrect."};
  return {name, false};
}

void Server::require_admin(const Request& request) const {
  if (!user_of(request).is_admin) throw Refusal{401, "unauthorized", "You are not a server admin."};
}

void Server::require_member(const Request& request, const std::string& database) const {
  const User user = user_of(request);
  if (user.is_admin) return;
  const auto found = members.find(database);
  if (found != members.end() && std::ranges::find(found->second, user.name) != found->second.end())
    return;
  if (user.name.empty())
    throw Refusal{401, "unauthorized", "You are not authorized to access this db."};
  throw Refusal{403, "forbidden", "You are not allowed to access this db."};
}

std::string Server::instance_start_time(const Database& database) const {
  if (options.dialect == CouchDialect::kCouchdb2) return "0";
  if (options.dialect != CouchDialect::kCouchdb1) return std::to_string(database.incarnation());
  using namespace std::chrono;
  const auto opened = system_clock::now().time_since_epoch();
  return std::to_string(duration_cast<microseconds>(opened).count());
}

}  // namespace support::memory
