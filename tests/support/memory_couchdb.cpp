#include "tests/support/memory_couchdb.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "tests/support/bytes.hpp"
#include "tests/support/memory_server.hpp"

namespace support {

namespace net = boost::asio;
using memory::Content;
using memory::Database;
using memory::Document;
using memory::Rev;

std::uint64_t CouchCounters::all_requests() const {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& route) { return sum + route.second; });
}

namespace {

Rev parse_rev(const std::string& text) {
  const auto rev = Rev::parse(text);
  if (!rev) throw std::invalid_argument("no revision: " + text);
  return *rev;
}

const Document& document_of(const Database& database, const std::string& id) {
  const Document* document = database.find(id);
  if (document == nullptr) throw std::out_of_range("no document " + id);
  return *document;
}

// The content of a live winner; else an empty one.
Content present_content(const Database& database, const std::string& id) {
  const Document* document = database.find(id);
  if (document == nullptr || document->tree.winner().content->deleted) return {};
  return *document->tree.winner().content;
}

std::optional<Rev> winner_of(const Database& database, const std::string& id) {
  const Document* document = database.find(id);
  return document == nullptr ? std::nullopt : std::optional(document->tree.winner().rev);
}

}  // namespace

struct MemoryCouchdb::State {
  explicit State(CouchOptions options) : server(std::move(options)) {}

  net::awaitable<void> accept() {
    for (;;) {
      auto socket = co_await acceptor.async_accept(net::use_awaitable);
      net::co_spawn(server.context, serve(std::move(socket)), net::detached);
    }
  }

  net::awaitable<void> serve(net::ip::tcp::socket socket) {
    memory::Connection connection(server, std::move(socket));
    co_await connection.converse();
  }

  std::string edit(const std::string& name, const std::string& id, Content content) {
    const std::lock_guard lock(server.mutex);
    Database& database = server.at(name);
    const auto rev = database.edit(id, winner_of(database, id), std::move(content));
    server.moved(name, "updated");
    return rev.value().to_string();
  }

  memory::Server server;
  net::ip::tcp::acceptor acceptor{server.context,
                                  net::ip::tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::thread thread;
};

MemoryCouchdb::MemoryCouchdb(CouchOptions options)
    : state_(std::make_unique<State>(std::move(options))) {
  net::co_spawn(state_->server.context, state_->accept(), net::detached);
  state_->thread = std::thread([this] { state_->server.context.run(); });
}

MemoryCouchdb::~MemoryCouchdb() {
  state_->server.context.stop();
  state_->thread.join();
}

std::string MemoryCouchdb::url() const { return fmt::format("http://127.0.0.1:{}", port()); }

unsigned short MemoryCouchdb::port() const { return state_->acceptor.local_endpoint().port(); }

void MemoryCouchdb::create(const std::string& database) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.create(database);
}

void MemoryCouchdb::drop(const std::string& database) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.drop(database);
}

void MemoryCouchdb::recreate(const std::string& database) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.drop(database);
  state_->server.create(database);
}

bool MemoryCouchdb::contains(const std::string& database) const {
  const std::lock_guard lock(state_->server.mutex);
  return state_->server.find(database) != nullptr;
}

std::vector<std::string> MemoryCouchdb::databases() const {
  const std::lock_guard lock(state_->server.mutex);
  std::vector<std::string> names;
  for (const auto& [name, database] : state_->server.databases) names.push_back(name);
  return names;
}

std::string MemoryCouchdb::put(const std::string& database, const std::string& id,
                               std::string_view json) {
  Content content;
  {
    const std::lock_guard lock(state_->server.mutex);
    content.attachments = present_content(state_->server.at(database), id).attachments;
  }
  content.members = memory::members_of(json);
  return state_->edit(database, id, std::move(content));
}

std::string MemoryCouchdb::remove(const std::string& database, const std::string& id) {
  Content content;
  content.deleted = true;
  return state_->edit(database, id, std::move(content));
}

std::string MemoryCouchdb::conflict(const std::string& database, const std::string& id,
                                    std::string_view json, bool deleted) {
  std::vector<std::string> path;
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(state_->server.mutex);
    const Document& document = document_of(state_->server.at(database), id);
    generation = document.tree.winner().rev.generation;
    path = document.tree.path(document.tree.leaves().front());
    path[0] = hex(md5(fmt::format("beside {} {} {}", path[0], document.seq, json)));
  }
  std::vector<std::string> revisions;
  for (std::size_t i = 0; i < path.size(); ++i)
    revisions.push_back(fmt::format("{}-{}", generation - i, path[i]));
  graft(database, id, revisions, json, deleted);
  return revisions.front();
}

