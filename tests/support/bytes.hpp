// Encodings that tests need on both sides: base64, md5, gzip, percent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace support {

[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
[[nodiscard]] std::string md5(std::string_view bytes);  // 16 bytes
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] std::string gzip(std::string_view bytes);
[[nodiscard]] std::optional<std::string> gunzip(std::string_view bytes);
[[nodiscard]] std::string percent_encoded(std::string_view text);
// The same for the same seed; does not compress.
[[nodiscard]] std::string noise(std::size_t size, unsigned seed);
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace support
