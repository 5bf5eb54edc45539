// What style attributes say. Internal to the readers of HTML; linear in the style.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail {

// Whether the text of an element with this style can be seen.
struct StyleVisibility {
  bool hidden = false;  // it cannot, nor what is inside
  bool hidden_in_outlook = false;  // "mso-hide:all"
  std::optional<bool>
      tiny;  // its letters have no size, until an element inside gives them one; nothing: as outside
};
[[nodiscard]] StyleVisibility visibility_of_style(std::string_view style);

[[nodiscard]] bool style_has_no_border(std::string_view style);

// The declarations that only change how text looks, none that fetch, place, cover or shrink; often empty.
[[nodiscard]] std::string safe_style(std::string_view style);

}  // namespace mail
