#include "mail/html_style.hpp"

#include <algorithm>

#include "mail/ascii.hpp"
#include "mail/text_lines.hpp"

namespace mail {
namespace {

constexpr std::string_view kAllowedProperties[] = {
    "background",     "background-color", "border",         "border-bottom",  "border-collapse",
    "border-color",   "border-left",      "border-radius",  "border-right",   "border-spacing",
    "border-style",   "border-top",       "border-width",   "color",          "direction",
    "font",           "font-family",      "font-size",      "font-style",     "font-variant",
    "font-weight",    "height",           "letter-spacing", "line-height",    "list-style-type",
    "margin",         "margin-bottom",    "margin-left",    "margin-right",   "margin-top",
    "max-width",      "min-width",        "padding",        "padding-bottom", "padding-left",
    "padding-right",  "padding-top",      "table-layout",   "text-align",     "text-decoration",
    "text-transform", "vertical-align",   "white-space",    "width",          "word-break",
    "word-wrap",
};

constexpr std::string_view kValueCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#%.,+-/ !'\"";

struct Declaration {
  std::string_view property, value;
};

// Takes the first declaration off `rest`; what is none has no value.
Declaration take_declaration(std::string_view& rest) {
  const auto end = std::min(rest.find(';'), rest.size());
  const auto text = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  return {trimmed_line(text.substr(0, colon)), trimmed_line(text.substr(colon + 1))};
}

// "none", "none !important"
bool begins_with_word(std::string_view value, std::string_view lower_case_word) {
  const auto end = std::min(value.find_first_of(" !\t"), value.size());
  return equal_ignoring_case(value.substr(0, end), lower_case_word);
}

// "0", "0px", ".0em"
bool is_zero(std::string_view value) {
  const auto end = std::min(value.find_first_not_of("0."), value.size());
  return end > 0 && (end == value.size() || value[end] < '1' || value[end] > '9');
}

bool is_tiny_size(std::string_view value) {
  return is_zero(value) || begins_with_word(value, "1px") || begins_with_word(value, "1pt");
}

// rgb() and rgba() taken out: the only parentheses that a value may have.
std::string without_colour_functions(std::string_view value) {
  std::string out;
  for (std::size_t at = 0; at < value.size();) {
    const auto open = value.find('(', at);
    const auto name = value.substr(at, open == std::string_view::npos ? open : open - at);
    const auto close = open == std::string_view::npos ? open : value.find(')', open);
    const bool colour =
        (name.ends_with("rgb") || name.ends_with("rgba")) && close != std::string_view::npos &&
        value.substr(open + 1, close - open - 1).find_first_not_of("0123456789., %/") ==
            std::string_view::npos;
    if (!colour) return out.append(value.substr(at));
    out.append(name);
    at = close + 1;
  }
  return out;
}

// No escapes, no functions but for colours, nothing negative that could push text out of sight.
bool is_harmless_value(std::string_view value) {
  const auto plain = without_colour_functions(value);
  if (plain.empty() || plain.find_first_not_of(kValueCharacters) != std::string::npos) return false;
  for (auto minus = plain.find('-'); minus != std::string::npos;
       minus = plain.find('-', minus + 1)) {
    const char next = minus + 1 < plain.size() ? plain[minus + 1] : ' ';
    if ((next >= '0' && next <= '9') || next == '.') return false;
  }
  return true;
}

}  // namespace

StyleVisibility visibility_of_style(std::string_view style) {
  StyleVisibility seen;
  bool no_room = false, cut = false;
  while (!style.empty()) {
    const auto declaration = take_declaration(style);
    const auto value = declaration.value;
    const auto is = [&declaration](std::string_view name) {
      return equal_ignoring_case(declaration.property, name);
    };
    if (is("display")) seen.hidden = seen.hidden || begins_with_word(value, "none");
    if (is("visibility")) seen.hidden = seen.hidden || begins_with_word(value, "hidden");
    if (is("opacity")) seen.hidden = seen.hidden || is_zero(value);
    if (is("mso-hide")) seen.hidden_in_outlook = begins_with_word(value, "all");
    // A value that is dropped from safe HTML counts for nothing here, so that safe HTML shows the
    // same.
    if (is("font-size") && is_harmless_value(value)) seen.tiny = is_tiny_size(value);
    if (is("font") && is_harmless_value(value)) seen.tiny = value.starts_with("0");
    if (is("overflow")) cut = begins_with_word(value, "hidden");
    if (is("max-height") || is("max-width") || is("height") || is("width"))
      no_room = no_room || is_zero(value);
  }
  seen.hidden = seen.hidden || (no_room && cut);
  return seen;
}

bool style_has_no_border(std::string_view style) {
  bool none = false;
  while (!style.empty()) {
    const auto [property, value] = take_declaration(style);
    if (equal_ignoring_case(property, "border")) none = begins_with_word(value, "none");
  }
  return none;
}

std::string safe_style(std::string_view style) {
  std::string safe;
  while (!style.empty()) {
    const auto declaration = take_declaration(style);
    const auto* const allowed = std::find_if(
        std::begin(kAllowedProperties), std::end(kAllowedProperties),
        [&](std::string_view name) { return equal_ignoring_case(declaration.property, name); });
    if (allowed == std::end(kAllowedProperties) || !is_harmless_value(declaration.value)) continue;
    if (!safe.empty()) safe += ';';
    safe.append(*allowed).append(":").append(declaration.value);
  }
  return safe;
}

}  // namespace mail
