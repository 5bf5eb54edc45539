// Blobs that came as gzip, inflated to at most tuning::kMaxInflatedBlob bytes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "replica/digest.hpp"

namespace replica {

// Throws std::runtime_error for what is no gzip, is cut off, or holds too much.
[[nodiscard]] std::string inflate_blob(std::string_view bytes);

// When the file is gzip of the bytes that `digest` names, these take its place: true. Else the file stays as it is. Throws
// std::filesystem::filesystem_error.
[[nodiscard]] bool replace_by_inflated(const std::filesystem::path& file, const Digest& digest);

}  // namespace replica
