file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#pragma once

#include <string_view>

namespace embedded {
inline constexpr std::string_view ${SYMBOL} = R\"embedded(${text})embedded\";
}  // namespace embedded
")
