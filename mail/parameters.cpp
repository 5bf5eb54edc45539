#include "mail/parameters.hpp"

#include <algorithm>
#include <charconv>

#include "mail/ascii.hpp"
#include "mail/charset.hpp"
#include "mail/encoded_words.hpp"

namespace mail {
namespace {

// "name*index*=text"; index -1 where there is none, `encoded` with the last asterisk.
struct Segment {
  std::string name;
  int index = -1;
  bool encoded = false;
  std::string text;
};

class ParameterReader {
 public:
  explicit ParameterReader(std::string_view line) : line_(line) {}

  std::string value() {
    std::string out;
    while (at_ < line_.size() && line_[at_] != ';') {
      if (is_wsp(line_[at_])) {
        if (!out.empty() && parameter_begins(at_)) break;  // a semicolon is missing
        at_ = std::min(line_.find_first_not_of(" \t", at_), line_.size());
      } else if (line_[at_] == '(') {
        at_ += comment_length(line_.substr(at_));
      } else {
        out += lower_ascii(line_[at_++]);
      }
    }
    return out;
  }

  std::vector<Segment> segments() {
    std::vector<Segment> out;
    while (at_ < line_.size()) {
      if (line_[at_] == ';' || is_wsp(line_[at_])) {
        ++at_;
      } else if (line_[at_] == '(') {
        at_ += comment_length(line_.substr(at_));
      } else if (auto segment = read_segment(); !segment.name.empty()) {
        out.push_back(std::move(segment));
      }
    }
    return out;
  }

 private:
  // Whether "name=" stands behind the blanks at `at`; not "=?", which begins an encoded word.
  [[nodiscard]] bool parameter_begins(std::size_t at) const {
    const auto begin = line_.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) return false;
    const auto end = line_.find_first_of("= \t;\"(?/", begin);
    return end != std::string_view::npos && end > begin && line_[end] == '=' &&
           line_.substr(end, 2) != "=?";
  }

  Segment read_segment() {
    const auto end = std::min(line_.find_first_of("=;", at_), line_.size());
    Segment segment;
    read_name(line_.substr(at_, end - at_), segment);
    at_ = end;
    if (end == line_.size() || line_[end] == ';') return {};
    at_ = std::min(line_.find_first_not_of(" \t", end + 1), line_.size());
    if (at_ < line_.size() && line_[at_] == '"') {
      segment.text = quoted();
    } else {
      segment.text = unquoted();
    }
    return segment;
  }

  static void read_name(std::string_view written, Segment& segment) {
    written = without_outer_wsp(written);
    const auto star = std::min(written.find('*'), written.size());
    for (const char c : without_outer_wsp(written.substr(0, star))) segment.name += lower_ascii(c);
    auto rest = written.substr(star);
    if (!rest.empty() && rest.back() == '*') {
      segment.encoded = true;
      rest.remove_suffix(1);
    }
    if (rest.size() < 2) return;
    rest.remove_prefix(1);
    std::from_chars(rest.data(), rest.data() + rest.size(), segment.index);
  }

  std::string quoted() {
    std::string out;
    for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < line_.size()) ++at_;
      out += line_[at_];
    }
    ++at_;
    return out;
  }

  // To the semicolon, or to where the next parameter begins without one. A comment counts as such
  // only at the end: names of files have parentheses too.
  std::string unquoted() {
    const auto begin = at_;
    while (at_ < line_.size() && line_[at_] != ';') {
      if (is_wsp(line_[at_])) {
        if (parameter_begins(at_)) break;
        at_ = std::min(line_.find_first_not_of(" \t", at_), line_.size());
      } else {
        ++at_;
      }
    }
    auto text = without_outer_wsp(line_.substr(begin, at_ - begin));
    if (!text.empty() && text.back() == ')') {
      const auto comment = text.find(" (");
      if (comment != std::string_view::npos &&
          comment_length(text.substr(comment + 1)) == text.size() - comment - 1)
        text = without_outer_wsp(text.substr(0, comment));
    }
    return std::string(text);
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

// Takes "charset'language'" off the beginning.
std::string take_charset(std::string& text) {
  const auto first = text.find('\'');
  const auto second = first == std::string::npos ? first : text.find('\'', first + 1);
  if (second == std::string::npos) return {};
  auto charset = text.substr(0, first);
  text.erase(0, second + 1);
  return charset;
}

// Segments of one parameter, in order, as one text. Bytes of neighbouring encoded segments are
// joined before they are converted: a character may be split between them.
std::string joined(std::vector<Segment>::iterator begin, std::vector<Segment>::iterator end) {
  std::string out, bytes, charset;
  const auto convert = [&] {
    out += to_utf8(bytes, charset);
    bytes.clear();
  };
  for (auto segment = begin; segment != end; ++segment) {
    if (segment->encoded) {
      if (segment == begin) charset = take_charset(segment->text);
      bytes += percent_decoded(segment->text);
    } else {
      convert();
      out += segment->text;
    }
  }
  convert();
  const bool is_extended =
      std::any_of(begin, end, [](const Segment& segment) { return segment.encoded; });
  return is_extended || begin->name == "boundary" ? out : decode_words(out);
}

// Extended ones first: they are the better form of the same.
bool goes_before(const Segment& a, const Segment& b) {
  const auto is_plain = [](const Segment& s) { return s.index < 0 && !s.encoded; };
  if (is_plain(a) != is_plain(b)) return is_plain(b);
  return a.index < b.index;
}

}  // namespace

std::string_view ParameterizedValue::find(std::string_view name) const {
  for (const auto& parameter : parameters) {
    if (parameter.first == name) return parameter.second;
  }
  return {};
}

ParameterizedValue read_parameters(std::string_view line) {
  ParameterReader reader(line);
  ParameterizedValue out;
  out.value = reader.value();
  auto segments = reader.segments();
  std::stable_sort(segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
    return a.name != b.name ? a.name < b.name : goes_before(a, b);
  });
  for (auto at = segments.begin(); at != segments.end();) {
    const auto end =
        std::find_if(at, segments.end(), [at](const Segment& s) { return s.name != at->name; });
    // Of a parameter that is not continued the first counts.
    const auto last = at->index < 0
                          ? at + 1
                          : std::find_if(at, end, [](const Segment& s) { return s.index < 0; });
    out.parameters.emplace_back(at->name, joined(at, last));
    at = end;
  }
  return out;
}

}  // namespace mail
