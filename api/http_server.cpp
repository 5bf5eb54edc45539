#include "api/http_server.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "api/http_connection.hpp"

namespace api {
namespace {

using net::ip::tcp;
using local = net::local::stream_protocol;
using boost::system::error_code;

// Out of file handles: accepting again at once would only spin.
constexpr std::chrono::milliseconds kPauseAfterFailedAccept{100};

struct TcpListener {
  tcp::acceptor acceptor;
  HostPolicy hosts;
  std::optional<TlsFiles> files;
  std::shared_ptr<net::ssl::context> tls;  // null without TLS
};

struct UnixListener {
  local::acceptor acceptor;
};

// The answer fits the socket's buffer, so nobody has to wait for it.
template <typename Socket>
void refuse(Socket& socket) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(busy_answer()), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
}

// Closes the connection that lets the server wait longest, so that those who send slowly never keep
// others out. False when none does.
bool make_room(ConnectionContext& context) {
  OpenConnection* slowest = nullptr;
  for (auto* connection : context.open) {
    const auto since = connection->waits_since();
    if (since && (slowest == nullptr || *since < *slowest->waits_since())) slowest = connection;
  }
  if (slowest != nullptr) slowest->close();
  return slowest != nullptr;
}

bool has_room(ConnectionContext& context) {
  return context.open.size() < context.limits.connections || make_room(context);
}

void serve_accepted(ConnectionContext& context, tcp::socket socket, const TcpListener& listener) {
  error_code ignored;
  std::string client = client_of(socket.remote_endpoint(ignored).address());
  const auto own = context.of_client.find(client);
  const bool has_too_many =
      own != context.of_client.end() && own->second >= context.limits.connections_per_client;
  if (!has_too_many && has_room(context)) {
    serve_connection(context, std::move(socket), listener.hosts, listener.tls, std::move(client));
  } else if (!listener.tls) {
    refuse(socket);
  }
}

void serve_accepted(ConnectionContext& context, local::socket socket, const UnixListener&) {
  if (has_room(context)) {
    serve_connection(context, std::move(socket));
  } else {
    refuse(socket);
  }
}

template <typename Listener>
net::awaitable<void> accept_connections(ConnectionContext& context, Listener& listener) {
  net::steady_timer pause(listener.acceptor.get_executor());
  while (listener.acceptor.is_open()) {
    error_code error;
    auto socket =
        co_await listener.acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
    if (!listener.acceptor.is_open()) break;
    if (error) {
      pause.expires_after(kPauseAfterFailedAccept);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
    } else {
      serve_accepted(context, std::move(socket), listener);
    }
  }
}

struct Address {
  std::string host;  // without brackets
  std::string port;
};

Address split_address(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    throw std::runtime_error(fmt::format(
        "cannot listen on '{}': write an address and a port, such as 127.0.0.1:8825", address));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return {std::move(host), address.substr(colon + 1)};
}

}  // namespace

struct HttpServer::State {
  // Destroyed last to first: no worker outlives what it answers to, and connections leave `context`
  // as `io` drops them.
  net::thread_pool workers;
  ConnectionContext context;
  net::io_context io{1};
  net::executor_work_guard<net::io_context::executor_type> work{io.get_executor()};
  std::vector<std::unique_ptr<TcpListener>> tcp_listeners;
  std::vector<std::unique_ptr<UnixListener>> unix_listeners;
  std::vector<std::filesystem::path> sockets;
  net::steady_timer stop_deadline{io};
  std::thread thread;

  std::vector<std::string> cors_origins;

  State(HttpHandler handler, unsigned worker_count, HttpLimits limits,
        std::vector<std::string> given_cors_origins)
      : workers(std::max(worker_count, 1U)),
        context{std::move(handler),
                limits,
                workers,
                WorkerSlots(std::max(worker_count, 1U)),
                {},
                {},
                {},
                false},
        cors_origins(std::move(given_cors_origins)) {}

  void begin_stop();
};

HttpServer::HttpServer(HttpHandler handler, unsigned workers, HttpLimits limits,
                       std::vector<std::string> cors_origins)
    : state_(
          std::make_unique<State>(std::move(handler), workers, limits, std::move(cors_origins))) {}

HttpServer::~HttpServer() { stop(); }

