// The server that a soak run writes to and davenport pulls from.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace soak {

using nlohmann::json;

enum class ServerKind { kPouchdb, kMemory };

class Source {
 public:
  explicit Source(ServerKind kind);  // starts it
  ~Source();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] bool can_purge() const { return kind_ == ServerKind::kMemory; }
  // Whether a client can tell a database from one that was there before under its name. PouchDB Server says nothing of it:
  // its sequences are numbers, and any is accepted.
  [[nodiscard]] bool tells_recreation() const { return kind_ == ServerKind::kMemory; }

  struct Answer {
    int status = 0;
    json body;
  };
  // Asks it directly. Throws std::runtime_error for what is no JSON, boost::system::system_error when it is gone.
  [[nodiscard]] Answer ask(const std::string& method, const std::string& target,
                           const json& body = {}) const;

 private:
  struct Server;
  ServerKind kind_;
  std::unique_ptr<Server> server_;
};

[[nodiscard]] std::string percent_encoded(std::string_view text);
[[nodiscard]] std::string document_path(const std::string& database, const std::string& id);

}  // namespace soak
