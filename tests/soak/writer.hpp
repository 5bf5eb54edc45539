// Changes an account's databases at random, in every way that CouchDB knows: documents created, edited, deleted, brought back,
// in conflict, purged, with attachments; old revisions compacted; databases deleted and created again. What it does follows
// from the seed.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/soak/source.hpp"

namespace soak {

class Writer {
 public:
  // Creates the account's databases.
  Writer(const Source& source, const std::string& account, std::uint64_t seed);

  void step();  // one operation
  [[nodiscard]] const std::map<std::string, std::uint64_t>& operations() const {
    return operations_;
  }
  [[nodiscard]] std::uint64_t steps() const;

 private:
  struct Known {
    std::string database;
    std::string id;
  };

  void count(const char* operation) { ++operations_[operation]; }
  [[nodiscard]] bool chance(unsigned percent) { return random_() % 100 < percent; }
  [[nodiscard]] std::string digest();
  [[nodiscard]] std::string hostile_id(std::string_view kind);
  [[nodiscard]] json message(const std::string& id);
  void put(const std::string& database, const std::string& id, json document);
  [[nodiscard]] json current(const Known& known, const std::string& query) const;

  void create();
  void create_message();
  void edit(const Known& known);
  void remove(const Known& known);
  void conflict(const Known& known);
  void attach(const Known& known);
  void purge(const Known& known);
  void compact();
  void recreate_database();

  const Source& source_;
  std::string emails_, contents_, mailboxes_, files_;
  std::mt19937_64 random_;
  std::uint64_t next_number_ = 0;
  std::vector<Known> known_;
  std::map<std::string, std::uint64_t> operations_;
};

}  // namespace soak
