// davenport: the command line, and the parts of `serve`.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fmt/format.h>
#include <future>
#include <grp.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <variant>

#include "api/access.hpp"
#include "api/accounts.hpp"
#include "api/command_line.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/config.hpp"
#include "api/data_folder.hpp"
#include "api/davenport_db.hpp"
#include "api/events.hpp"
#include "api/http_server.hpp"
#include "api/instance_lock.hpp"
#include "api/log.hpp"
#include "api/metrics.hpp"
#include "api/service.hpp"
#include "api/service_manager.hpp"
#include "api/stop_signals.hpp"
#include "api/tokens.hpp"
#include "indexer/extraction/sandbox.hpp"
#include "indexer/extraction/worker_process.hpp"
#include "indexer/index_walk.hpp"
#include "mail/parser.hpp"

namespace api {
namespace {

// A stop ends within ten seconds. Work that is cut off then loses nothing: each step is a transaction.
constexpr std::chrono::seconds kStopTimeout{9};

void exit_after_timeout() {
  std::thread([] {
    std::this_thread::sleep_for(kStopTimeout);
    log_event(Level::kWarning, "cutOff", "stopping takes too long: what is under way is cut off");
    std::_Exit(kDone);
  }).detach();
}

HttpSettings http_settings(const HttpConfig& http) {
  HttpSettings settings;
  settings.listen = http.listen;
  settings.access = http.is_open() ? HttpAccess::kOpen : HttpAccess::kByToken;
  if (!http.tls_certificate.empty()) settings.tls = TlsFiles{http.tls_certificate, http.tls_key};
  settings.workers = http.workers;
  settings.limits.connections = http.max_connections;
  settings.limits.connections_per_client =
      http.is_loopback ? http.max_connections : http.connections_per_address;
  settings.cors_origins = http.cors_origins;
  return settings;
}

// Such as "https://127.0.0.1:8825, with access tokens".
std::string where_to_reach(const HttpConfig& http, std::uint16_t port) {
  return fmt::format("{}://{}:{}, {}", http.tls_certificate.empty() ? "http" : "https",
                     http.listen.substr(0, http.listen.rfind(':')), port,
                     http.is_open() ? "open to this machine" : "with access tokens");
}

void listen(HttpServer& server, const Config& config) {
  server.listen_unix(admin_socket(config.data_dir));
  log_event(Level::kInfo, "started",
            fmt::format("davenport {} on {}, listening on {}", DAVENPORT_VERSION,
                        config.data_dir.string(), where_to_reach(config.http, server.listen_tcp())),
            {{"version", DAVENPORT_VERSION}, {"folder", config.data_dir.string()}});
}

// Connections and accounts need file descriptors, and the usual limit is 1,024.
void raise_open_files_limit(const Config& config) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);  // refused: then there are fewer connections
  const auto most = Accounts::most_open(config);
  if (most >= config.replication.max_open_accounts) return;
  log_event(Level::kWarning, "fewFileHandles",
            fmt::format("the limit of open files ({}) allows {} open accounts, not the {} of "
                        "max_open_accounts: raise it (LimitNOFILE= in the systemd unit, ulimit -n)",
                        files.rlim_max, most, config.replication.max_open_accounts));
}

// On loopback clients are not limited by address: all clients of a proxy have the same one.
AccessRules access_rules(const HttpConfig& http) {
  return {http.is_open(), http.requests_per_second, !http.is_loopback};
}

Config load(const CommandLine& line) {
  Config config = load_config(config_file(line));
  if (line.data) config.data_dir = *line.data;
  return config;
}

// The changed configuration; nothing when it cannot be used while the server runs.
std::optional<Config> reload_config(const CommandLine& line, const Config& running) {
  try {
    Config config = load(line);
    if (config.data_dir != running.data_dir)
      throw ConfigError("data_dir cannot change while a server runs: restart it");
    return config;
  } catch (const std::exception& error) {
    log_event(Level::kError, "reloadFailed",
              fmt::format("the configuration stays as it was: {}", error.what()));
  }
  return std::nullopt;
}

// `http` is what the server was told before, and becomes `changed` when that can be used.
void update_http(HttpConfig& http, const HttpConfig& changed, AccessControl& access, Events& events,
                 HttpServer& server) {
  try {
    const std::uint16_t port = server.change(http_settings(changed));
    access.change(access_rules(changed));
    events.limit_clients(changed.max_listeners);
    if (changed != http)
      log_event(Level::kInfo, "listening", "listening on " + where_to_reach(changed, port));
    http = changed;
  } catch (const std::exception& error) {
    log_event(Level::kError, "reloadFailed",
              fmt::format("[http] stays as it was: {}", error.what()));
  }
}

