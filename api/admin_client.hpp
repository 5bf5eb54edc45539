// Asks a running `serve` over the Unix socket in its data folder.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "api/data_folder.hpp"
#include "api/tasks.hpp"

namespace api {

// The server refused, or went away; the message is what it said.
struct AdminError : std::runtime_error {
  explicit AdminError(const std::string& message, std::string error_code = "")
      : std::runtime_error(message), code(std::move(error_code)) {}

  std::string code;  // of its answer, such as "unknownDocument"
};

class AdminClient {
 public:
  explicit AdminClient(const std::filesystem::path& data_dir) : socket_(admin_socket(data_dir)) {}

  // True when somebody listens there.
  [[nodiscard]] bool is_served() const;

  // The answer's payload. Throws AdminError for every status of 400 or more, 404 included.
  std::string request(std::string_view method, const std::string& target,
                      const std::string& payload = "") const;

  // Has the server start a task and waits until it ended; `watch` sees each state. Throws
  // AdminError when it failed or was cancelled.
  TaskReport run_task(const std::string& target, const std::string& payload,
                      const std::function<void(const TaskReport&)>& watch) const;

 private:
  // The task's present state. Throws AdminError; where the server has stopped, it says what becomes
  // of the task.
  [[nodiscard]] TaskReport ask_for(const TaskReport& task) const;

  std::filesystem::path socket_;
};

}  // namespace api
