// davenport: the command line, and the parts of `serve`.
#include <csignal>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <variant>

#include "api/access.hpp"
#include "api/accounts.hpp"
#include "api/admin_client.hpp"
#include "api/command_line.hpp"
#include "api/commands.hpp"
#include "api/config.hpp"
#include "api/events.hpp"
#include "api/http_server.hpp"
#include "api/metrics.hpp"
#include "api/replication.hpp"
#include "api/routes.hpp"
#include "api/stop_signals.hpp"
#include "api/tasks.hpp"
#include "api/tokens.hpp"
#include "indexer/extraction/sandbox.hpp"
#include "indexer/extraction/worker_process.hpp"
#include "mail/parser.hpp"

namespace api {
namespace {

constexpr const char* kDefaultConfig = "/etc/davenport/davenport.toml";

void listen(HttpServer& server, const Config& config) {
  if (AdminClient(config.data_dir).is_served()) {
    throw std::runtime_error(
        fmt::format("another davenport is running on {}: stop it, or use another --data",
                    config.data_dir.string()));
  }
  std::filesystem::create_directories(config.data_dir);
  server.listen_unix(config.data_dir / "admin.sock");
  std::optional<TlsFiles> tls;
  if (!config.http.tls_certificate.empty())
    tls = TlsFiles{config.http.tls_certificate, config.http.tls_key};
  const std::uint16_t port = server.listen_tcp(config.http.listen, config.http.is_open(), tls);
  const std::string host = config.http.listen.substr(0, config.http.listen.rfind(':'));
  spdlog::info("listening on {}://{}:{}, {}", tls ? "https" : "http", host, port,
               config.http.is_open() ? "open to this machine" : "with access tokens");
}

HttpLimits limits_of(const HttpConfig& http) {
  HttpLimits limits;
  limits.connections = http.max_connections;
  limits.connections_per_client =
      http.is_loopback ? http.max_connections : http.connections_per_address;
  return limits;
}

// Each connection has a file handle, and the usual limit is 1,024.
void raise_open_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);  // refused: then there are fewer connections
}

int run(const ServeCommand&, const CommandLine&, const Config& config) {
  spdlog::set_level(spdlog::level::info);
  raise_open_files();
  const StopSignals stop;
  Metrics metrics;
  Accounts accounts(config, replica::sqlite::Access::kReadWrite);
  Events events(config.http.max_listeners);
  const Tokens tokens(config.data_dir / "davenport.db", replica::sqlite::Access::kReadWrite);
  // On loopback an address tells nothing: all that a proxy passes on has the same.
  const AccessControl access(
      tokens, {config.http.is_open(), config.http.requests_per_second, !config.http.is_loopback});
  Replication replication(config, accounts, metrics, &events);
  Tasks tasks;  // which ask the replication
  const Routes routes(config, accounts, tasks, replication, metrics, events, access);
  HttpServer server([&routes](const HttpRequest& request) { return routes.handle(request); },
                    config.http.workers, limits_of(config.http), config.http.cors_origins);

  if (!indexer::has_landlock()) {
    spdlog::warn(
        "this kernel has no Landlock: workers that read attachments can open no file, and miss "
        "words "
        "of PDF files whose fonts are not embedded");
  }
  listen(server, config);
  replication.start();
  server.start();
  stop.wait();
  spdlog::info("stopping");
  server.stop();
  replication.stop();
  return kDone;
}

Config load(const CommandLine& line) {
  auto file = line.config;
  if (!file && std::filesystem::exists(kDefaultConfig)) file = kDefaultConfig;
  Config config = load_config(file);
  if (line.data) config.data_dir = *line.data;
  return config;
}

int run_command(const CommandLine& line) {
  const Config config = load(line);
  mail::initialize();
  return std::visit([&](const auto& command) { return run(command, line, config); }, line.command);
}

// Logs and errors are for people who watch; standard output is for what was asked.
void prepare_process() {
  ::umask(0077);  // mail is private
  std::signal(SIGPIPE, SIG_IGN);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("davenport"));
  spdlog::set_level(spdlog::level::warn);  // a command says itself what it does
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
}

int complain(const std::exception& error, int exit_code) {
  fmt::print(stderr, "davenport: {}\n", error.what());
  return exit_code;
}

}  // namespace
}  // namespace api

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string_view(argv[1]) == indexer::kWorkerArgument)
      indexer::run_extract_worker(indexer::extract_text);
    api::prepare_process();
    const auto parsed = api::parse_command_line(argc, argv);
    if (const auto* information = std::get_if<api::Information>(&parsed)) {
      api::print(information->text);
      return api::kDone;
    }
    return api::run_command(std::get<api::CommandLine>(parsed));
  } catch (const api::UsageError& error) {
    return api::complain(error, api::kWrongUsage);
  } catch (const api::ConfigError& error) {
    return api::complain(error, api::kWrongUsage);
  } catch (const std::exception& error) {
    return api::complain(error, api::kFailed);
  }
}
