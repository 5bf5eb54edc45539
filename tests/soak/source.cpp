#include "tests/soak/source.hpp"

#include <fmt/core.h>
#include <optional>
#include <stdexcept>

#include "tests/support/memory_couchdb.hpp"
#include "tests/support/plain_client.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace soak {

struct Source::Server {
  std::optional<support::PouchdbServer> pouchdb;
  std::optional<support::MemoryCouchdb> memory;
};

Source::Source(ServerKind kind) : kind_(kind), server_(std::make_unique<Server>()) {
  if (kind == ServerKind::kPouchdb) {
    server_->pouchdb.emplace();
  } else {
    server_->memory.emplace();
  }
}

Source::~Source() = default;

std::string Source::url() const {
  return server_->pouchdb ? server_->pouchdb->url() : server_->memory->url();
}

Source::Answer Source::ask(const std::string& method, const std::string& target,
                           const json& body) const {
  support::PlainClient client(url());
  const auto answer = client.ask(method, target, body.is_null() ? std::string() : body.dump());
  json parsed = json::parse(answer.payload, nullptr, false);
  if (parsed.is_discarded()) {
    throw std::runtime_error(fmt::format("{} {}: {} with {}", method, target, answer.status,
                                         answer.payload.substr(0, 200)));
  }
  return {answer.status, std::move(parsed)};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string document_path(const std::string& database, const std::string& id) {
  return fmt::format("/{}/{}", percent_encoded(database), percent_encoded(id));
}

}  // namespace soak
