// Digests by which CouchDB names attachments: "md5-" and base64. Throws std::runtime_error where OpenSSL refuses md5.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace replica {

using Md5 = std::array<unsigned char, 16>;

[[nodiscard]] Md5 md5(std::string_view bytes);
// Of what is in a file, whatever its size; throws std::filesystem::filesystem_error when it cannot be read.
[[nodiscard]] Md5 md5_of_file(const std::filesystem::path& file);

[[nodiscard]] std::string to_digest(const Md5& value);
// Nothing for what `to_digest` did not write: a digest has one spelling only.
[[nodiscard]] std::optional<Md5> parse_digest(std::string_view digest);
[[nodiscard]] std::string to_hex(const Md5& value);

}  // namespace replica
