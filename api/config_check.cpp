#include "api/config_check.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "api/data_folder.hpp"
#include "api/davenport_db.hpp"
#include "api/http_tls.hpp"
#include "api/registry.hpp"
#include "replica/couch_client.hpp"
#include "replica/http_status.hpp"

namespace api {
namespace {

namespace fs = std::filesystem;
namespace net = boost::asio;
using replica::SourceError;

constexpr std::size_t kProblemsNamed = 20;

replica::Timeouts short_timeouts() {
  replica::Timeouts timeouts;
  timeouts.connect = std::chrono::seconds(5);
  timeouts.idle = std::chrono::seconds(10);
  return timeouts;
}

std::string server_name(const replica::ServerInfo& server) {
  switch (server.dialect) {
    case replica::Dialect::kCouchdb:
      return "CouchDB " + server.version;
    case replica::Dialect::kCozy:
      return "cozy-stack";
    case replica::Dialect::kPouchdb:
      break;
  }
  return "PouchDB Server " + server.version;
}

// Names of databases that the configuration or the server gives.
struct Databases {
  std::vector<std::string> names;
  std::size_t accounts = 0;
};

Databases configured_databases(const SourceConfig& source) {
  Databases databases;
  for (const std::string& account : source.accounts) {
    ++databases.accounts;
    for (const mail::Doctype doctype : source.databases_of_account())
      databases.names.push_back(source.layout.database(account, doctype));
  }
  return databases;
}

Databases databases_found(const SourceConfig& source, const std::vector<std::string>& all) {
  Databases databases;
  std::set<std::string> accounts;
  for (const std::string& name : all) {
    const auto place = source.layout.parse(name, {});
    if (!place || !is_valid_account_name(place->account)) continue;
    accounts.insert(place->account);
    databases.names.push_back(name);
  }
  databases.accounts = accounts.size();
  return databases;
}

net::awaitable<Databases> find_databases(replica::CouchClient& client, const SourceConfig& source,
                                         SourceCheck& check) {
  if (!source.has_all_accounts) co_return configured_databases(source);
  try {
    const auto all = co_await client.all_databases();
    Databases found = databases_found(source, all);
    check.facts.push_back(fmt::format("_all_dbs can be read: {} accounts", found.accounts));
    if (found.accounts == 0) {
      check.problems.push_back(fmt::format(
          "none of the {} databases there is named as layout = \"{}\" says, so no account is "
          "found; PouchDB Server lists names without their slashes: there, take "
          "\"{{account}}_{{doctype}}\", or name the accounts",
          all.size(), source.layout.pattern()));
    }
    co_return found;
  } catch (const SourceError& error) {
    check.problems.push_back(
        fmt::format("_all_dbs cannot be read, which accounts = \"all\" needs: {}; give user '{}' "
                    "the rights of a server administrator, or name the accounts",
                    error.what(), source.address.user));
  }
  co_return Databases{};
}

// Nothing: the database can be read.
net::awaitable<std::optional<SourceError>> why_unreadable(replica::CouchClient& client,
                                                          std::string database) {
  replica::ChangesQuery query;
  query.limit = 1;
  try {
    (void)co_await client.changes(database, query);
    co_return std::nullopt;
  } catch (const SourceError& error) {
    if (error.kind() != SourceError::Kind::kNotFound) co_return error;
  }
  try {
    (void)co_await client.database_info(database);  // tells more of what is not found
    co_return std::nullopt;
  } catch (const SourceError& error) {
    co_return error;
  }
}

net::awaitable<void> read_databases(replica::CouchClient& client, const SourceConfig& source,
                                    SourceCheck& check) {
  const Databases databases = co_await find_databases(client, source, check);
  std::size_t readable = 0, absent = 0;
  bool is_misrouted = false;
  std::vector<std::string> refused;
  for (const std::string& name : databases.names) {
    const std::optional<SourceError> why = co_await why_unreadable(client, name);
    if (!why) {
      ++readable;
    } else if (why->kind() == SourceError::Kind::kNotFound) {
      ++absent;
    } else if (why->status() == replica::http_status::kNotFound) {
      // So are all others.
      if (!std::exchange(is_misrouted, true)) refused.emplace_back(why->what());
    } else {
      refused.push_back(fmt::format("{}: {}; make user '{}' a member of it", name, why->what(),
                                    source.address.user));
    }
  }
  check.facts.push_back(
      fmt::format("{} databases can be read, {} are not there", readable, absent));
  if (refused.size() > kProblemsNamed) {
    const auto more = refused.size() - kProblemsNamed;
    refused.resize(kProblemsNamed);
    refused.push_back(fmt::format("and {} more", more));
  }
  check.problems.insert(check.problems.end(), refused.begin(), refused.end());
  if (databases.accounts > 0 && readable == 0 && refused.empty())
    check.problems.emplace_back("none of the databases is there: see layout and accounts");
}

// Last, since the client is closed as soon as the feed stands.
net::awaitable<void> check_updates_feed(replica::CouchClient& client, const SourceConfig& source,
                                        replica::Dialect dialect, SourceCheck& check) {
  if (source.watch != Watch::kUpdates || dialect == replica::Dialect::kPouchdb) {
    check.facts.push_back(fmt::format(
        "changes are heard by watch = \"{}\"",
        watch_name(source.watch == Watch::kUpdates ? Watch::kContinuous : source.watch)));
    co_return;
  }
  const bool is_cozy = dialect == replica::Dialect::kCozy;
  const char* feed = is_cozy ? "/realtime/" : "_db_updates";
  replica::WatchQuery query;
  query.kind = is_cozy ? replica::FeedKind::kRealtime : replica::FeedKind::kDatabaseUpdates;
  for (const mail::Doctype doctype : source.doctypes)
    query.doctypes.emplace_back(mail::doctype_name(doctype));
  bool stands = false;
  query.on_open = [&] {
    stands = true;
    client.close();
  };
  const std::function<void(const replica::FeedEvent&)> ignore = [](const replica::FeedEvent&) {};
  std::string why;
  try {
    (void)co_await client.watch(query, ignore);
  } catch (const SourceError& error) {
    why = error.what();
  }
  const std::string needs =
      is_cozy ? "the token needs the permission to GET these doctypes"
              : fmt::format("for it user '{}' needs the rights of a server administrator",
                            source.address.user);
  check.facts.push_back(
      stands ? fmt::format("{} can be read: changes are heard from one feed", feed)
             : fmt::format("{} cannot be read ({}): single databases are watched instead, which "
                           "costs a feed each, or polls; {}",
                           feed, why, needs));
}

net::awaitable<void> check_server(replica::CouchClient& client, const SourceConfig& source,
                                  SourceCheck& check) {
  try {
    const replica::ServerInfo server = co_await client.server_info();
    check.server = server_name(server);
    co_await read_databases(client, source, check);
    co_await check_updates_feed(client, source, server.dialect, check);
  } catch (const SourceError& error) {
    check.problems.emplace_back(error.what());
  }
  client.close();  // else its idle connections are waited for
}

// Empty: davenport can write there.
std::string why_unusable(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    if (!fs::is_directory(folder, error)) return "is no folder";
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return "";
    return fmt::format("cannot be written: {}", std::strerror(errno));
  }
  std::vector<fs::path> absent;  // the outermost last
  for (fs::path at = folder; !at.empty() && !fs::exists(at, error); at = at.parent_path())
    absent.push_back(at);
  fs::create_directories(folder, error);
  const std::string why = error ? "cannot be made: " + error.message() : "";
  // What is not empty is in use by now, and stays.
  for (const fs::path& made : absent) fs::remove(made, error);
  return why;
}

}  // namespace

