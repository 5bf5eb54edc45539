// What the oracle asks about: a program with two accounts of random or real mail. One is pulled from a CouchDB, in two steps, so that
// much of it came to an index that was there; it has files. The other is imported; some of its messages are the first one's as well.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/end_to_end/davenport.hpp"
#include "tests/oracle/engine.hpp"
#include "tests/support/memory_couchdb.hpp"

namespace oracle {

struct WorldOptions {
  std::size_t messages = 0, files = 0;  // of both accounts; at most
  std::filesystem::path mail;  // a folder of messages; empty: random ones
  std::int64_t now = 0;  // seconds since 1970
};

class World {
 public:
  // Throws std::runtime_error when the program does not take it all over.
  World(const WorldOptions& options, Random& random);
  ~World();

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }

 private:
  void fill_first(const MailByBytes& mail, const WorldOptions& options, Random& random);
  void run(const std::vector<std::string>& command);

  support::MemoryCouchdb couch_;
  end_to_end::Davenport davenport_;
  FilesByDocument files_;
  std::unique_ptr<Engine> engine_;
  std::vector<Account> accounts_;
};

}  // namespace oracle
