#include "api/admin_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/un.h>
#include <thread>

namespace api {
namespace {

namespace http = boost::beast::http;
using boost::asio::local::stream_protocol;

constexpr std::chrono::milliseconds kWatchInterval{200};
constexpr std::uint64_t kMaxAnswerBytes = 64 << 20;

TaskReport read_task(const std::string& payload) {
  const auto json = nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object() || !json.contains("id")) {
    throw AdminError("the running server does not answer with a task: is it another version?");
  }
  TaskReport task;
  task.id = json.value("id", "");
  task.kind = json.value("kind", "");
  task.account = json.value("account", "");
  task.state = json.value("state", "");
  task.done = json.value("done", std::int64_t{0});
  task.of = json.value("of", std::int64_t{0});
  if (const auto seconds = json.find("secondsLeft");
      seconds != json.end() && seconds->is_number_integer()) {
    task.seconds_left = seconds->get<std::int64_t>();
  }
  if (const auto outcome = json.find("outcome"); outcome != json.end() && outcome->is_string()) {
    task.outcome = outcome->get<std::string>();
  }
  for (const auto& problem : json.value("problems", nlohmann::json::array())) {
    if (problem.is_string()) task.problems.push_back(problem.get<std::string>());
  }
  return task;
}

AdminError read_error(unsigned status, const std::string& payload) {
  const auto json = nlohmann::json::parse(payload, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_object()) {
    const auto message = json["error"].value("message", "");
    if (!message.empty()) return AdminError(message, json["error"].value("code", ""));
  }
  return AdminError(fmt::format("the running server answered {}", status));
}

}  // namespace

bool AdminClient::is_served() const {
  if (socket_.native().size() >= sizeof(sockaddr_un::sun_path)) return false;
  boost::asio::io_context context;
  stream_protocol::socket socket(context);
  boost::system::error_code error;
  socket.connect(stream_protocol::endpoint(socket_.string()), error);
  if (error == boost::asio::error::access_denied) {
    throw AdminError(fmt::format(
        "{} belongs to a server of another user: run this command as that user", socket_.string()));
  }
  return !error;
}

std::string AdminClient::request(std::string_view method, const std::string& target,
                                 const std::string& payload) const {
  boost::asio::io_context context;
  stream_protocol::socket socket(context);
  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "localhost");
  request.set(http::field::connection, "close");
  if (!payload.empty()) request.set(http::field::content_type, "application/json");
  request.body() = payload;
  request.prepare_payload();

  http::response_parser<http::string_body> answer;
  answer.body_limit(kMaxAnswerBytes);
  try {
    socket.connect(stream_protocol::endpoint(socket_.string()));
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::read(socket, buffer, answer);
  } catch (const boost::system::system_error& error) {
    throw AdminError(
        fmt::format("the running server does not answer ({}): see its log, then try again",
                    error.code().message()));
  }
  if (answer.get().result_int() >= 400)
    throw read_error(answer.get().result_int(), answer.get().body());
  return std::move(answer.get().body());
}

TaskReport AdminClient::ask_for(const TaskReport& task) const {
  try {
    return read_task(request("GET", "/v1/admin/tasks/" + task.id));
  } catch (const std::exception&) {
    if (is_served()) throw;
  }
  throw AdminError(fmt::format(
      "the server has stopped. Task {0} ({1}) goes on when a server runs again, and davenport task "
      "show {0} tells how far it is",
      task.id, task.kind));
}

TaskReport AdminClient::run_task(const std::string& target, const std::string& payload,
                                 const std::function<void(const TaskReport&)>& watch) const {
  TaskReport task = read_task(request("POST", target, payload));
  while (task.state == "queued" || task.state == "running") {
    watch(task);
    std::this_thread::sleep_for(kWatchInterval);
    task = ask_for(task);
  }
  if (task.state != "done")
    throw AdminError(task.outcome.empty() ? fmt::format("the task was {}", task.state)
                                          : task.outcome);
  return task;
}

}  // namespace api