// Of a reload after which nothing is answered any more.
struct StopAtFailure {
  StopAtFailure() = default;
  StopAtFailure(const StopAtFailure&) = delete;
  StopAtFailure& operator=(const StopAtFailure&) = delete;
  ~StopAtFailure() {
    if (std::uncaught_exceptions() > 0) ::kill(::getpid(), SIGTERM);
  }
};

int run(const ServeCommand&, const CommandLine& line, const Config& config) {
  configure_log(config.log);
  const StopSignals signals;
  const InstanceLock instance(config.data_dir);
  raise_open_files_limit(config);
  Metrics metrics;
  Events events(config.http.max_listeners);
  const Tokens tokens(davenport_db_file(config.data_dir), replica::sqlite::Access::kReadWrite);
  AccessControl access(tokens, access_rules(config.http));
  Service service(config, metrics, events, access);
  HttpServer server([&service](const HttpRequest& request) { return service.handle(request); },
                    http_settings(config.http));

  if (!indexer::has_landlock()) {
    log_event(Level::kWarning, "noLandlock",
              "this kernel has no Landlock: workers that read attachments can open no file, and "
              "miss words of PDF files whose fonts are not embedded");
  }
  listen(server, config);
  server.start();
  notify_manager("READY=1");
  auto reload = [&, http = config.http]() mutable {
    notify_manager("RELOADING=1");
    if (const auto changed = reload_config(line, config)) {
      const StopAtFailure stop;
      if (service.reload(*changed)) {
        configure_log(changed->log);
        update_http(http, changed->http, access, events, server);
      }
    }
    notify_manager("READY=1");
  };
  std::future<void> reloading;  // on its own thread, since it may take a while
  while (signals.wait() == SIGHUP) {
    reloading = std::async(std::launch::async, [&reload, before = std::move(reloading)]() mutable {
      if (before.valid()) before.get();
      reload();
    });
  }
  log_event(Level::kInfo, "stopping", "stopping");
  notify_manager("STOPPING=1");
  exit_after_timeout();
  if (reloading.valid()) reloading.get();
  service.stop();  // first: a request may wait for a source
  server.stop();
  return kDone;
}

// The service's user could not write the files that a command of root made: such a command acts as the
// owner of the data folder.
void act_as_owner(const std::filesystem::path& data_dir) {
  struct stat folder {};
  if (::geteuid() != 0 || ::stat(data_dir.c_str(), &folder) != 0 || folder.st_uid == 0) return;
  const passwd* const user = ::getpwuid(folder.st_uid);
  const bool has_groups = user != nullptr ? ::initgroups(user->pw_name, folder.st_gid) == 0
                                          : ::setgroups(0, nullptr) == 0;
  if (!has_groups || ::setgid(folder.st_gid) != 0 || ::setuid(folder.st_uid) != 0) {
    throw std::system_error(errno, std::system_category(),
                            fmt::format("root cannot act as the owner of {} (user {})",
                                        data_dir.string(), folder.st_uid));
  }
}

int run_command(const CommandLine& line) {
  const bool is_check = std::holds_alternative<ConfigCheckCommand>(line.command);
  const Config config = is_check ? Config() : load(line);
  mail::initialize();
  if (!is_check && !std::holds_alternative<ServeCommand>(line.command))
    act_as_owner(config.data_dir);
  return std::visit([&](const auto& command) { return run(command, line, config); }, line.command);
}

void prepare_process() {
  ::umask(0077);  // mail is private
  std::signal(SIGPIPE, SIG_IGN);
  prepare_log();
}

int print_error(const std::exception& error, int exit_code) {
  const std::string advice = advice_on_damage(error);
  fmt::print(stderr, "davenport: {}\n", advice.empty() ? error.what() : advice);
  return exit_code;
}

}  // namespace
}  // namespace api

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string_view(argv[1]) == indexer::kWorkerArgument)
      indexer::run_extract_worker(indexer::extract_text);
    if (argc == 3 && std::string_view(argv[1]) == indexer::kIndexWalkArgument)
      indexer::run_index_walk(argv[2]);
    api::prepare_process();
    const auto parsed = api::parse_command_line(argc, argv);
    if (const auto* information = std::get_if<api::Information>(&parsed)) {
      api::print(information->text);
      return api::kDone;
    }
    return api::run_command(std::get<api::CommandLine>(parsed));
  } catch (const api::UsageError& error) {
    return api::print_error(error, api::kWrongUsage);
  } catch (const api::ConfigError& error) {
    return api::print_error(error, api::kWrongUsage);
  } catch (const std::exception& error) {
    return api::print_error(error, api::kFailed);
  }
}
