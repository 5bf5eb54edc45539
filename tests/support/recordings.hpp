// The recorded exchanges of tests/replica/recorded (INDEX.md says what they show and how the files are written).
#pragma once

#include <string>
#include <vector>

namespace support {

struct Recorded {
  std::string request;  // raw
  std::string method;
  std::string target;
  std::string sent;  // the request's payload
  std::string answer;  // raw, chunk framing and all
  int status = 0;
  std::string payload;  // of the answer, without framing
};

inline constexpr auto kCouchdb = "couchdb-3.5.0";
inline constexpr auto kPouchdbServer = "pouchdb-server-4.2.0";

// The exchanges of one file. Throws std::runtime_error when it is not there or damaged.
[[nodiscard]] std::vector<Recorded> recordings(const std::string& server, const std::string& name);
[[nodiscard]] Recorded recording(const std::string& server, const std::string& name,
                                 std::size_t exchange = 0);

// Sends a raw request to a port of loopback and reads the answer: status and payload.
[[nodiscard]] Recorded play(const Recorded& recorded, unsigned short port);

}  // namespace support
