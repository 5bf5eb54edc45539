// HTML to text for the index and for previews, and to safe HTML for readers. Linear in its input; never fails: what is
// no HTML is text.
#pragma once

#include <string>
#include <string_view>

namespace mail {

// Visible text with blocks on lines of their own; scripts, styles and hidden elements left out.
[[nodiscard]] std::string html_to_text(std::string_view utf8_html);

// The same document with nothing active or remote in it: no script, style sheet, form, frame, event handler or remote
// image; links keep only http, https, mailto and cid.
[[nodiscard]] std::string sanitize_html(std::string_view utf8_html);

}  // namespace mail
