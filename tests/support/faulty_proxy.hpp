// An HTTP proxy on loopback between a program and a CouchDB that does to their conversation what
// networks, other proxies and clusters do. Which fault meets a request follows from the seed and
// the request's number; what no fault meets passes byte for byte as it streams. None of the faults
// loses anything for good: a client that asks again, and takes rows as they come, ends up in the
// source's state. What changes documents at the source should not be sent through it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/faults.hpp"

namespace support {

// A request that passed, with its payload, and where its beginning and the end of its answer stand
// in the order of all.
struct PassedRequest {
  std::string method;
  std::string target;
  std::string payload;
  std::size_t began = 0;
  std::size_t ended = 0;  // 0 while it has not
};

class FaultyProxy {
 public:
  // Listens on a free port of loopback for clients of `source_url` (http://127.0.0.1:port).
  FaultyProxy(const std::string& source_url, std::uint64_t seed, FaultRates rates);
  FaultyProxy(const FaultyProxy&) = delete;
  FaultyProxy& operator=(const FaultyProxy&) = delete;
  ~FaultyProxy();

  [[nodiscard]] std::string url() const;
  // Off: everything passes, also what is under way. On at first.
  void set_faulty(bool on);
  [[nodiscard]] std::map<Fault, std::uint64_t> injected() const;
  [[nodiscard]] std::uint64_t requests() const;
  // What ended since the last call; recorded from the first call on.
  [[nodiscard]] std::vector<PassedRequest> take_passed();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace support