std::uint16_t HttpServer::listen_tcp(const std::string& address, HttpAccess access,
                                     const std::optional<TlsFiles>& tls) {
  const Address parts = split_address(address);
  error_code error;
  const auto found =
      tcp::resolver(state_->io).resolve(parts.host, parts.port, tcp::resolver::passive, error);
  if (error)
    throw std::runtime_error(fmt::format("cannot listen on '{}': {}", address, error.message()));
  const tcp::endpoint endpoint = found.begin()->endpoint();

  auto listener =
      std::make_unique<TcpListener>(TcpListener{tcp::acceptor(state_->io), {}, tls, nullptr});
  if (tls) listener->tls = make_tls_context(*tls);
  listener->acceptor.open(endpoint.protocol(), error);
  if (!error) listener->acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error) listener->acceptor.bind(endpoint, error);
  if (!error) listener->acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    throw std::runtime_error(fmt::format(
        "cannot listen on '{}': {}; is davenport running already? Else choose another address",
        address, error.message()));
  }
  listener->hosts.any = access == HttpAccess::kByToken;
  listener->hosts.listen_host =
      parts.host.find(':') == std::string::npos ? parts.host : "[" + parts.host + "]";
  listener->hosts.cors_origins = state_->cors_origins;
  state_->tcp_listeners.push_back(std::move(listener));
  return state_->tcp_listeners.back()->acceptor.local_endpoint().port();
}

void HttpServer::listen_unix(const std::filesystem::path& socket) {
  if (socket.native().size() >= sizeof(sockaddr_un::sun_path)) {
    throw std::runtime_error(
        fmt::format("cannot listen on '{}': the path of a socket may have {} bytes",
                    socket.string(), sizeof(sockaddr_un::sun_path) - 1));
  }
  const local::endpoint endpoint(socket.string());
  error_code error;
  if (std::filesystem::is_socket(std::filesystem::symlink_status(socket))) {
    local::socket probe(state_->io);
    probe.connect(endpoint, error);
    if (!error) {
      throw std::runtime_error(
          fmt::format("cannot listen on '{}': another davenport does", socket.string()));
    }
    if (error == net::error::connection_refused) std::filesystem::remove(socket);
    error.clear();
  }
  auto listener = std::make_unique<UnixListener>(UnixListener{local::acceptor(state_->io)});
  listener->acceptor.open(endpoint.protocol(), error);
  if (!error) listener->acceptor.bind(endpoint, error);
  if (error)
    throw std::runtime_error(
        fmt::format("cannot listen on '{}': {}", socket.string(), error.message()));
  // Nobody can connect before listen(), so the mode is in force from the start.
  if (::chmod(socket.c_str(), S_IRUSR | S_IWUSR) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot protect " + socket.string());
  }
  listener->acceptor.listen(net::socket_base::max_listen_connections);
  state_->unix_listeners.push_back(std::move(listener));
  state_->sockets.push_back(socket);
}

void HttpServer::start() {
  const auto executor = state_->io.get_executor();
  for (auto& listener : state_->tcp_listeners) {
    net::co_spawn(executor, accept_connections(state_->context, *listener), net::detached);
  }
  for (auto& listener : state_->unix_listeners) {
    net::co_spawn(executor, accept_connections(state_->context, *listener), net::detached);
  }
  net::io_context* io = &state_->io;
  state_->thread = std::thread([io] { io->run(); });
}

void HttpServer::change(const HttpLimits& limits, std::vector<std::string> cors_origins,
                        HttpAccess access) {
  net::post(state_->io, [state = state_.get(), limits, origins = std::move(cors_origins), access] {
    state->context.limits = limits;
    for (auto& listener : state->tcp_listeners) {
      listener->hosts.cors_origins = origins;
      listener->hosts.any = access == HttpAccess::kByToken;
    }
  });
}

void HttpServer::renew_certificates() {
  for (auto& listener : state_->tcp_listeners) {
    if (!listener->files) continue;
    net::post(state_->io, [listener = listener.get(), tls = make_tls_context(*listener->files)] {
      listener->tls = tls;
    });
  }
}

void HttpServer::State::begin_stop() {
  context.stopping = true;
  for (auto& listener : tcp_listeners) listener->acceptor.close();
  for (auto& listener : unix_listeners) listener->acceptor.close();
  for (auto* connection : context.open) {
    connection->is_idle() ? connection->close() : connection->wake();
  }
  if (!context.open.empty()) {
    context.on_last_closed = [this] { stop_deadline.cancel(); };
    stop_deadline.expires_after(context.limits.stop);
    stop_deadline.async_wait([this](error_code error) {
      if (!error) io.stop();
    });
  }
  work.reset();
}

void HttpServer::stop() {
  State& state = *state_;
  if (state.thread.joinable()) {
    net::post(state.io, [&state] { state.begin_stop(); });
    state.thread.join();
  }
  state.workers.join();
  state.context.on_last_closed = nullptr;
  std::error_code ignored;
  for (const auto& socket : state.sockets) std::filesystem::remove(socket, ignored);
  state.sockets.clear();
}

}  // namespace api
