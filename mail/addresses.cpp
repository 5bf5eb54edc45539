#include "mail/addresses.hpp"

#include <optional>

#include "mail/ascii.hpp"
#include "mail/encoded_words.hpp"

namespace mail {
namespace {

// Without the blanks that the obsolete syntax allows around "." and "@".
std::string without_blanks(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_wsp(text[i])) {
      out += text[i];
      continue;
    }
    const auto next = text.find_first_not_of(" \t", i);
    const bool before = out.empty() || out.back() == '.' || out.back() == '@';
    const bool after = next == std::string_view::npos || text[next] == '.' || text[next] == '@';
    if (!before && !after) out += ' ';
    i = std::min(next, text.size()) - 1;
  }
  return out;
}

// "@a,@b:user@host" is user@host (RFC 5322 section 4.4).
std::string_view without_route(std::string_view address) {
  const auto colon = address.find(':');
  return !address.empty() && address.front() == '@' && colon != std::string_view::npos
             ? without_outer_wsp(address.substr(colon + 1))
             : address;
}

class AddressReader {
 public:
  AddressReader(std::string_view line, std::size_t max, std::vector<Address>& out)
      : line_(line), max_(max), last_word_end_(line.rfind("?=") + 1), out_(out) {}

  void read() {
    while (at_ < line_.size() && out_.size() < max_) read_next();
    end_mailbox();
  }

 private:
  void read_next() {
    switch (line_[at_]) {
      case '"':
        return read_quoted();
      case '(':
        return read_comment();
      case '<':
        return read_angle();
      case '[':
        return read_literal();
      case ':':
        ++at_;
        return has_angle_ ? void() : clear();  // what stood before was the name of a group
      case ',':
      case ';':
        ++at_;
        return end_mailbox();
      case '=':
        return read_encoded_word();
      default:
        append(line_[at_++]);
    }
  }

  void append(char c) {
    plain_ += c;
    if (!is_wsp(c) || (!phrase_.empty() && !is_wsp(phrase_.back()))) phrase_ += c;
  }

  // Where the quoted text that begins at `at_` ends; the end of the line when it is not closed.
  std::size_t end_of_quoted() {
    auto at = at_ + 1;
    while (at < line_.size() && line_[at] != '"') at += line_[at] == '\\' ? 2 : 1;
    return at;
  }

