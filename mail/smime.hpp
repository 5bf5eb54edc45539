// S/MIME (RFC 8551): what is only signed can be read without any key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

// The MIME entity inside a CMS SignedData (RFC 5652 section 5), whose signature is not looked at.
// Nothing when `der` is something else: encrypted, detached or broken.
[[nodiscard]] std::optional<std::string> signed_content(std::string_view der);

}  // namespace mail
