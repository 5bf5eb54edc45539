#include "indexer/mbox_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <sstream>

#include "indexer/gmail_labels.hpp"
#include "indexer/maildir.hpp"
#include "mail/ascii.hpp"
#include "mail/mail_date.hpp"
#include "mail/mime.hpp"

namespace indexer {
namespace {

constexpr std::string_view kMmdfLine = "\1\1\1\1";
constexpr std::size_t kMaxZone = 5;  // letters of "CEST"
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// "Tue," and "January" too.
bool is_name_of_day_or_month(std::string_view word) {
  constexpr std::array<std::string_view, 19> kNames = {
      "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar",
      "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  return std::find(kNames.begin(), kNames.end(), mail::lower_ascii(word.substr(0, 3))) !=
         kNames.end();
}

// One of "Tue Jan  5 10:00:00 CET 2021", or of another form of that.
bool is_date_word(std::string_view word) {
  while (word.starts_with('(')) word.remove_prefix(1);
  while (word.ends_with(')') || word.ends_with(',')) word.remove_suffix(1);
  if (word.empty()) return false;
  const bool is_signed = word.front() == '+' || word.front() == '-';
  if (mail::is_digit(word[is_signed && word.size() > 1 ? 1 : 0])) return true;
  if (!std::all_of(word.begin(), word.end(), mail::is_letter)) return false;
  const bool is_zone = word.size() <= kMaxZone && std::all_of(word.begin(), word.end(), [](char c) {
                         return c >= 'A' && c <= 'Z';
                       });
  return is_zone || is_name_of_day_or_month(word);
}

struct FromLine {
  std::string_view sender;  // may be of several words
  std::string_view date;  // the words of a date that end the line, may be none
};

FromLine parts_of_from_line(std::string_view line) {
  if (line.starts_with(kFromWord)) line.remove_prefix(kFromWord.size());
  line = trimmed(line.substr(0, line.find(" remote from ")));  // as UUCP wrote it
  std::size_t date = line.size();
  for (std::size_t at = date; at > 0;) {
    const std::size_t blank = line.find_last_of(kBlanks, at - 1);
    if (blank == std::string_view::npos || !is_date_word(line.substr(blank + 1, at - blank - 1)))
      break;
    date = blank + 1;
    at = line.find_last_not_of(kBlanks, blank) + 1;
  }
  return {trimmed(line.substr(0, date)), line.substr(date)};
}

// Weekday, day, month, time and year.
bool is_full_date(std::string_view date) {
  int names = 0;
  bool has_day = false, has_year = false, has_time = false;
  std::istringstream words{std::string(date)};
  for (std::string word; words >> word;) {
    const bool is_number = std::all_of(word.begin(), word.end(), mail::is_digit);
    names += is_name_of_day_or_month(word) ? 1 : 0;
    has_day |= is_number && word.size() <= 2;
    has_year |= is_number && word.size() == 4;
    has_time |= word.find(':') != std::string::npos;
  }
  return names == 2 && has_day && has_year && has_time && mail::parse_mail_date(date);
}

std::optional<mail::DateTime> read_date(std::string_view date) {
  if (auto read = mail::parse_mail_date(date)) return read;
  if (date.find(':') != std::string_view::npos) return std::nullopt;
  return mail::parse_mail_date(std::string(date) + " 00:00");  // some writers leave out the time
}

bool begins_field(std::string_view line) {
  std::size_t name = 0;
  while (name < line.size() && line[name] > ' ' && line[name] < '\x7f' && line[name] != ':') ++name;
  const std::size_t colon = line.find_first_not_of(" \t", name);
  return name > 0 && colon != std::string_view::npos && line[colon] == ':';
}

// Calls `visit(name in lower case, value)` for the fields of the header that `message` begins with;
// the value may be folded.
template <class Visit>
void for_each_field(std::string_view message, Visit visit) {
  for (std::size_t at = 0; at < message.size();) {
    if (message[at] == '\n' || message.substr(at, 2) == "\r\n") return;
    std::size_t end = at;
    do {
      end = std::min(message.find('\n', end), message.size() - 1) + 1;
    } while (end < message.size() && mail::is_wsp(message[end]));
    const std::string_view field = message.substr(at, end - at);
    const std::size_t colon = field.find(':');
    if (colon != std::string_view::npos)
      visit(mail::lower_ascii(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
    at = end;
  }
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
    const std::size_t begin = names.find_first_not_of(kBlanks, at);
    if (begin == std::string_view::npos) return;
    at = std::min(names.find_first_of(kBlanks, begin), names.size());
    if (auto keyword = as_keyword(names.substr(begin, at - begin))) keywords.push_back(*keyword);
  }
}

// "X-Mozilla-Status: 0001", flags of Thunderbird as four hexadecimal digits.
void add_mozilla_status(std::string_view value, MboxStatus& status) {
  constexpr unsigned kExpunged = 0x0008;
  constexpr std::array kFlags = {std::pair{0x0001U, "$seen"}, std::pair{0x0002U, "$answered"},
                                 std::pair{0x0004U, "$flagged"}, std::pair{0x1000U, "$forwarded"}};
  unsigned flags = 0;
  std::from_chars(value.data(), value.data() + value.size(), flags, 16);
  for (const auto& [bit, keyword] : kFlags) {
    if ((flags & bit) != 0) status.keywords.emplace_back(keyword);
  }
  if ((flags & kExpunged) != 0) status.is_no_mail = true;
}

}  // namespace

bool begins_as_mbox(std::string_view beginning) {
  const std::string_view text = mail::without_blank_beginning(beginning);
  return text.starts_with(kFromWord) || is_quoted_from(text) || begins_with_mmdf_line(text);
}

bool begins_with_mmdf_line(std::string_view text) {
  if (!text.starts_with(kMmdfLine)) return false;
  text.remove_prefix(kMmdfLine.size());
  return text.empty() || text.starts_with('\n') || text.starts_with("\r\n");
}

MboxSeparator mbox_separator(std::string_view line, std::string_view next_line) {
  if (!line.starts_with(kFromWord)) return MboxSeparator::kNowhere;
  // Some mail servers put a second such line there, quoted.
  if (!begins_field(next_line) && !next_line.starts_with(">From ")) return MboxSeparator::kNowhere;
  const auto [sender, date] = parts_of_from_line(line);
  const bool is_word = sender.find_first_of(kBlanks) == std::string_view::npos;
  const bool has_time = date.find(':') != std::string_view::npos;
  if (!is_word && !has_time) return MboxSeparator::kNowhere;
  const bool is_address = sender == "-" || sender.find('@') != std::string_view::npos;
  if (!sender.empty() && (is_word || is_address) && is_full_date(date))
    return MboxSeparator::kAnywhere;
  return is_address || read_date(date) ? MboxSeparator::kBehindEmptyLine : MboxSeparator::kNowhere;
}

bool is_patch_separator(std::string_view line) {
  const auto [commit, date] = parts_of_from_line(line);
  const bool is_digest = commit.size() == 40 || commit.size() == 64;  // SHA-1 or SHA-256
  return is_digest && date == "Mon Sep 17 00:00:00 2001" && line.starts_with(kFromWord) &&
         std::all_of(commit.begin(), commit.end(), [](char c) { return mail::hex_digit(c) >= 0; });
}

std::optional<mail::DateTime> mbox_delivery(std::string_view separator) {
  return read_date(parts_of_from_line(separator).date);
}

bool is_quoted_from(std::string_view line) {
  const std::size_t text = line.find_first_not_of('>');
  return text != 0 && text != std::string_view::npos && line.substr(text).starts_with(kFromWord);
}

MboxStatus mbox_status(std::string_view message) {
  constexpr std::string_view kInternalData =
      "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";  // as UW IMAP writes it
  MboxStatus status;
  bool has_internal_subject = false, has_imap_state = false;
  for_each_field(message, [&](const std::string& name, std::string_view value) {
    if (name == "status" || name == "x-status") {
      add_status_keywords(value, status.keywords);
    } else if (name == "x-keywords") {
      add_named_keywords(value, status.keywords);
    } else if (name == "x-mozilla-status") {
      add_mozilla_status(value, status);
    } else if (name == "x-gmail-labels") {
      GmailLabels labels = read_gmail_labels(value);
      std::move(labels.keywords.begin(), labels.keywords.end(),
                std::back_inserter(status.keywords));
      status.mailboxes = std::move(labels.mailboxes);
    } else if (name == "subject") {
      has_internal_subject = value == kInternalData;
    } else if (name == "x-imap" || name == "x-imapbase") {
      has_imap_state = true;
    }
  });
  if (has_internal_subject && has_imap_state) status.is_no_mail = true;
  std::sort(status.keywords.begin(), status.keywords.end());
  status.keywords.erase(std::unique(status.keywords.begin(), status.keywords.end()),
                        status.keywords.end());
  return status;
}

std::optional<std::size_t> mbox_content_length(std::string_view header) {
  std::optional<std::size_t> length;
  for_each_field(header, [&](const std::string& name, std::string_view value) {
    std::size_t octets = 0;
    const auto* const end = value.data() + value.size();
    if (name != "content-length") return;
    if (const auto read = std::from_chars(value.data(), end, octets);
        read.ec == std::errc() && read.ptr == end)
      length = octets;
  });
  return length;
}

}  // namespace indexer
