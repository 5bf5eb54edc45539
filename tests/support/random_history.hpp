// A database with a past: documents created, edited, deleted, made again, in conflict, with attachments, as a seed says.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/support/plain_client.hpp"

namespace support {

class RandomHistory {
 public:
  RandomHistory(PlainClient& server, const std::string& database, std::uint64_t seed);

  // So many operations, in bulk. Throws std::runtime_error when the server refuses one of them.
  void write(int operations);
  // A document that is there, and is forgotten by this writer: somebody else purges it. Empty: there is none.
  [[nodiscard]] std::string forget_one();
  void forget_all();  // the database is another one now
  // Live leaves that this writer knows of; a server that has others has not understood it.
  [[nodiscard]] std::size_t documents() const { return live_.size(); }

 private:
  [[nodiscard]] std::uint64_t below(std::uint64_t limit);
  [[nodiscard]] nlohmann::json body(const std::string& id);
  void add_edit(nlohmann::json& edits, const std::string& id);
  void add_conflict(nlohmann::json& grafts, const std::string& id);
  void post(const nlohmann::json& edits, bool new_edits);

  PlainClient& server_;
  std::string path_;
  std::mt19937_64 random_;
  std::map<std::string, std::vector<std::string>> live_;  // revisions of the live leaves, by id
  std::uint64_t written_ = 0;
};

}  // namespace support
