// Everything in the output is written here: elements and attributes of these lists, and escaped
// text. Nothing of the input is copied as markup, so no reader sees other tags than this one did.
#include <algorithm>
#include <optional>

#include "mail/ascii.hpp"
#include "mail/html.hpp"
#include "mail/html_style.hpp"
#include "mail/html_walker.hpp"
#include "mail/text.hpp"
#include "mail/text_lines.hpp"

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

constexpr std::string_view kWordCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789#%.+-";

bool consists_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool begins_ignoring_case(std::string_view text,
                          std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(), [text](std::string_view beginning) {
    return equal_ignoring_case(text.substr(0, beginning.size()), beginning);
  });
}

// The address without what browsers ignore in it (blanks around it, control characters anywhere).
std::string address_of(std::string_view raw) {
  std::string url = decode_character_references(raw);
  std::erase_if(url, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
  return std::string(trimmed_line(url));
}

std::optional<std::string> some(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

class HtmlSink {
 public:
  HtmlSink(std::string& out, const SafeHtmlOptions& options) : out_(out), options_(options) {}

  void text(std::string_view raw) { append_html_escaped(out_, decode_character_references(raw)); }

  void open(const HtmlElement& element, const HtmlTokenizer& tag, bool has_letters) {
    if (element.is(kActive)) return;
    const bool image = element.name == "img", link = element.name == "a";
    if (image && !image_of(tag.attribute("src").value_or(""))) {
      // An image that is not shown is told by the words for it.
      const auto alternative = has_letters ? tag.attribute("alt") : std::nullopt;
      if (alternative) text(*alternative);
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
      append_attribute(allowed.name, *value);
      if (allowed.kind == ValueKind::kLink) {
        append_attribute("rel", "noopener noreferrer nofollow");
        append_attribute("target", "_blank");
      }
    }
    out_ += '>';
  }

  void close(const HtmlElement& element) {
    if (!element.is(kActive)) out_.append("</").append(element.name).append(">");
  }

 private:
  void append_attribute(std::string_view name, std::string_view value) {
    out_.append(" ").append(name).append("=\"");
    append_html_escaped(out_, value);
    out_ += '"';
  }

  [[nodiscard]] std::optional<std::string> value_of(ValueKind kind, std::string_view raw) const {
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
        return some(safe_style(decode_character_references(raw)));
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::string> link_of(std::string_view raw) const {
    auto url = address_of(raw);
    if (begins_ignoring_case(url, {"cid:"})) return attachment_of(std::move(url));
    if (!begins_ignoring_case(url, {"http://", "https://", "mailto:"})) return std::nullopt;
    return url;
  }

  [[nodiscard]] std::optional<std::string> image_of(std::string_view raw) const {
    auto url = address_of(raw);
    if (begins_ignoring_case(url, {"cid:"})) return attachment_of(std::move(url));
    const bool remote = begins_ignoring_case(url, {"http://", "https://"});
    const bool inside = begins_ignoring_case(
        url, {"data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;"});
    if (!inside && !(remote && options_.remote_images)) return std::nullopt;
    return url;
  }

  [[nodiscard]] std::optional<std::string> attachment_of(std::string cid_url) const {
    if (!options_.attachment_url) return cid_url;
    // RFC 2392: a Content-ID in a "cid:" address is percent-encoded.
    return some(options_.attachment_url(percent_decoded(std::string_view(cid_url).substr(4))));
  }

  std::string& out_;
  const SafeHtmlOptions& options_;
};

}  // namespace

std::string sanitize_html(std::string_view utf8_html, const SafeHtmlOptions& options) {
  std::string out;
  out.reserve(utf8_html.size());
  HtmlSink sink(out, options);
  walk_html(utf8_html, sink);
  return out;
}

}  // namespace mail
