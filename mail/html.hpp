// HTML to text for the index and for previews, and to safe HTML for readers. Linear in its input; never fails: what is
// no HTML is text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mail {

// Visible text with blocks, items and rows on lines of their own and cells apart; scripts, styles and what nobody sees (hidden
// elements, letters without size) left out. Lines of quotations begin with "> ", once for each level up to five.
[[nodiscard]] std::string html_to_text(std::string_view utf8_html);

struct SafeHtmlOptions {
  bool remote_images = false;  // images of http and https stay; else there are the words for them
  // Address of the attachment with that Content-ID (no angle brackets); empty when there is none. Without the function "cid:"
  // addresses stay as they are.
  std::function<std::string(std::string_view content_id)> attachment_url;
};

// The same document with nothing active or remote in it: no script, style sheet, form, frame or event handler, no image from
// elsewhere unless it is wanted; links keep only http, https, mailto and cid, and open apart. Safe HTML stays as it is.
[[nodiscard]] std::string sanitize_html(std::string_view utf8_html,
                                        const SafeHtmlOptions& options = {});

// The charset that the bytes of a document themselves name, by a byte order mark, an XML declaration or a <meta> near the
// beginning, in lower case; empty when they name none. For documents whose transport says nothing.
[[nodiscard]] std::string html_charset(std::string_view bytes);

}  // namespace mail
