// Detects the charset of text from its bytes.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// A name for `to_utf8`, such as "UTF-8", "windows-1251", "EUC-KR"; empty when there are too few
// bytes to tell, or none of the known charsets fits. Plain ASCII is "ASCII". Looks at the first 64
// KiB.
[[nodiscard]] std::string detect_charset(std::string_view bytes);

}  // namespace mail