  void read_quoted() {
    const auto end = unclosed_quote_ ? line_.size() : end_of_quoted();
    if (end >= line_.size()) {
      unclosed_quote_ = true;
      ++at_;
      return;
    }
    plain_ += line_.substr(at_, end + 1 - at_);
    for (++at_; at_ < end; ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < end) ++at_;
      phrase_ += line_[at_];
    }
    ++at_;
  }

  // The text of the comment that begins at `at_`; comments nest. Nothing when it is not closed.
  std::optional<std::string> take_comment() {
    std::string text;
    int depth = 0;
    auto at = unclosed_comment_ ? line_.size() : at_;
    for (; at < line_.size(); ++at) {
      const char c = line_[at];
      if (c == ')' && --depth == 0) break;
      if (c == '(' && depth++ == 0) continue;
      if (c == '\\' && at + 1 < line_.size()) ++at;
      text += line_[at];
    }
    unclosed_comment_ = at >= line_.size();
    if (unclosed_comment_) return std::nullopt;
    at_ = at + 1;
    return text;
  }

  void read_comment() {
    auto text = take_comment();
    if (!text) return append(line_[at_++]);
    comment_ = *std::move(text);
    append(' ');
    // Programs show "Ada (Office) <ada@example.org>" as it is written.
    if (!has_angle_ && !without_outer_wsp(phrase_).empty()) phrase_ += "(" + comment_ + ") ";
  }

  // One that is not closed goes to the next comma.
  void read_angle() {
    if (has_angle_) end_mailbox_without_comma();
    has_angle_ = true;
    name_size_ = phrase_.size();
    ++at_;
    while (at_ < line_.size() && line_[at_] != '>') {
      const char c = line_[at_];
      if (c == '(' && take_comment()) continue;
      if (c == '"') {
        read_quoted_in_angle();
      } else if (c == '<' || (c == ',' && (angle_.empty() || angle_.front() != '@'))) {
        return;
      } else {
        angle_ += c;
        ++at_;
      }
    }
    if (at_ < line_.size()) ++at_;
  }

  void read_quoted_in_angle() {
    const auto end = unclosed_quote_ ? line_.size() : end_of_quoted();
    unclosed_quote_ = end >= line_.size();
    const auto length = unclosed_quote_ ? 1 : end + 1 - at_;
    angle_ += line_.substr(at_, length);
    at_ += length;
  }

  // In it commas and colons are text, though they should be encoded.
  void read_encoded_word() {
    const auto length = at_ < last_word_end_ ? encoded_word_length(line_, at_) : 0;
    const auto word = line_.substr(at_, length);
    const bool is_name = length > 0 && word.find_first_of("<>") == std::string_view::npos;
    for (const auto stop = at_ + (is_name ? length : 1); at_ < stop;) append(line_[at_++]);
  }

  // "[IPv6:::1]"
  void read_literal() {
    constexpr std::size_t kMaxLiteral = 64;
    const auto rest = line_.substr(at_, kMaxLiteral);
    const auto end = rest.find_first_of("],;<> ");
    const bool is_literal = end != std::string_view::npos && rest[end] == ']';
    for (const auto stop = at_ + (is_literal ? end + 1 : 1); at_ < stop;) append(line_[at_++]);
  }

  void end_mailbox() {
    if (has_angle_) {
      auto name = without_outer_wsp(phrase_);
      add(name.empty() ? without_outer_wsp(comment_) : name, without_route(without_blanks(angle_)));
    } else {
      add_bare();
    }
    clear();
  }

  // What stands behind the angle brackets is the name of the next.
  void end_mailbox_without_comma() {
    std::string next = phrase_.substr(name_size_);
    phrase_.resize(name_size_);
    end_mailbox();
    phrase_ = std::move(next);
  }

  // No angle brackets: "user@host", "Some Name user@host", "user", or words.
  void add_bare() {
    const std::string text = without_blanks(without_outer_wsp(plain_));
    std::string name;
    bool found = false;
    for (std::size_t at = 0; at < text.size();) {
      auto end = std::min(text.find(' ', at), text.size());
      if (text[at] == '"') end = std::min(text.find(' ', text.rfind('"')), text.size());
      const auto word = std::string_view(text).substr(at, end - at);
      if (word.find('@') != std::string_view::npos) {
        add(name.empty() ? without_outer_wsp(comment_) : name, unquoted(word));
        found = true;
        name.clear();
      } else {
        name.append(name.empty() ? "" : " ").append(word);
      }
      at = end + 1;
    }
    if (found || text.empty()) return;
    if (text.find(' ') == std::string::npos && text.find("=?") == std::string::npos) {
      add(without_outer_wsp(comment_), text);
    } else {
      add(without_outer_wsp(phrase_), {});
    }
  }

  static std::string_view unquoted(std::string_view word) {
    return word.size() > 2 && word.front() == '"' && word.back() == '"'
               ? word.substr(1, word.size() - 2)
               : word;
  }

  void add(std::string_view name, std::string_view email) {
    if ((name.empty() && email.empty()) || out_.size() >= max_) return;
    const auto decoded = decode_words(name);
    // Some programs encode the quotes too.
    out_.push_back(
        {std::string(without_outer_wsp(unquoted(without_outer_wsp(decoded)))), std::string(email)});
  }

  void clear() {
    phrase_.clear();
    plain_.clear();
    comment_.clear();
    angle_.clear();
    has_angle_ = false;
  }

  std::string_view line_;
  std::size_t max_;
  std::size_t last_word_end_;  // no encoded word begins behind it
  std::vector<Address>& out_;
  std::size_t at_ = 0;
  std::string phrase_;  // words, quotes undone
  std::string plain_;  // the same with quotes: an address may stand there
  std::string comment_;  // the last
  std::string angle_;
  std::size_t name_size_ = 0;  // of `phrase_`, when the angle brackets came
  bool has_angle_ = false;
  // No more are closed: so no more than one search goes to the end of the line in vain.
  bool unclosed_quote_ = false, unclosed_comment_ = false;
};

}  // namespace

void read_addresses(std::string_view line, std::size_t max, std::vector<Address>& out) {
  AddressReader(line, max, out).read();
}

}  // namespace mail
