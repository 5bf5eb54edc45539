// The bytes of a blob, for indexing and other derived data.
#pragma once

#include <optional>
#include <string>

#include "replica/blobs.hpp"

namespace indexer {

// Nothing when the blob is missing or damaged, so that one file does not stop the work on all
// others. (A client that asks for the bytes themselves gets an error.)
[[nodiscard]] std::optional<std::string> blob_bytes(const replica::Blobs& blobs,
                                                    const std::string& digest);

}  // namespace indexer
