// Everything in the output is written here: elements and attributes of these lists, and escaped
// text. Nothing of the input is copied as markup, so no reader sees other tags than this one did.
#include <optional>

#include "mail/html.hpp"
#include "mail/html_walker.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

enum class ValueKind { kText, kWord, kLink, kImage, kStyle };
struct AllowedAttribute {
  std::string_view name;
  ValueKind kind;
};

constexpr AllowedAttribute kAllowedAttributes[] = {
    {"align", ValueKind::kWord},       {"alt", ValueKind::kText},
    {"bgcolor", ValueKind::kWord},     {"border", ValueKind::kWord},
    {"cellpadding", ValueKind::kWord}, {"cellspacing", ValueKind::kWord},
    {"color", ValueKind::kWord},       {"colspan", ValueKind::kWord},
    {"dir", ValueKind::kWord},         {"face", ValueKind::kText},
    {"height", ValueKind::kWord},      {"href", ValueKind::kLink},
    {"lang", ValueKind::kWord},        {"rowspan", ValueKind::kWord},
    {"size", ValueKind::kWord},        {"src", ValueKind::kImage},
    {"start", ValueKind::kWord},       {"style", ValueKind::kStyle},
    {"title", ValueKind::kText},       {"type", ValueKind::kWord},
    {"valign", ValueKind::kWord},      {"width", ValueKind::kWord},
};

constexpr std::string_view kAllowedProperties[] = {
    "background-color", "border",      "border-collapse", "color",       "font-family",
    "font-size",        "font-style",  "font-weight",     "line-height", "list-style-type",
    "margin-left",      "padding",     "padding-left",    "text-align",  "text-decoration",
    "vertical-align",   "white-space", "width",
};

constexpr std::string_view kWordCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#%.+-";
constexpr std::string_view kStyleCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#%.,+- !'";

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool begins_with_any(std::string_view text,
                     std::initializer_list<std::string_view> lower_case_beginnings) {
  for (const auto beginning : lower_case_beginnings) {
    if (equals_ignoring_case(text.substr(0, beginning.size()), beginning)) return true;
  }
  return false;
}

// The address without what browsers ignore in it (blanks around it, control characters anywhere).
std::string address_of(std::string_view raw) {
  std::string url = decode_character_references(raw);
  std::erase_if(url, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
  return std::string(trimmed(url));
}

std::optional<std::string> link_of(std::string_view raw) {
  auto url = address_of(raw);
  if (!begins_with_any(url, {"http://", "https://", "mailto:", "cid:"})) return std::nullopt;
  return url;
}

std::optional<std::string> image_of(std::string_view raw) {
  auto url = address_of(raw);
  if (!begins_with_any(url, {"cid:", "data:image/png;", "data:image/jpeg;", "data:image/gif;",
                             "data:image/webp;"})) {
    return std::nullopt;
  }
  return url;
}

// The declarations that only change how text looks. No parentheses, so no url() and no
// expression().
std::optional<std::string> style_of(std::string_view raw) {
  const auto decoded = decode_character_references(raw);
  std::string_view rest = decoded;
  std::string style;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto declaration = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    const auto property = trimmed(declaration.substr(0, colon)),
               value = trimmed(declaration.substr(colon + 1));
    if (value.empty() || !consists_of(value, kStyleCharacters)) continue;
    for (const auto allowed : kAllowedProperties) {
      if (!equals_ignoring_case(property, allowed)) continue;
      if (!style.empty()) style += ';';
      style.append(allowed).append(":").append(value);
    }
  }
  if (style.empty()) return std::nullopt;
  return style;
}

std::optional<std::string> value_of(ValueKind kind, std::string_view raw) {
  switch (kind) {
    case ValueKind::kText:
      return decode_character_references(raw);
    case ValueKind::kWord:
      if (!consists_of(raw, kWordCharacters)) return std::nullopt;
      return std::string(raw);
    case ValueKind::kLink:
      return link_of(raw);
    case ValueKind::kImage:
      return image_of(raw);
    case ValueKind::kStyle:
      return style_of(raw);
  }
  return std::nullopt;
}

class HtmlSink {
 public:
  explicit HtmlSink(std::string& out) : out_(out) {}

  void text(std::string_view raw) { append_html_escaped(out_, decode_character_references(raw)); }

  void open(const HtmlElement& element, const HtmlTokenizer& tag) {
    if (element.is(kActive)) return;
    const bool image = element.name == "img", link = element.name == "a";
    if (image && !image_of(tag.attribute("src").value_or(""))) {
      // A remote image is shown by the words for it.
      if (const auto alternative = tag.attribute("alt")) text(*alternative);
      return;
    }
    out_.append("<").append(element.name);
    for (const auto& allowed : kAllowedAttributes) {
      if ((allowed.kind == ValueKind::kImage && !image) ||
          (allowed.kind == ValueKind::kLink && !link))
        continue;
      const auto raw = tag.attribute(allowed.name);
      const auto value = raw ? value_of(allowed.kind, *raw) : std::nullopt;
      if (!value) continue;
      out_.append(" ").append(allowed.name).append("=\"");
      append_html_escaped(out_, *value);
      out_ += '"';
    }
    out_ += link ? " rel=\"noopener noreferrer\">" : ">";
  }

  void close(const HtmlElement& element) {
    if (!element.is(kActive)) out_.append("</").append(element.name).append(">");
  }

 private:
  std::string& out_;
};

}  // namespace

std::string sanitize_html(std::string_view utf8_html) {
  std::string out;
  out.reserve(utf8_html.size());
  HtmlSink sink(out);
  walk_html(utf8_html, sink);
  return out;
}

}  // namespace mail
