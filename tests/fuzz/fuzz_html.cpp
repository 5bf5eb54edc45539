// HTML: its text, its safe form, and what is read of texts.
#include "mail/html.hpp"
#include "mail/text.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/safe_html.hpp"

namespace {

void check_text(std::string_view text) {
  std::size_t size = 0;
  for (const auto& run : mail::split_quoted(text)) {
    fuzz::check(run.text.data() == text.data() + size && !run.text.empty(), "runs are the text");
    size += run.text.size();
  }
  fuzz::check(size == text.size(), "runs are all of the text");
  const auto preview = mail::preview_of(text);
  fuzz::check(mail::first_characters(preview, 256) == preview, "a preview is short");
  fuzz::check(preview.find('\n') == std::string::npos, "a preview is one line");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::text_of(data, size);
  static_cast<void>(mail::html_charset(input));
  check_text(input);
  check_text(mail::html_to_text(input));
  const auto safe = mail::sanitize_html(input);
  fuzz::check(fuzz::danger_in(safe).empty(), "safe HTML has nothing active or remote");
  fuzz::check(mail::sanitize_html(safe) == safe, "safe HTML stays as it is");
  return 0;
}
