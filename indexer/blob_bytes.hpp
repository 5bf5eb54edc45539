// The bytes of a blob for what is derived from it.
#pragma once

#include <optional>
#include <string>

#include "replica/blobs.hpp"

namespace indexer {

// Nothing where the blob is not here, or damaged: one body or file must not stop all others. Who asks for its bytes is told.
[[nodiscard]] std::optional<std::string> blob_bytes(const replica::Blobs& blobs,
                                                    const std::string& digest);

}  // namespace indexer
