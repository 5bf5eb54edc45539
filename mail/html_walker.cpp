#include "mail/html_walker.hpp"

#include <array>

#include "mail/html_style.hpp"

namespace mail {
namespace {

// Sorted by name. What is not here has no meaning of its own: its content is read as if the tags
// were not there.
constexpr std::array kElements = {
    HtmlElement{"a"},
    HtmlElement{"abbr"},
    HtmlElement{"address", kBlock},
    HtmlElement{"article", kBlock},
    HtmlElement{"aside", kBlock},
    HtmlElement{"b"},
    HtmlElement{"big"},
    HtmlElement{"blockquote", kBlock | kParagraph},
    HtmlElement{"br", kVoid},
    HtmlElement{"button", kActive | kCell},
    HtmlElement{"caption", kBlock},
    HtmlElement{"center", kBlock},
    HtmlElement{"cite"},
    HtmlElement{"code"},
    HtmlElement{"dd", kBlock},
    HtmlElement{"del"},
    HtmlElement{"div", kBlock},
    HtmlElement{"dl", kBlock | kParagraph},
    HtmlElement{"dt", kBlock},
    HtmlElement{"em"},
    HtmlElement{"fieldset", kActive | kBlock},
    HtmlElement{"figcaption", kBlock},
    HtmlElement{"figure", kBlock},
    HtmlElement{"font"},
    HtmlElement{"footer", kBlock},
    HtmlElement{"form", kActive | kBlock},
    HtmlElement{"h1", kBlock | kParagraph},
    HtmlElement{"h2", kBlock | kParagraph},
    HtmlElement{"h3", kBlock | kParagraph},
    HtmlElement{"h4", kBlock | kParagraph},
    HtmlElement{"h5", kBlock | kParagraph},
    HtmlElement{"h6", kBlock | kParagraph},
    HtmlElement{"header", kBlock},
    HtmlElement{"hr", kVoid | kBlock},
    HtmlElement{"i"},
    HtmlElement{"iframe", kRawText},
    HtmlElement{"img", kVoid},
    HtmlElement{"ins"},
    HtmlElement{"kbd"},
    HtmlElement{"li", kBlock},
    HtmlElement{"main", kBlock},
    HtmlElement{"mark"},
    HtmlElement{"math", kHidden},
    HtmlElement{"nav", kBlock},
    HtmlElement{"noembed", kRawText},
    HtmlElement{"noframes", kRawText},
    HtmlElement{"noscript", kHidden},
    HtmlElement{"ol", kBlock | kParagraph},
    HtmlElement{"option", kActive | kCell},
    HtmlElement{"p", kBlock | kParagraph},
    HtmlElement{"pre", kBlock | kParagraph},
    HtmlElement{"q"},
    HtmlElement{"s"},
    HtmlElement{"samp"},
    HtmlElement{"script", kRawText},
    HtmlElement{"section", kBlock},
    HtmlElement{"small"},
    HtmlElement{"span"},
    HtmlElement{"strike"},
    HtmlElement{"strong"},
    HtmlElement{"style", kRawText},
    HtmlElement{"sub"},
    HtmlElement{"sup"},
    HtmlElement{"svg", kHidden},
    HtmlElement{"table", kBlock | kParagraph | kTablePart},
    HtmlElement{"tbody", kBlock | kTablePart},
    HtmlElement{"td", kCell | kTablePart},
    HtmlElement{"template", kHidden},
    HtmlElement{"textarea", kRawText},
    HtmlElement{"tfoot", kBlock | kTablePart},
    HtmlElement{"th", kCell | kTablePart},
    HtmlElement{"thead", kBlock | kTablePart},
    HtmlElement{"title", kRawText},
    HtmlElement{"tr", kBlock | kTablePart},
    HtmlElement{"tt"},
    HtmlElement{"u"},
    HtmlElement{"ul", kBlock | kParagraph},
    HtmlElement{"var"},
    HtmlElement{"wbr", kVoid},
    HtmlElement{"xmp", kRawText},
};

constexpr std::uint8_t find(std::string_view name) {
  std::size_t low = 0, high = kElements.size();
  while (low < high) {
    const auto middle = (low + high) / 2;
    const int order = kElements[middle].name.compare(name);
    if (order == 0) return static_cast<std::uint8_t>(middle + 1);
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 0;
}

static_assert([] {
  for (const auto& element : kElements) {
    if (find(element.name) == 0) return false;
  }
  return kElements.size() < 255;
}());

constexpr auto kP = find("p"), kLi = find("li"), kUl = find("ul"), kOl = find("ol"),
               kDt = find("dt"), kDd = find("dd"), kDl = find("dl"), kTd = find("td"),
               kTh = find("th"), kTr = find("tr"), kTable = find("table"), kTbody = find("tbody"),
               kThead = find("thead"), kTfoot = find("tfoot"), kOption = find("option");

constexpr bool is_cell(std::uint8_t number) { return number == kTd || number == kTh; }
constexpr bool is_row_group(std::uint8_t number) {
  return number == kTbody || number == kThead || number == kTfoot;
}
constexpr bool is_term(std::uint8_t number) { return number == kDt || number == kDd; }

}  // namespace

std::uint8_t html_element_number(std::string_view lower_case_name) { return find(lower_case_name); }

const HtmlElement& html_element(std::uint8_t number) { return kElements[number - 1U]; }

HtmlVisibility visibility_of_tag(const HtmlElement& element, const HtmlTokenizer& tag) {
  if (element.is(kHidden)) return {true, {}};
  if (tag.attributes().empty()) return {};
  if (tag.attribute("hidden")) return {true, {}};
  const auto style = tag.attribute("style");
  if (!style) return {};
  const auto seen = style->find('&') == std::string_view::npos
                        ? visibility_of_style(*style)
                        : visibility_of_style(decode_character_references(*style));
  // Links are hidden from Outlook alone: it is given a button of its own in their place.
  return {seen.hidden || (seen.hidden_in_outlook && element.name != "a"), seen.tiny};
}

std::size_t HtmlStack::size_after_close(std::uint8_t number) const {
  const bool table_part = html_element(number).is(kTablePart);
  for (auto i = open_.size(); i > 0; --i) {
    const auto candidate = static_cast<std::uint8_t>(open_[i - 1]);
    if (candidate == number) return i - 1;
    if (candidate == kTable || (!table_part && html_element(candidate).is(kTablePart))) break;
  }
  return open_.size();
}

// Authors may leave out the end tags of paragraphs, items, terms, options, and of the parts of a table.
std::size_t HtmlStack::size_before_open(std::uint8_t number) const {
  if (is_cell(number) || number == kTr || is_row_group(number))
    return size_before_table_part(number);
  if (html_element(number).is(kBlock) || number == kOption) return size_before_block(number);
  return open_.size();
}

// A cell ends the cell before it, a row the row, a row group the group; in the innermost table only.
std::size_t HtmlStack::size_before_table_part(std::uint8_t number) const {
  for (auto i = open_.size(); i > 0; --i) {
    const auto candidate = static_cast<std::uint8_t>(open_[i - 1]);
    const bool is_same_kind = (is_cell(number) && is_cell(candidate)) ||
                              (number == kTr && candidate == kTr) ||
                              (is_row_group(number) && is_row_group(candidate));
    if (is_same_kind) return i - 1;
    const bool is_around = candidate == kTable || (is_cell(number) && candidate == kTr) ||
                           (number == kTr && is_row_group(candidate));
    if (is_around) break;
  }
  return open_.size();
}

// A block ends the paragraph that it is in; an item, a term or an option also the one before it in the same list.
std::size_t HtmlStack::size_before_block(std::uint8_t number) const {
  auto size = open_.size();
  for (auto i = open_.size(); i > 0; --i) {
    const auto candidate = static_cast<std::uint8_t>(open_[i - 1]);
    const bool is_sibling = (number == kLi && candidate == kLi) ||
                            (number == kOption && candidate == kOption) ||
                            (is_term(number) && is_term(candidate));
    if (is_sibling) return i - 1;
    if (candidate == kP && html_element(number).is(kBlock)) {
      size = i - 1;
      if (number != kLi && !is_term(number))
        break;  // else the paragraph may be in the item that ends
    }
    const bool is_list = candidate == kUl || candidate == kOl || candidate == kDl;
    if (is_list || html_element(candidate).is(kTablePart)) break;
  }
  return size;
}

}  // namespace mail