std::vector<std::string> check_machine(const Config& config) {
  std::vector<std::string> problems;
  if (!config.http.tls_certificate.empty()) {
    try {
      (void)make_tls_context({config.http.tls_certificate, config.http.tls_key});
    } catch (const std::exception& error) {
      problems.emplace_back(error.what());
    }
  }
  const fs::path folder = fs::absolute(config.data_dir).lexically_normal();
  if (admin_socket(folder).native().size() >= sizeof(sockaddr_un::sun_path))
    problems.push_back(
        fmt::format("the name of the data folder {} is too long: a server listens on the socket "
                    "admin.sock in it, whose path may have {} bytes",
                    folder.string(), sizeof(sockaddr_un::sun_path) - 1));
  if (const std::string why = why_unusable(folder); !why.empty())
    problems.push_back(fmt::format("the data folder {} {}", folder.string(), why));
  try {
    (void)Registry(davenport_db_file(folder), replica::sqlite::Access::kReadOnly).accounts();
  } catch (const std::exception& error) {
    const std::string advice = advice_on_damage(error);
    problems.push_back(advice.empty() ? error.what() : advice);
  }
  return problems;
}

SourceCheck check_source(const SourceConfig& source) {
  SourceCheck check;
  check.source = source.name;
  net::io_context context{1};
  try {
    replica::CouchClient client(context.get_executor(), source.address, short_timeouts(), {});
    auto asked = net::co_spawn(context, check_server(client, source, check), net::use_future);
    context.run();
    asked.get();
  } catch (const std::exception& error) {  // a certificate that cannot be read
    check.problems.emplace_back(error.what());
  }
  return check;
}

}  // namespace api
