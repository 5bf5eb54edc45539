// HTML to text for the index and for previews, and to safe HTML for readers. Linear in its input;
// never fails: what is no HTML is text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mail {

// Visible text with blocks, items and rows on lines of their own and cells apart; scripts, styles
// and what nobody sees (hidden elements, letters without size) left out. Lines of quotations begin
// with "> ", once for each level up to five.
[[nodiscard]] std::string html_to_text(std::string_view utf8_html);

struct SafeHtmlOptions {
  // Keep images of http and https; else their alternative text is shown.
  bool remote_images = false;
  // Gives the URL of the attachment with that Content-ID (no angle brackets); empty when there is
  // none. Without this function "cid:" addresses stay as they are.
  std::function<std::string(std::string_view content_id)> attachment_url;
};

// The document with nothing active or remote in it: no script, style sheet, form, frame or event
// handler, and no remote image unless wanted. Links may only be http, https, mailto or cid, and
// open in a new page. Safe HTML stays as it is.
[[nodiscard]] std::string sanitize_html(std::string_view utf8_html,
                                        const SafeHtmlOptions& options = {});

// The charset that a document names itself, by a byte order mark, an XML declaration or a <meta>
// near the beginning, in lower case; empty when it names none. For documents whose Content-Type
// names no charset.
[[nodiscard]] std::string html_charset(std::string_view bytes);

}  // namespace mail
