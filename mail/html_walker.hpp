// Walks what is visible of an HTML text, with its elements properly nested, for a sink:
//
//   struct Sink {
//     void text(std::string_view raw);  // character references unresolved
//     void open(const HtmlElement& element, const HtmlTokenizer& tag, bool has_letters);  // false: text there has no size
//     void close(const HtmlElement& element);  // once for each open of what is not void
//   };
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/html_tokenizer.hpp"

namespace mail {

enum HtmlFlags : unsigned {
  kBlock = 1,  // on lines of its own
  kParagraph = 2,  // with a blank line around
  kVoid = 4,  // has no content
  kHidden = 8,  // its content is not shown
  kRawText = 16,  // its content is no HTML, and not shown
  kCell = 32,  // text of neighbours must not run together
  kTablePart = 64,  // what is outside is not closed from inside
  kActive = 128,  // not in sanitised HTML, its content is
};

struct HtmlElement {
  std::string_view name;
  unsigned flags = 0;
  [[nodiscard]] bool is(unsigned flag) const { return (flags & flag) != 0; }
};

// Elements by number; numbers begin at 1 (0: an element without meaning, only its content counts).
[[nodiscard]] std::uint8_t html_element_number(std::string_view lower_case_name);
[[nodiscard]] const HtmlElement& html_element(std::uint8_t number);
// Whether the text of the element is shown, as its start tag says.
struct HtmlVisibility {
  bool hidden = false;
  std::optional<bool> tiny;  // letters without size, until an element inside gives them one
};
[[nodiscard]] HtmlVisibility visibility_of_tag(const HtmlElement& element,
                                               const HtmlTokenizer& tag);

// The elements that are open; all loops over it are bounded by kMaxDepth.
class HtmlStack {
 public:
  static constexpr std::size_t kMaxDepth = 256;

  [[nodiscard]] std::size_t size() const { return open_.size(); }
  [[nodiscard]] std::uint8_t top() const { return static_cast<std::uint8_t>(open_.back()); }
  // Whether letters in the innermost have no size.
  [[nodiscard]] bool is_tiny() const { return !tiny_.empty() && tiny_.back(); }
  void push(std::uint8_t number, bool tiny) {
    open_ += static_cast<char>(number);
    tiny_.push_back(tiny);
  }
  void pop() {
    open_.pop_back();
    tiny_.pop_back();
  }
  // How many elements stay open after an end tag, or before a start tag, of that element.
  [[nodiscard]] std::size_t size_after_close(std::uint8_t number) const;
  [[nodiscard]] std::size_t size_before_open(std::uint8_t number) const;

 private:
  [[nodiscard]] std::size_t size_before_table_part(std::uint8_t number) const;
  [[nodiscard]] std::size_t size_before_block(std::uint8_t number) const;

  std::string open_;  // numbers of elements, the innermost last
  std::vector<bool> tiny_;  // for each of them, whether its letters have no size
};

template <typename Sink>
void walk_html(std::string_view html, Sink& sink) {
  using Kind = HtmlTokenizer::Kind;
  HtmlTokenizer tokens(html);
  HtmlStack stack;
  std::size_t visible_depth = HtmlStack::kMaxDepth;  // elements above this are not shown
  const auto pop_to = [&](std::size_t size) {
    while (stack.size() > size) {
      if (stack.size() <= visible_depth) sink.close(html_element(stack.top()));
      stack.pop();
    }
    if (stack.size() <= visible_depth) visible_depth = HtmlStack::kMaxDepth;
  };
  for (auto kind = tokens.next(); kind != Kind::kEnd; kind = tokens.next()) {
    const bool visible = stack.size() <= visible_depth;
    if (kind == Kind::kText) {
      if (visible && !stack.is_tiny()) sink.text(tokens.text());
      continue;
    }
    const auto number = html_element_number(tokens.name());
    if (number == 0) continue;
    const auto& element = html_element(number);
    if (kind == Kind::kClose) {
      pop_to(stack.size_after_close(number));
      continue;
    }
    if (element.is(kRawText)) {
      tokens.skip_raw_text(element.name);
      continue;
    }
    pop_to(stack.size_before_open(number));
    const auto seen = visibility_of_tag(element, tokens);
    const bool shown = stack.size() <= visible_depth && !seen.hidden;
    if (element.is(kVoid)) {
      if (shown) sink.open(element, tokens, !stack.is_tiny());
      continue;
    }
    if (stack.size() == HtmlStack::kMaxDepth) continue;
    if (shown) {
      sink.open(element, tokens, !stack.is_tiny());
    } else {
      visible_depth = std::min(visible_depth, stack.size());
    }
    stack.push(number, seen.tiny.value_or(stack.is_tiny()));
  }
  pop_to(0);
}

}  // namespace mail
