// Digests by which sources name attachments: "md5-" and base64 at CouchDB, "sha1-" and base64 at Sync Gateway. Throws
// std::runtime_error where OpenSSL refuses the algorithm. And a checksum, of what is derived.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace replica {

// Its bytes. Their number tells the algorithm: MD5 has 16, SHA-1 has 20.
using Digest = std::vector<unsigned char>;

[[nodiscard]] Digest md5(std::string_view bytes);
[[nodiscard]] bool has_digest(std::string_view bytes, const Digest& digest);
// Of what is in a file, whatever its size; throws std::filesystem::filesystem_error when it cannot be read.
[[nodiscard]] bool file_has_digest(const std::filesystem::path& file, const Digest& digest);

// Finds damage, and proves nothing.
[[nodiscard]] std::uint32_t crc32(std::string_view bytes);

[[nodiscard]] std::string to_digest(const Digest& value);
// Nothing for what `to_digest` did not write: a digest has one spelling only.
[[nodiscard]] std::optional<Digest> parse_digest(std::string_view digest);
[[nodiscard]] std::string to_hex(const Digest& value);
// Nothing for what `to_hex` did not write.
[[nodiscard]] std::optional<Digest> parse_hex(std::string_view hex);
// From bytes as files keep them; nothing when no algorithm has so many.
[[nodiscard]] std::optional<Digest> digest_from_bytes(std::string_view bytes);

}  // namespace replica
