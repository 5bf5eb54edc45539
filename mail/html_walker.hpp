// Walks what is visible of an HTML text, with its elements properly nested, for a sink:
//
//   struct Sink {
//     void text(std::string_view raw);  // character references unresolved
//     void open(const HtmlElement& element, const HtmlTokenizer& tag);
//     void close(const HtmlElement& element);  // once for each open of what is not void
//   };
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
// Whether the tag itself says that the element is not shown.
[[nodiscard]] bool is_hidden_by_attribute(const HtmlTokenizer& tag);

// The elements that are open; all loops over it are bounded by kMaxDepth.
class HtmlStack {
 public:
  static constexpr std::size_t kMaxDepth = 256;

  [[nodiscard]] std::size_t size() const { return open_.size(); }
  [[nodiscard]] std::uint8_t top() const { return static_cast<std::uint8_t>(open_.back()); }
  void push(std::uint8_t number) { open_ += static_cast<char>(number); }
  void pop() { open_.pop_back(); }
  // How many stay open when an end tag of that element is read, or when a start tag of it is.
  [[nodiscard]] std::size_t size_after_close(std::uint8_t number) const;
  [[nodiscard]] std::size_t size_before_open(std::uint8_t number) const;

 private:
  std::string open_;
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
      if (visible) sink.text(tokens.text());
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
    if (element.is(kVoid)) {
      if (stack.size() <= visible_depth && !is_hidden_by_attribute(tokens))
        sink.open(element, tokens);
      continue;
    }
    if (stack.size() == HtmlStack::kMaxDepth) continue;
    if (stack.size() <= visible_depth) {
      if (element.is(kHidden) || is_hidden_by_attribute(tokens)) {
        visible_depth = stack.size();
      } else {
        sink.open(element, tokens);
      }
    }
    stack.push(number);
  }
  pop_to(0);
}

}  // namespace mail
