#include "api/http_server.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <future>
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
  std::shared_ptr<net::ssl::context> tls;  // null without TLS
  std::shared_ptr<ListenerPolicy> policy;
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
    serve_connection(context, std::move(socket), listener.policy, listener.tls, std::move(client));
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
net::awaitable<void> accept_connections(ConnectionContext& context,
                                        std::shared_ptr<Listener> listener) {
  net::steady_timer pause(listener->acceptor.get_executor());
  while (listener->acceptor.is_open()) {
    error_code error;
    auto socket =
        co_await listener->acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
    if (!listener->acceptor.is_open()) break;
    if (error) {
      pause.expires_after(kPauseAfterFailedAccept);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
    } else {
      serve_accepted(context, std::move(socket), *listener);
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

tcp::endpoint resolve(net::io_context& io, const std::string& address) {
  const Address parts = split_address(address);
  error_code error;
  const auto found =
      tcp::resolver(io).resolve(parts.host, parts.port, tcp::resolver::passive, error);
  if (error)
    throw std::runtime_error(fmt::format("cannot listen on '{}': {}", address, error.message()));
  return found.begin()->endpoint();
}

// `address`: as errors name it.
tcp::acceptor open_acceptor(net::io_context& io, const tcp::endpoint& endpoint,
                            const std::string& address) {
  error_code error;
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    throw std::runtime_error(fmt::format(
        "cannot listen on '{}': {}; is davenport running already? Else choose another address",
        address, error.message()));
  }
  return acceptor;
}

HostPolicy host_policy(const HttpSettings& settings) {
  const std::string host = split_address(settings.listen).host;
  return {settings.access == HttpAccess::kByToken,
          host.find(':') == std::string::npos ? host : "[" + host + "]", settings.cors_origins};
}

std::shared_ptr<net::thread_pool> make_workers(unsigned count) {
  return std::make_shared<net::thread_pool>(std::max(count, 1U));
}

// Those that answer end after that.
void close_ending(const ConnectionContext& context) {
  for (auto* connection : context.open) {
    if (connection->is_ending()) connection->is_idle() ? connection->close() : connection->wake();
  }
}

}  // namespace

struct HttpServer::State {
  HttpSettings settings;
  // Destroyed last to first: connections leave `context` as `io` drops them.
  ConnectionContext context;
  net::io_context io{1};
  net::executor_work_guard<net::io_context::executor_type> work{io.get_executor()};
  std::shared_ptr<TcpListener> tcp_listener;
  std::vector<std::shared_ptr<UnixListener>> unix_listeners;
  std::vector<std::filesystem::path> sockets;
  net::steady_timer stop_deadline{io};
  std::thread thread;
  std::vector<std::weak_ptr<net::thread_pool>> earlier_workers;

  State(HttpHandler handler, HttpSettings given)
      : settings(std::move(given)),
        context{std::move(handler),
                settings.limits,
                make_workers(settings.workers),
                WorkerSlots(std::max(settings.workers, 1U)),
                {},
                {},
                {},
                false} {}

  // Runs `step` on the io thread.
  void run(std::function<void()> step) {
    net::post(io, std::packaged_task<void()>(std::move(step))).get();
  }
  void accept_at(std::shared_ptr<TcpListener> listener) {
    tcp_listener = std::move(listener);
    net::co_spawn(io, accept_connections(context, tcp_listener), net::detached);
  }
  void move_to(const HttpSettings& changed, std::shared_ptr<net::ssl::context> tls);
  void replace_workers(unsigned count);
  void begin_stop();
};

HttpServer::HttpServer(HttpHandler handler, HttpSettings settings)
    : state_(std::make_unique<State>(std::move(handler), std::move(settings))) {}

HttpServer::~HttpServer() { stop(); }

std::uint16_t HttpServer::listen_tcp() {
  const HttpSettings& settings = state_->settings;
  state_->tcp_listener = std::make_shared<TcpListener>(
      TcpListener{open_acceptor(state_->io, resolve(state_->io, settings.listen), settings.listen),
                  settings.tls ? make_tls_context(*settings.tls) : nullptr,
                  std::make_shared<ListenerPolicy>(ListenerPolicy{host_policy(settings)})});
  return state_->tcp_listener->acceptor.local_endpoint().port();
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
  auto listener = std::make_shared<UnixListener>(UnixListener{local::acceptor(state_->io)});
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
  if (state_->tcp_listener) {
    net::co_spawn(executor, accept_connections(state_->context, state_->tcp_listener),
                  net::detached);
  }
  for (auto& listener : state_->unix_listeners)
    net::co_spawn(executor, accept_connections(state_->context, listener), net::detached);
  net::io_context* io = &state_->io;
  state_->thread = std::thread([io] { io->run(); });
}

// The address from before stays in use until the new one is, unless the two exclude each other.
void HttpServer::State::move_to(const HttpSettings& changed,
                                std::shared_ptr<net::ssl::context> tls) {
  const tcp::endpoint endpoint = resolve(io, changed.listen);
  error_code closed;
  const tcp::endpoint before = tcp_listener->acceptor.local_endpoint(closed);
  const bool is_same_port = !closed && before.port() == endpoint.port();
  if (is_same_port) run([this] { tcp_listener->acceptor.close(); });
  std::shared_ptr<TcpListener> moved;
  try {
    moved = std::make_shared<TcpListener>(
        TcpListener{open_acceptor(io, endpoint, changed.listen), std::move(tls),
                    std::make_shared<ListenerPolicy>(ListenerPolicy{host_policy(changed)})});
  } catch (const std::exception&) {
    if (is_same_port) {
      auto again = std::make_shared<TcpListener>(TcpListener{
          open_acceptor(io, before, settings.listen), tcp_listener->tls, tcp_listener->policy});
      run([&] { accept_at(std::move(again)); });
    }
    throw;
  }
  run([&] {
    tcp_listener->acceptor.close();
    tcp_listener->policy->is_closed = true;
    close_ending(context);
    accept_at(std::move(moved));
  });
}

void HttpServer::State::replace_workers(unsigned count) {
  earlier_workers.push_back(context.workers);
  context.workers = make_workers(count);
  context.worker_slots.resize(count);
}

std::uint16_t HttpServer::change(HttpSettings changed) {
  State& state = *state_;
  const HttpSettings& before = state.settings;
  auto tls = changed.tls ? make_tls_context(*changed.tls) : nullptr;
  const bool has_moved = changed.listen != before.listen ||
                         changed.tls.has_value() != before.tls.has_value() ||
                         !state.tcp_listener->acceptor.is_open();
  if (has_moved) state.move_to(changed, tls);
  state.run([&] {
    state.tcp_listener->tls = std::move(tls);
    state.tcp_listener->policy->hosts = host_policy(changed);
    state.context.limits = changed.limits;
    if (changed.workers != before.workers) state.replace_workers(changed.workers);
  });
  state.settings = std::move(changed);
  return state.tcp_listener->acceptor.local_endpoint().port();
}

void HttpServer::State::begin_stop() {
  context.stopping = true;
  if (tcp_listener) tcp_listener->acceptor.close();
  for (auto& listener : unix_listeners) listener->acceptor.close();
  close_ending(context);
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
  state.context.workers->join();
  for (const auto& earlier : state.earlier_workers) {
    if (const auto workers = earlier.lock()) workers->join();
  }
  state.context.on_last_closed = nullptr;
  std::error_code ignored;
  for (const auto& socket : state.sockets) std::filesystem::remove(socket, ignored);
  state.sockets.clear();
}

}  // namespace api
