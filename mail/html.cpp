#include "mail/html.hpp"

#include <array>

#include "mail/html_style.hpp"
#include "mail/html_walker.hpp"

namespace mail {
namespace {

// Bytes at which a run of plain text ends: white space, "&", and the first byte of a no-break
// space.
constexpr auto kEndsRun = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c <= ' '; ++c) table[c] = true;
  table['&'] = table[0xC2] = true;
  return table;
}();

constexpr std::string_view kQuotationMark = "> ";
constexpr std::size_t kMaxQuotationMarks = 5;  // more would only make the text longer

// Gmail and others indent by a <blockquote> without border.
bool is_quotation(const HtmlTokenizer& tag) {
  return tag.attribute("type") || tag.attribute("class") ||
         !style_has_no_border(tag.attribute("style").value_or(""));
}

class TextSink {
 public:
  explicit TextSink(std::string& out) : out_(out) {}

  void text(std::string_view raw) {
    std::size_t at = 0;
    while (at < raw.size()) {
      auto end = at;
      while (end < raw.size() && !kEndsRun[static_cast<unsigned char>(raw[end])]) ++end;
      if (end > at) append(raw.substr(at, end - at));
      at = end;
      if (at == raw.size()) break;
      if (raw[at] == '&') {
        reference_.clear();
        at = append_character_reference(reference_, raw, at);
        if (reference_ == "\xC2\xA0" || static_cast<unsigned char>(reference_[0]) <= ' ') {
          white_space(' ');
        } else {
          append(reference_);
        }
      } else if (raw[at] == '\xC2') {
        const bool no_break_space = raw.substr(at + 1, 1) == "\xA0";
        if (no_break_space) {
          white_space(' ');
        } else {
          append(raw.substr(at, 2));
        }
        at += 2;
      } else {
        white_space(raw[at++]);
      }
    }
  }

  void open(const HtmlElement& element, const HtmlTokenizer& tag, bool has_letters) {
    if (element.name == "br") {
      gap_ = gap_ >= kLine ? kBlankLine : kLine;
    } else if (element.name == "img") {
      const auto alternative = has_letters ? tag.attribute("alt") : std::nullopt;
      if (alternative) image(*alternative);
    } else {
      separate(element);
      if (element.name == "pre") ++pre_;
      if (element.name == "blockquote") {
        quotations_.push_back(is_quotation(tag));
        quotation_depth_ += quotations_.back() ? 1 : 0;
      }
    }
  }

  void close(const HtmlElement& element) {
    separate(element);
    if (element.name == "pre") --pre_;
    if (element.name == "blockquote") {
      quotation_depth_ -= quotations_.back() ? 1 : 0;
      quotations_.pop_back();
    }
  }

 private:
  enum Gap { kNone, kSpace, kLine, kBlankLine };

  // An image stands apart from what is beside it, but for one that shows an initial.
  void image(std::string_view alternative) {
    const Gap apart = alternative.size() > 1 ? kSpace : kNone;
    gap_ = std::max(gap_, apart);
    text(alternative);
    gap_ = std::max(gap_, apart);
  }

  void separate(const HtmlElement& element) {
    const Gap wanted = element.is(kParagraph) ? kBlankLine
                       : element.is(kBlock)   ? kLine
                       : element.is(kCell)    ? kSpace
                                              : kNone;
    gap_ = std::max(gap_, wanted);
  }

  void white_space(char c) {
    if (pre_ == 0) {
      gap_ = std::max(gap_, kSpace);
    } else if (c != '\r') {
      append({&c, 1});
    }
  }

  void append(std::string_view text) {
    if (gap_ != kNone && !out_.empty())
      out_ += gap_ == kSpace ? " " : gap_ == kLine ? "\n" : "\n\n";
    gap_ = kNone;
    if (quotation_depth_ > 0 && (out_.empty() || out_.back() == '\n')) mark_quotation();
    out_ += text;
  }

  void mark_quotation() {
    for (std::size_t i = 0; i < std::min(quotation_depth_, kMaxQuotationMarks); ++i)
      out_ += kQuotationMark;
  }

  std::string& out_;
  std::string reference_;
  Gap gap_ = kNone;
  int pre_ = 0;
  std::vector<bool> quotations_;  // for each <blockquote> that is open, whether it is one
  std::size_t quotation_depth_ = 0;
};

}  // namespace

std::string html_to_text(std::string_view utf8_html) {
  std::string out;
  out.reserve(utf8_html.size() / 2);
  TextSink sink(out);
  walk_html(utf8_html, sink);
  return out;
}

}  // namespace mail
