// Which failures are a source's, and which a single database's.
#pragma once

#include "replica/source_error.hpp"

namespace api {

// The source cannot be reached, refuses the login or asks to slow down: every request would fail.
[[nodiscard]] inline bool is_source_failure(const replica::SourceError& error) {
  using Kind = replica::SourceError::Kind;
  constexpr int kTooManyRequests = 429, kBadGateway = 502, kUnavailable = 503,
                kGatewayTimeout = 504;
  if (error.kind() == Kind::kNetwork || error.kind() == Kind::kTimeout ||
      error.kind() == Kind::kUnauthorized)
    return true;
  return error.status() == kTooManyRequests || error.status() == kBadGateway ||
         error.status() == kUnavailable || error.status() == kGatewayTimeout;
}

}  // namespace api
