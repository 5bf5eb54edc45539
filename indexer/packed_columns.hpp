// Lists in a column of the catalog, as a blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace indexer {

[[nodiscard]] inline std::span<const std::byte> as_blob(std::string_view bytes) {
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}
[[nodiscard]] inline std::string pack(std::span<const std::int64_t> values) {
  std::string packed(values.size_bytes(), '\0');
  if (!values.empty()) std::memcpy(packed.data(), values.data(), packed.size());
  return packed;
}
[[nodiscard]] inline std::vector<std::int64_t> unpack_integers(std::string_view packed) {
  std::vector<std::int64_t> values(packed.size() / sizeof(std::int64_t));
  if (!values.empty())
    std::memcpy(values.data(), packed.data(), values.size() * sizeof(std::int64_t));
  return values;
}
[[nodiscard]] std::string pack(const std::vector<std::string>& texts);
[[nodiscard]] std::vector<std::string> unpack_texts(std::string_view packed);

}  // namespace indexer
