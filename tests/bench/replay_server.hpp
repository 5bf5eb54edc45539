// A server that answers a pull as CouchDB 3.5 does, from a corpus in memory and as fast as the socket takes it: what a replica
// is measured against when the server shall not be the limit. It has what a first pull asks for, and nothing else.
#pragma once

#include <memory>
#include <string>

#include "tests/bench/corpus.hpp"

namespace bench {

class ReplayServer {
 public:
  // Serves one database of `account`, on a free port of loopback and a thread of its own; `corpus` must outlive it.
  ReplayServer(const Corpus& corpus, const std::string& account);
  ReplayServer(const ReplayServer&) = delete;
  ReplayServer& operator=(const ReplayServer&) = delete;
  ~ReplayServer();

  [[nodiscard]] std::string url() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bench
