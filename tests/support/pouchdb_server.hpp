// A real PouchDB Server: a child process on a free port of loopback, its databases in memory.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>

#include "tests/support/support.hpp"

namespace support {

class PouchdbServer {
 public:
  // Starts it and waits until it answers. Throws std::runtime_error when it is not installed or does not start.
  PouchdbServer();
  PouchdbServer(const PouchdbServer&) = delete;
  PouchdbServer& operator=(const PouchdbServer&) = delete;
  ~PouchdbServer();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] pid_t process() const { return process_; }
  // Ends the process and waits for its end.
  void stop();

  struct Answer {
    int status = 0;
    std::string body;
  };
  // Asks it directly. Throws boost::system::system_error when it cannot be reached.
  Answer ask(const std::string& method, const std::string& target, const std::string& body = {},
             const std::string& authorization = {}) const;

 private:
  TemporaryFolder folder_;
  int port_ = 0;
  pid_t process_ = 0;
};

}  // namespace support
