// What an entry of an account is.
#pragma once

#include <cstdint>

namespace indexer {

enum class Kind : std::uint8_t { kMail, kFile };

}  // namespace indexer
