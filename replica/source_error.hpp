// What goes wrong between us and a source, in words that a person can act on.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

namespace replica {

class SourceError : public std::runtime_error {
 public:
  enum class Kind {
    kNetwork,
    kTimeout,
    kUnauthorized,
    kForbidden,
    kNotFound,
    kTooLarge,
    kServer,
    kCluster,  // nodes of the source's cluster did not answer the node that was asked
    kProtocol
  };
  SourceError(Kind kind, int status, const std::string& message,
              std::optional<std::chrono::seconds> retry_after = {})
      : std::runtime_error(message), kind_(kind), status_(status), retry_after_(retry_after) {}
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int status() const { return status_; }  // HTTP status, 0 when there was none
  // How long the server wants to be left alone (RFC 9110, Retry-After).
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }

 private:
  Kind kind_;
  int status_;
  std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace replica
