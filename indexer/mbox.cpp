// Messages of an mbox file.
#include <algorithm>
#include <cstring>
#include <istream>

#include "indexer/mail_files.hpp"
#include "indexer/maildir.hpp"
#include "mail/ascii.hpp"
#include "mail/mail_date.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMboxBufferBytes = 256 << 10;
constexpr std::size_t kMaxSeparator = 200;  // bytes of a "From " line that are read as a date

// Writers put an empty line before each; what follows a "From " in a text is hardly a time of day.
bool is_separator(std::string_view line) {
  if (!line.starts_with("From ")) return false;
  for (std::size_t at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
    const auto is_digit = [&](std::size_t i) {
      return i < line.size() && line[i] >= '0' && line[i] <= '9';
    };
    if (at > 0 && is_digit(at - 1) && is_digit(at + 1)) return true;
  }
  return false;
}

// What follows the sender in "From ada@example.org Mon Jan  1 00:00:00 2001".
std::optional<mail::DateTime> delivery_of(std::string_view separator) {
  if (separator.starts_with("From ")) separator.remove_prefix(5);
  const std::size_t sender = separator.find_first_not_of(' ');
  const std::size_t date = separator.find(' ', std::min(sender, separator.size()));
  if (date == std::string_view::npos) return std::nullopt;
  return mail::parse_mail_date(separator.substr(date, kMaxSeparator));
}

bool is_quoted_from(std::string_view line) {
  const std::size_t text = line.find_first_not_of('>');
  return text != 0 && text != std::string_view::npos && line.substr(text).starts_with("From ");
}

void add_status_keywords(std::string_view flags, std::vector<std::string>& keywords) {
  for (const char flag : flags) {
    switch (flag) {
      case 'R':
        keywords.emplace_back("$seen");
        break;
      case 'A':
        keywords.emplace_back("$answered");
        break;
      case 'F':
        keywords.emplace_back("$flagged");
        break;
      case 'T':
        keywords.emplace_back("$draft");
        break;
      case 'D':
        keywords.emplace_back("$deleted");
        break;
      default:
        break;
    }
  }
}

// "X-Keywords: work later", as Dovecot and UW IMAP write them.
void add_named_keywords(std::string_view names, std::vector<std::string>& keywords) {
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t begin = names.find_first_not_of(" \t\r", at);
    if (begin == std::string_view::npos) return;
    at = std::min(names.find_first_of(" \t\r", begin), names.size());
    if (auto keyword = as_keyword(names.substr(begin, at - begin))) keywords.push_back(*keyword);
  }
}

std::vector<std::string> status_keywords(std::string_view raw) {
  std::vector<std::string> keywords;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = std::min(raw.find('\n', at), raw.size());
    const std::string_view line = raw.substr(at, end - at);
    if (line.empty() || line == "\r") break;
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      const std::string_view name = line.substr(0, colon);
      if (mail::lower_ascii(name) == "status" || mail::lower_ascii(name) == "x-status") {
        add_status_keywords(line.substr(colon + 1), keywords);
      } else if (mail::lower_ascii(name) == "x-keywords") {
        add_named_keywords(line.substr(colon + 1), keywords);
      }
    }
    at = end + 1;
  }
  std::sort(keywords.begin(), keywords.end());
  keywords.erase(std::unique(keywords.begin(), keywords.end()), keywords.end());
  return keywords;
}

}  // namespace

MboxReader::MboxReader(std::istream& in, std::size_t max_message_bytes)
    : in_(in), max_message_bytes_(max_message_bytes), buffer_(kMboxBufferBytes, '\0') {
  begin_message(next_piece());
}

bool MboxReader::next(Message& message) {
  message = {};
  message.delivered = delivered_;
  bool after_empty_line = false;
  bool any = false;
  for (;;) {
    const bool starts_line = at_line_start_;
    std::string_view piece = next_piece();
    if (piece.empty()) break;
    any = true;
    if (starts_line) {
      if (after_empty_line && is_separator(piece)) {
        begin_message(piece);
        break;
      }
      after_empty_line = piece == "\n" || piece == "\r\n";
      if (is_quoted_from(piece)) piece.remove_prefix(1);
    }
    if (message.raw.size() + piece.size() > max_message_bytes_) message.too_large = true;
    if (message.too_large) {
      message.raw.clear();
    } else {
      message.raw += piece;
    }
  }
  if (!any) return false;
  // The empty line before the next "From " is the mbox's, not the message's.
  for (const std::string_view end : {std::string_view("\n\r\n"), std::string_view("\n\n")}) {
    if (message.raw.ends_with(end)) {
      message.raw.resize(message.raw.size() - end.size() + 1);
      break;
    }
  }
  message.keywords = status_keywords(message.raw);
  return true;
}

void MboxReader::begin_message(std::string_view separator) {
  delivered_ = delivery_of(separator);
  while (!at_line_start_ && !next_piece().empty()) {
  }
}

// A line with its end, or as much of it as the buffer holds; empty at the end of the file.
std::string_view MboxReader::next_piece() {
  const auto find_line_end = [&]() -> const char* {
    return static_cast<const char*>(std::memchr(buffer_.data() + begin_, '\n', end_ - begin_));
  };
  const char* line_end = find_line_end();
  if (line_end == nullptr && in_) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    end_ += static_cast<std::size_t>(in_.gcount());
    line_end = find_line_end();
  }
  const std::size_t until =
      line_end == nullptr ? end_ : static_cast<std::size_t>(line_end - buffer_.data()) + 1;
  const std::string_view piece(buffer_.data() + begin_, until - begin_);
  begin_ = until;
  at_line_start_ = line_end != nullptr;
  return piece;
}

}  // namespace indexer