void MemoryCouchdb::graft(const std::string& database, const std::string& id,
                          const std::vector<std::string>& revisions, std::string_view json,
                          bool deleted) {
  std::vector<std::string> path;
  for (const std::string& rev : revisions) path.push_back(parse_rev(rev).digest);
  Content content;
  content.deleted = deleted;
  content.members = memory::members_of(json);
  const std::lock_guard lock(state_->server.mutex);
  state_->server.at(database).graft(id, parse_rev(revisions.at(0)).generation, path,
                                    std::move(content));
  state_->server.moved(database, "updated");
}

std::string MemoryCouchdb::attach(const std::string& database, const std::string& id,
                                  const std::string& name, const std::string& content_type,
                                  const std::string& bytes) {
  auto attachment = memory::make_attachment(content_type, bytes);
  Content content;
  {
    const std::lock_guard lock(state_->server.mutex);
    content = present_content(state_->server.at(database), id);
  }
  std::erase_if(content.attachments, [&name](const auto& named) { return named.name == name; });
  content.attachments.push_back({name, std::move(attachment), 0});
  return state_->edit(database, id, std::move(content));
}

void MemoryCouchdb::purge(const std::string& database, const std::string& id) {
  std::vector<std::string> leaves;
  {
    const std::lock_guard lock(state_->server.mutex);
    const Document& document = document_of(state_->server.at(database), id);
    for (const std::size_t leaf : document.tree.leaves())
      leaves.push_back(document.tree[leaf].rev.to_string());
  }
  for (const std::string& leaf : leaves) purge(database, id, leaf);
}

void MemoryCouchdb::purge(const std::string& database, const std::string& id,
                          const std::string& rev) {
  const std::vector<Rev> revs{parse_rev(rev)};
  const std::lock_guard lock(state_->server.mutex);
  (void)state_->server.at(database).purge(id, revs);
  state_->server.moved(database, "updated");
}

void MemoryCouchdb::compact(const std::string& database) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.at(database).compact();
}

void MemoryCouchdb::set_revs_limit(const std::string& database, std::size_t limit) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.at(database).set_revs_limit(limit);
}

std::string MemoryCouchdb::update_seq(const std::string& database) const {
  const std::lock_guard lock(state_->server.mutex);
  const Database& found = state_->server.at(database);
  return found.sequence(found.end());
}

void MemoryCouchdb::inspect(const std::string& database,
                            const std::function<void(const Database&)>& visit) const {
  const std::lock_guard lock(state_->server.mutex);
  visit(state_->server.at(database));
}

void MemoryCouchdb::add_user(const std::string& name, const std::string& password) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.passwords[name] = password;
}

void MemoryCouchdb::set_members(const std::string& database, std::vector<std::string> names) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.members[database] = std::move(names);
}

void MemoryCouchdb::break_feeds(const std::string& database, int status) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.broken_feeds[database] = status;
}

void MemoryCouchdb::set_unreachable(const std::string& database, bool is_unreachable) {
  const std::lock_guard lock(state_->server.mutex);
  auto& unreachable = state_->server.unreachable;
  is_unreachable ? (void)unreachable.insert(database) : (void)unreachable.erase(database);
}

void MemoryCouchdb::hold_feeds(const std::string& database) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.at(database).hold_feeds();
}

void MemoryCouchdb::release_feeds(const std::string& database) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.at(database).release_feeds();
}

void MemoryCouchdb::set_file(const std::string& id, const std::string& content_type,
                             std::string bytes) {
  const std::lock_guard lock(state_->server.mutex);
  state_->server.files[id] = {content_type, std::move(bytes)};
}

CouchCounters MemoryCouchdb::counters() const {
  const std::lock_guard lock(state_->server.mutex);
  return state_->server.counters;
}

void MemoryCouchdb::reset_counters() {
  const std::lock_guard lock(state_->server.mutex);
  const auto open = state_->server.counters.open_connections;
  state_->server.counters = {};
  state_->server.counters.open_connections = open;
  state_->server.counters.most_connections = open;
}

void MemoryCouchdb::disconnect() {
  const auto close_all = [this] {
    std::set<memory::Connection*> open;
    {
      const std::lock_guard lock(state_->server.mutex);
      open = state_->server.connections;
    }
    for (memory::Connection* connection : open) connection->close();
  };
  net::post(state_->server.context, net::use_future(close_all)).get();
}

}  // namespace support
