// A blocking HTTP client of a few lines, so that what davenport reads can be compared with what another program reads.
#pragma once

#include <memory>
#include <string>

namespace support {

class PlainClient {
 public:
  // `url`: http://host:port, without a path. `user` may be empty.
  explicit PlainClient(const std::string& url, const std::string& user = {},
                       const std::string& password = {});
  ~PlainClient();

  struct Answer {
    int status = 0;
    std::string payload;
  };
  // Throws boost::system::system_error when the server cannot be reached.
  Answer ask(const std::string& method, const std::string& target, const std::string& json = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace support
