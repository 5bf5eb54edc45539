// What style attributes say. Internal to the readers of HTML; linear in the style.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

// Whether the text of an element with this style can be seen.
struct StyleVisibility {
  bool hidden = false;  // the element and all inside it are hidden
  bool hidden_in_outlook = false;  // "mso-hide:all"
  // Its letters have no size, until an element inside gives them one; nothing: as outside.
  std::optional<bool> tiny;
};
[[nodiscard]] StyleVisibility visibility_of_style(std::string_view style);

[[nodiscard]] bool style_has_no_border(std::string_view style);

// The declarations that only change how text looks; none that load, position, cover or shrink.
// Often empty.
[[nodiscard]] std::string safe_style(std::string_view style);

}  // namespace mail
