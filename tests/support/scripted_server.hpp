// An HTTP server that plays a script: to each request expected, a raw answer, byte for byte, broken ones included. It notes
// what was asked beside the script and what was not asked, for the test to compare with nothing.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace support {

struct Exchange {
  std::string
      request;  // "GET /mail/_changes?limit=10"; "GET /mail/_changes*" is any that begins so
  std::string answer;  // raw: status line, fields, payload
  std::string body = {};  // the request's payload must hold this
  bool close = false;  // close the connection after the answer; else keep it
  std::chrono::milliseconds delay{0};  // before the answer
  std::size_t piece = 0;  // write the answer in pieces of so many bytes; 0: at once
  std::string field = {};  // "Name: value" that the request must have
  bool optional = false;  // may be asked any number of times, and not at all
};

// Answers with a payload: with Content-Length, and cut into chunks of `chunk` bytes as CouchDB does.
[[nodiscard]] std::string answer(const std::string& payload, int status = 200,
                                 const std::string& fields = {});
[[nodiscard]] std::string chunked_answer(const std::string& payload, std::size_t chunk,
                                         const std::string& fields = {});

class ScriptedServer {
 public:
  // Listens on a free port of loopback. Requests may come in any order; of equal ones, the first exchange is played first.
  explicit ScriptedServer(std::vector<Exchange> script);
  // The same over TLS; PEM files.
  ScriptedServer(std::vector<Exchange> script, const std::string& certificate_file,
                 const std::string& key_file);
  ~ScriptedServer();

  [[nodiscard]] std::string url() const;  // without a path
  [[nodiscard]] int connections() const;  // accepted so far
  // What did not go as written; empty when all of the script was asked for and nothing else.
  [[nodiscard]] std::string complaints() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace support
