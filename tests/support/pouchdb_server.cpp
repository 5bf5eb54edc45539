#include "tests/support/pouchdb_server.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace support {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

namespace {

int free_port() {
  net::io_context context;
  const tcp::acceptor acceptor(context, tcp::endpoint(net::ip::address_v4::loopback(), 0));
  return acceptor.local_endpoint().port();
}

}  // namespace

PouchdbServer::PouchdbServer() : port_(free_port()) {
  const std::string program = DAVENPORT_NODE_DIR "/node_modules/pouchdb-server/bin/pouchdb-server";
  if (!std::filesystem::exists(program))
    throw std::runtime_error(program + " is not there: run ./test, which installs it");
  const std::string port = std::to_string(port_);
  const std::string folder = folder_.path().string();
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("cannot fork");
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes takes its server along
    const int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    if (getppid() == parent && chdir(folder.c_str()) == 0) {
      execlp("node", "node", program.c_str(), "--in-memory", "--port", port.c_str(), "--host",
             "127.0.0.1", "--config", "config.json", "--no-stdout-logs",
             static_cast<char*>(nullptr));
    }
    _exit(127);
  }

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      if (ask("GET", "/").status == 200) return;
    } catch (const boost::system::system_error&) {
      int status = 0;
      if (waitpid(process_, &status, WNOHANG) == process_) {
        process_ = 0;
        throw std::runtime_error("PouchDB Server did not start: is node installed? run ./test");
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  stop();
  throw std::runtime_error("PouchDB Server did not answer within a minute");
}

PouchdbServer::~PouchdbServer() { stop(); }

std::string PouchdbServer::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void PouchdbServer::stop() {
  if (process_ == 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

PouchdbServer::Answer PouchdbServer::ask(const std::string& method, const std::string& target,
                                         const std::string& body,
                                         const std::string& authorization) const {
  net::io_context context;
  boost::beast::tcp_stream stream(context);
  stream.connect(
      tcp::endpoint(net::ip::address_v4::loopback(), static_cast<unsigned short>(port_)));
  http::request<http::string_body> request(http::string_to_verb(method), target, 11, body);
  request.set(http::field::host, "127.0.0.1");
  request.set(http::field::accept, "application/json");
  request.set(http::field::connection, "close");
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  if (!authorization.empty()) request.set(http::field::authorization, authorization);
  request.prepare_payload();
  http::write(stream, request);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  http::read(stream, buffer, parser);
  return {parser.get().result_int() > 0 ? static_cast<int>(parser.get().result_int()) : 0,
          parser.get().body()};
}

}  // namespace support
