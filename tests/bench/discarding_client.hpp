// Makes requests that were recorded, and throws their answers away: what the network and the server cost without a replica.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/faulty_proxy.hpp"

namespace bench {

struct Discarded {
  double seconds = 0;
  std::uint64_t bytes = 0;  // of payloads
};

// A request begins as soon as all have ended that had ended when it was recorded: with the same ones under way beside it. Uses
// davenport's own HTTP client. Throws replica::SourceError.
[[nodiscard]] Discarded discard(const std::string& url,
                                const std::vector<support::PassedRequest>& requests);

}  // namespace bench
