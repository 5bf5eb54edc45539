#include "mail/html_tokenizer.hpp"

#include "mail/ascii.hpp"

namespace mail {
namespace {

constexpr std::size_t kMaxName = 16;
constexpr std::size_t kMaxAttributes = 64;
constexpr std::string_view kSpace = " \t\n\r\f";

}  // namespace

HtmlTokenizer::Kind HtmlTokenizer::next() {
  while (at_ < html_.size()) {
    const auto begin = at_;
    at_ = next_markup();
    if (at_ > begin) {
      text_ = html_.substr(begin, at_ - begin);
      return Kind::kText;
    }
    if (skip_markup_declaration()) continue;
    const bool closes = html_[at_ + 1] == '/';
    const auto tag = at_;
    if (!read_tag()) return Kind::kEnd;
    // "<ada@example.org>" in a text that nobody escaped.
    if (!closes && name_.find('@') != std::string::npos) {
      text_ = html_.substr(tag, at_ - tag);
      return Kind::kText;
    }
    return closes ? Kind::kClose : Kind::kOpen;
  }
  return Kind::kEnd;
}

// Where the next tag or declaration begins; a bracket that begins neither is text.
std::size_t HtmlTokenizer::next_markup() const {
  auto bracket = html_.find('<', at_);
  while (bracket != std::string_view::npos && bracket + 1 < html_.size()) {
    const char c = html_[bracket + 1];
    if (is_letter(c) || c == '/' || c == '!' || c == '?') return bracket;
    bracket = html_.find('<', bracket + 1);
  }
  return html_.size();
}

// Comments, "<!doctype>", "<![if]>", "<?xml>", "</>" and "</ x>".
bool HtmlTokenizer::skip_markup_declaration() {
  const auto rest = html_.substr(at_);
  std::size_t end = 0;
  if (rest.substr(0, 4) == "<!--") {
    if (rest.substr(4, 1) == ">" || rest.substr(4, 2) == "->") {
      end = rest.find('>');
    } else {
      end = 4;
      do {
        end = rest.find("--", end);
        if (end == std::string_view::npos) break;
        end += 2;
        if (rest.substr(end, 1) == "!") ++end;
      } while (rest.substr(end, 1) != ">" && --end < rest.size());
    }
  } else if (rest[1] == '/' ? rest.size() < 3 || !is_letter(rest[2]) : !is_letter(rest[1])) {
    end = rest.find('>');
  } else {
    return false;
  }
  at_ = end == std::string_view::npos ? html_.size() : std::min(at_ + end + 1, html_.size());
  return true;
}

// False when the tag breaks off.
bool HtmlTokenizer::read_tag() {
  at_ += html_[at_ + 1] == '/' ? 2 : 1;
  name_.clear();
  for (; at_ < html_.size(); ++at_) {
    const char c = html_[at_];
    if (c == '>' || c == '/' || kSpace.find(c) != std::string_view::npos) break;
    if (name_.size() < kMaxName || c == '@') name_ += lower_ascii(c);
  }
  read_attributes();
  if (at_ >= html_.size()) return false;
  ++at_;
  return true;
}

// Up to the ">" that ends the tag.
void HtmlTokenizer::read_attributes() {
  attributes_.clear();
  constexpr std::string_view kBetween = " \t\n\r\f/";
  while ((at_ = html_.find_first_not_of(kBetween, at_)) < html_.size() && html_[at_] != '>') {
    HtmlAttribute attribute;
    const auto name_end = std::min(html_.find_first_of(" \t\n\r\f/>=", at_ + 1), html_.size());
    attribute.name = html_.substr(at_, name_end - at_);
    at_ = html_.find_first_not_of(kSpace, name_end);
    if (at_ < html_.size() && html_[at_] == '=') {
      at_ = html_.find_first_not_of(kSpace, at_ + 1);
      const auto value = at_ < html_.size() ? read_attribute_value() : std::nullopt;
      if (!value) break;
      attribute.value = *value;
    }
    if (attributes_.size() < kMaxAttributes) attributes_.push_back(attribute);
  }
  at_ = std::min(at_, html_.size());
}

// The value at `at_`, which moves behind it. Nothing when its quote is not closed: then the input ends.
std::optional<std::string_view> HtmlTokenizer::read_attribute_value() {
  const char quote = html_[at_];
  const bool is_quoted = quote == '"' || quote == '\'';
  const auto begin = is_quoted ? at_ + 1 : at_;
  const auto end = is_quoted ? html_.find(quote, begin)
                             : std::min(html_.find_first_of(" \t\n\r\f>", begin), html_.size());
  if (end == std::string_view::npos) {
    at_ = html_.size();
    return std::nullopt;
  }
  at_ = is_quoted ? end + 1 : end;
  return html_.substr(begin, end - begin);
}

std::optional<std::string_view> HtmlTokenizer::attribute(std::string_view lower_case_name) const {
  for (const auto& attribute : attributes_) {
    if (equal_ignoring_case(attribute.name, lower_case_name)) return attribute.value;
  }
  return std::nullopt;
}

void HtmlTokenizer::skip_raw_text(std::string_view element) {
  for (;;) {
    at_ = html_.find("</", at_);
    if (at_ == std::string_view::npos) break;
    const auto name = html_.substr(at_ + 2, element.size());
    const auto after = html_.substr(std::min(at_ + 2 + element.size(), html_.size()), 1);
    if (equal_ignoring_case(name, element) &&
        (after.empty() || after.find_first_of(" \t\n\r\f/>") == 0))
      return;
    at_ += 2;
  }
  at_ = html_.size();
}

}  // namespace mail
