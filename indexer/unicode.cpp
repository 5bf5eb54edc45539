#include "indexer/unicode.hpp"

#include <cstdlib>

namespace indexer {

std::optional<std::string> map_unicode(std::string_view utf8, int options,
                                       utf8proc_custom_func replace) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map_custom(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                        static_cast<utf8proc_ssize_t>(utf8.size()), &mapped,
                                        static_cast<utf8proc_option_t>(options), replace, nullptr);
  if (size < 0) return std::nullopt;
  std::string result(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  std::free(mapped);
  return result;
}

}  // namespace indexer
