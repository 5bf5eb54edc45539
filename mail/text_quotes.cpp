// What in a body its author did not write for this message: quoted lines, what introduces them, the
// message below, signatures.
//
// Lines are looked at one by one, with a bounded number of those that follow, so time is linear in
// the body.
#include "mail/text.hpp"
#include "mail/text_lines.hpp"
#include "mail/text_marks.hpp"

namespace mail {
namespace {

constexpr int kLookahead = 24;  // lines
constexpr int kMaxAttributionLines = 3;
constexpr int kMaxFooterLines = 12;  // with something on them
constexpr std::size_t kMaxMarkLength = 300;  // bytes; a longer line is a person's text
// A body that changes more often is no conversation; it bounds what the runs themselves take.
constexpr std::size_t kMaxRuns = 10'000;

// "> words", or "AL> words" as some programs write it.
bool is_quoted(std::string_view content) {
  std::size_t initials = 0;
  while (initials < 4 && initials < content.size() && content[initials] >= 'A' &&
         content[initials] <= 'Z')
    ++initials;
  const bool escaped_from = content.substr(0, 6) == ">From ";  // by mbox files
  return content.substr(initials, 1) == ">" && !escaped_from;
}

// The first line with something on it, among those that are looked ahead to.
std::string_view next_content(std::string_view rest) {
  for (int i = 0; i < kLookahead && !rest.empty(); ++i) {
    const auto content = trimmed_line(take_line(rest));
    if (!content.empty()) return content;
  }
  return {};
}

// Whether quoted lines follow, at once or after "[...]".
bool quoted_lines_follow(std::string_view rest) {
  for (int i = 0; i < kLookahead && !rest.empty(); ++i) {
    const auto content = trimmed_line(take_line(rest));
    const bool ellipsis = content.starts_with("[") || content.starts_with("...");
    if (!content.empty() && !ellipsis) return is_quoted(content);
  }
  return false;
}

bool ends_in_colon(std::string_view content) {
  return content.ends_with(":") || content.ends_with("\xEF\xBC\x9A");
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

struct Attribution {
  std::size_t size = 0;  // bytes, line ends included; 0 when there is none
  bool marks_follow = false;  // else all that follows is quoted, without marks
};

// "On Monday Ada wrote:", on up to three lines.
Attribution read_attribution(std::string_view text) {
  auto rest = text;
  for (int lines = 1; lines <= kMaxAttributionLines && !rest.empty(); ++lines) {
    const auto content = trimmed_line(take_line(rest));
    if (content.empty() || content.size() > kMaxMarkLength) return {};
    const bool complete = ends_in_colon(content);
    if (lines == 1 && !complete && !begins_attribution(content)) return {};
    if (!complete) continue;
    const auto whole = text.substr(0, text.size() - rest.size());
    const bool says_written = contains_written(whole),
               has_address = whole.find('@') != std::string_view::npos;
    const bool marks_follow = quoted_lines_follow(rest);
    const bool dated = says_written && has_digit(whole) &&
                       (has_address || begins_attribution(trimmed_line(whole)));
    if (marks_follow ? says_written || has_address || has_digit(whole) : dated)
      return {whole.size(), marks_follow};
    return {};
  }
  return {};
}

// "From: …", and "Sent: …" soon after it: how Outlook begins the message that is answered.
bool begins_header_block(std::string_view text) {
  if (!is_from_field(next_content(text))) return false;
  int fields = 0;
  for (int i = 0; i < kLookahead && fields < 5 && !text.empty(); ++i) {
    const auto content = trimmed_line(take_line(text));
    if (content.size() > kMaxMarkLength) return false;
    if (content.empty()) continue;
    ++fields;
    if (fields > 1 && is_date_field(content)) return true;
  }
  return false;
}

// "-----Original Message-----", a rule, or nothing, before the header of the message below.
bool begins_message_below(std::string_view text, bool after_new_text) {
  auto rest = text;
  const auto content = trimmed_line(take_line(rest));
  if (content.size() > kMaxMarkLength) return false;
  if (is_title_of_message_below(content)) return true;
  if (content.substr(0, 2) == "--" && content.size() > 4 && content.ends_with("--"))
    return is_from_field(next_content(rest));
  const bool rule = content.size() >= 10 && content.find_first_not_of("_-") == content.npos;
  // At the top of a text such a header is its own: a patch, a message kept as a file.
  return after_new_text && begins_header_block(rule ? rest : text);
}

// What is left of `rest` up to its end or to the next quoted line, if that is little.
std::string_view short_ending(std::string_view rest) {
  const auto begin = rest;
  int contents = 0;
  for (int i = 0; i < kLookahead; ++i) {
    if (rest.empty()) return begin;
    const auto left = rest.size();
    const auto content = trimmed_line(take_line(rest));
    if (is_quoted(content)) return begin.substr(0, begin.size() - left);
    if (!content.empty() && (++contents > kMaxFooterLines || content.size() > kMaxMarkLength))
      break;
  }
  return {};
}

// "-- " (RFC 3676 section 4.3); without its blank, or as the rule over a list's footer, where
// little follows.
bool begins_signature(std::string_view text) {
  const auto line = take_line(text);
  const auto content = trimmed_line(line);
  if (content == "--") return line.substr(0, 3) == "-- " || !short_ending(text).empty();
  if (content == "-----BEGIN PGP SIGNATURE-----") return true;
  const bool rule = content.size() >= 10 && content.find_first_not_of("_-=*") == content.npos;
  return rule && contains_list_footer(short_ending(text));
}

// Tells new lines from quoted ones, in the order of the text.
class LineClassifier {
 public:
  // One line, or several that belong together.
  struct Lines {
    std::size_t size;  // bytes, line ends included
    bool is_new;
  };
  // Classifies the line that `text` begins with; `text` begins where the lines of the last call ended.
  Lines next(std::string_view text) {
    auto rest = text;
    const auto content = trimmed_line(take_line(rest));
    const auto size = text.size() - rest.size();
    if (content.empty()) return {size, is_new_};
    if (section_ == Section::kMessageBelow) return {size, false};
    if (is_quoted(content)) {
      section_ = Section::kText;
      return quoted(size);
    }
    if (begins_message_below(text, has_new_text_)) {
      section_ = Section::kMessageBelow;
      return quoted(size);
    }
    if (const auto attribution = read_attribution(text); attribution.size > 0) {
      section_ = attribution.marks_follow ? Section::kText : Section::kMessageBelow;
      return quoted(attribution.size);
    }
    if (begins_signature(text)) section_ = Section::kSignature;
    if (section_ == Section::kSignature || is_mobile_signature(content)) return quoted(size);
    is_new_ = has_new_text_ = true;
    return {size, true};
  }

 private:
  enum class Section { kText, kSignature, kMessageBelow };

  Lines quoted(std::size_t size) {
    is_new_ = false;
    return {size, false};
  }

  Section section_ = Section::kText;
  bool is_new_ = true;
  bool has_new_text_ = false;
};

}  // namespace

std::vector<TextRun> split_quoted(std::string_view text) {
  std::vector<TextRun> runs;
  LineClassifier classifier;
  while (!text.empty()) {
    const auto [size, is_new] = classifier.next(text);
    if (!runs.empty() && (runs.back().is_new == is_new || runs.size() == kMaxRuns)) {
      auto& run = runs.back().text;
      run = std::string_view(run.data(), run.size() + size);
    } else {
      runs.push_back({text.substr(0, size), is_new});
    }
    text.remove_prefix(size);
  }
  return runs;
}

}  // namespace mail
