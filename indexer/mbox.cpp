#include "indexer/mbox.hpp"

#include <algorithm>
#include <cstring>
#include <istream>

#include "mail/mime.hpp"

namespace indexer {
namespace {

constexpr std::size_t kMaxPiece = 256 << 10;  // bytes; a longer line comes in pieces
constexpr std::size_t kMaxFromLine = 1'000;  // bytes; a longer line is text
constexpr std::size_t kMaxFieldName = 200;  // bytes that are looked at behind a "From " line
// A longer body is split at its separators: what would be looked ahead is held in memory.
constexpr std::size_t kMaxLookAhead = std::size_t{16} << 20;

bool is_empty_line(std::string_view line) { return line == "\n" || line == "\r\n"; }

// The empty line before the next "From " is the mbox's, not the message's.
void drop_last_empty_line(std::string& message) {
  for (const std::string_view end : {std::string_view("\n\r\n"), std::string_view("\n\n")}) {
    if (!message.ends_with(end)) continue;
    message.resize(message.size() - end.size() + 1);
    return;
  }
}

}  // namespace

MboxReader::MboxReader(std::istream& in, std::size_t max_message_bytes)
    : in_(in), max_message_bytes_(max_message_bytes), buffer_(2 * kMaxPiece, '\0') {
  const std::string_view beginning = look_ahead(0, kMaxPiece);
  const std::string_view first = mail::without_blank_beginning(beginning);
  begin_ += beginning.size() - first.size();
  is_mmdf_ = begins_with_mmdf_line(first);
  is_of_patches_ = is_patch_separator(first.substr(0, first.find('\n')));
  begin_message();
}

bool MboxReader::next(Message& message) {
  message = {};
  message.delivered = delivered_;
  has_next_ = false;
  bool after_empty_line = false;
  bool in_header = true;
  bool any = false;
  Body body;
  for (;;) {
    const bool starts_line = at_line_start_;  // not within one that is longer than the buffer
    if (starts_line && any && ends_message(after_empty_line, body)) {
      begin_message();
      has_next_ = !look_ahead(0, 1).empty();
      break;
    }
    std::string_view piece = next_piece();
    if (piece.empty()) break;
    any = true;
    if (!in_header) body.consume(piece.size());
    if (starts_line) {
      after_empty_line = is_empty_line(piece);
      if (after_empty_line && in_header) {
        in_header = false;
        body.octets_left = mbox_content_length(message.raw);
      }
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
  if (!is_mmdf_) drop_last_empty_line(message.raw);
  MboxStatus status = mbox_status(message.raw);
  message.keywords = std::move(status.keywords);
  message.mailboxes = std::move(status.mailboxes);
  message.is_no_mail = status.is_no_mail;
  return true;
}

void MboxReader::Body::consume(std::size_t octets) {
  if (!octets_left) return;
  if (octets > *octets_left) {
    octets_left.reset();
  } else {
    *octets_left -= octets;
  }
}

// At the start of a line.
bool MboxReader::ends_message(bool after_empty_line, Body& body) {
  if (is_mmdf_) return begins_with_mmdf_line(look_ahead(0, kMaxFromLine));
  const bool is_told_end = body.octets_left && *body.octets_left == 0;
  const MboxSeparator separator = separator_at(0);
  if (separator == MboxSeparator::kNowhere) return false;
  if (separator == MboxSeparator::kBehindEmptyLine && !after_empty_line && !is_told_end)
    return false;
  if (!body.octets_left || is_told_end) return true;
  if (!body.is_proven && !is_end_of_body(*body.octets_left)) {
    body.octets_left.reset();  // wrong, as it is where the quoting was changed or lines converted
    return true;
  }
  body.is_proven = true;
  return false;
}

// Whether a message ends that many octets ahead: at a separator or the end of the file, perhaps
// behind the end of a line and an empty line.
bool MboxReader::is_end_of_body(std::size_t octets) {
  constexpr int kMaxLineEnds = 2;
  for (int line_ends = 0; octets <= kMaxLookAhead && line_ends <= kMaxLineEnds; ++line_ends) {
    const std::string_view text = look_ahead(octets, 2);
    if (text.empty()) return end_ - begin_ == octets;
    if (separator_at(octets) != MboxSeparator::kNowhere) return true;
    if (!text.starts_with('\n') && text != "\r\n") return false;
    octets += text.starts_with('\n') ? 1 : 2;
  }
  return false;
}

MboxSeparator MboxReader::separator_at(std::size_t offset) {
  if (look_ahead(offset, kFromWord.size()) != kFromWord) return MboxSeparator::kNowhere;
  const std::string_view text = look_ahead(offset, kMaxFromLine + kMaxFieldName);
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos) return MboxSeparator::kNowhere;
  const std::string_view line = text.substr(0, line_end);
  if (!is_of_patches_ && is_patch_separator(line)) return MboxSeparator::kNowhere;
  return mbox_separator(line, text.substr(line_end + 1));
}

void MboxReader::begin_message() {
  delivered_.reset();
  while (is_mmdf_ && begins_with_mmdf_line(look_ahead(0, kMaxFromLine))) (void)next_piece();
  if (is_mmdf_ && look_ahead(0, kFromWord.size()) != kFromWord) return;
  delivered_ = mbox_delivery(next_piece().substr(0, kMaxFromLine));
  while (!at_line_start_ && !next_piece().empty()) {
  }
}

// A line with its end, or as much of it as the buffer holds; empty at the end of the file.
std::string_view MboxReader::next_piece() {
  const auto find_line_end = [&]() -> const char* {
    return static_cast<const char*>(std::memchr(buffer_.data() + begin_, '\n', end_ - begin_));
  };
  const char* line_end = find_line_end();
  if (line_end == nullptr && end_ - begin_ < kMaxPiece) {
    fill(kMaxPiece);
    line_end = find_line_end();
  }
  const std::size_t until =
      line_end == nullptr ? end_ : static_cast<std::size_t>(line_end - buffer_.data()) + 1;
  const std::string_view piece(buffer_.data() + begin_, until - begin_);
  begin_ = until;
  at_line_start_ = line_end != nullptr;
  return piece;
}

// Up to `bytes` bytes that follow `offset` unread ones; fewer at the end of the file.
std::string_view MboxReader::look_ahead(std::size_t offset, std::size_t bytes) {
  fill(offset + bytes);
  const std::size_t begin = std::min(begin_ + offset, end_);
  return {buffer_.data() + begin, std::min(bytes, end_ - begin)};
}

// Reads until the buffer holds as many unread bytes, or all that there are.
void MboxReader::fill(std::size_t bytes) {
  if (end_ - begin_ >= bytes || !in_) return;
  if (buffer_.size() - begin_ < bytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() < 2 * bytes) buffer_.resize(2 * bytes);  // twice: bytes are moved seldom
  }
  in_.read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
  end_ += static_cast<std::size_t>(in_.gcount());
}

}  // namespace indexer
