// What safe HTML must be, for tests of chosen attacks and for the fuzzer.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "mail/ascii.hpp"
#include "mail/html_tokenizer.hpp"

namespace fuzz {

// Whether `url` begins with one of these, case ignored.
template <std::size_t N>
bool has_scheme(std::string_view url, const std::array<std::string_view, N>& schemes) {
  return std::any_of(schemes.begin(), schemes.end(), [url](std::string_view scheme) {
    return mail::equal_ignoring_case(url.substr(0, scheme.size()), scheme);
  });
}

// What could do something in a tag of safe HTML, in words; empty when nothing can.
inline std::string danger_in(const mail::HtmlTokenizer& tag) {
  constexpr std::array<std::string_view, 16> kActive = {
      "script", "style", "iframe", "object", "embed",    "form",   "input", "link",
      "meta",   "base",  "svg",    "math",   "template", "button", "video", "audio"};
  if (std::find(kActive.begin(), kActive.end(), tag.name()) != kActive.end())
    return "element " + std::string(tag.name());
  constexpr std::array<std::string_view, 18> kAttributes = {
      "align", "alt",     "bgcolor", "border", "cellpadding", "cellspacing",
      "color", "colspan", "dir",     "face",   "height",      "href",
      "lang",  "rel",     "rowspan", "size",   "src",         "start"};
  constexpr std::array<std::string_view, 6> kMoreAttributes = {"style", "target", "title",
                                                               "type",  "valign", "width"};
  for (const auto& attribute : tag.attributes()) {
    const bool known =
        std::find(kAttributes.begin(), kAttributes.end(), attribute.name) != kAttributes.end() ||
        std::find(kMoreAttributes.begin(), kMoreAttributes.end(), attribute.name) !=
            kMoreAttributes.end();
    if (!known) return "attribute " + std::string(attribute.name);
    if (attribute.value.find_first_of("<>\"'`") != std::string_view::npos)
      return "value that is not escaped: " + std::string(attribute.value);
  }
  constexpr std::array<std::string_view, 2> kImages = {"cid:", "data:image/"};
  constexpr std::array<std::string_view, 4> kLinks = {"http://", "https://", "mailto:", "cid:"};
  const auto image = tag.attribute("src").value_or("cid:");
  if (!has_scheme(image, kImages)) return "image " + std::string(image);
  const auto link = tag.attribute("href").value_or("cid:");
  if (!has_scheme(link, kLinks)) return "link " + std::string(link);
  const auto style = tag.attribute("style").value_or("");
  if (style.find_first_of("\\*<@{") != std::string_view::npos ||
      style.find("url(") != std::string_view::npos)
    return "style " + std::string(style);
  return {};
}

// The first danger in it, or nothing.
inline std::string danger_in(std::string_view safe_html) {
  using Kind = mail::HtmlTokenizer::Kind;
  mail::HtmlTokenizer tokens(safe_html);
  for (auto kind = tokens.next(); kind != Kind::kEnd; kind = tokens.next()) {
    if (kind != Kind::kOpen) continue;
    auto danger = danger_in(tokens);
    if (!danger.empty()) return danger;
  }
  return {};
}

}  // namespace fuzz
