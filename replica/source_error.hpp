// What goes wrong between us and a source, in words that a person can act on.
#pragma once

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
    kProtocol
  };
  SourceError(Kind kind, int status, const std::string& message)
      : std::runtime_error(message), kind_(kind), status_(status) {}
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] int status() const { return status_; }  // HTTP status, 0 when there was none

 private:
  Kind kind_;
  int status_;
};

}  // namespace replica
