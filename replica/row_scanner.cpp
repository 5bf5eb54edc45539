#include "replica/row_scanner.hpp"

#include <algorithm>
#include <array>

namespace replica {
namespace {

constexpr std::size_t kOversizedKept = 64 * 1024;  // enough to find the id of a row that is dropped

constexpr std::size_t kKept = 1024 * 1024;  // bytes of memory, from one row to the next

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

using Table = std::array<bool, 256>;

constexpr Table table_of(std::string_view characters) {
  Table table{};
  for (const char c : characters) table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr Table kInString = table_of("\"\\");
constexpr Table kStructural = table_of("\"{}[],");

const char* find_any(const char* begin, const char* end, const Table& table) {
  return std::find_if(begin, end,
                      [&table](char c) { return table[static_cast<unsigned char>(c)]; });
}

}  // namespace

bool RowScanner::scan_row(std::string_view& bytes) {
  if (row_ended_) clear_row();
  Input in{bytes.data(), bytes.data() + bytes.size(), bytes.data()};
  while (in.at != in.end) {
    if (in_string_) {
      in.at = skip_string(in.at, in.end);
      continue;
    }
    if (section_ == Section::kBetweenRows && skip_separator(in)) continue;
    const char* const next = find_any(in.at, in.end, kStructural);
    if (depth_ == 0 && !std::all_of(in.at, next, is_space)) plausible_ = false;
    in.at = next;
    if (in.at == in.end) break;
    row_ended_ = take_structural(in);
    if (!row_ended_) continue;
    enter(Section::kBetweenRows, in);
    bytes.remove_prefix(static_cast<std::size_t>(in.at - bytes.data()));
    return true;
  }
  keep(in.unkept, in.end);
  bytes = {};
  return false;
}

void RowScanner::clear_row() {
  row_.clear();
  if (row_.capacity() > kKept) row_.shrink_to_fit();
  oversized_ = row_ended_ = false;
}

// The bytes before `in.at` belong to the section that is left.
void RowScanner::enter(Section section, Input& in) {
  keep(in.unkept, in.at);
  in.unkept = in.at;
  section_ = section;
}

// False at the beginning of a row, and of what follows the rows: that section is entered then.
bool RowScanner::skip_separator(Input& in) {
  if (is_space(*in.at) || *in.at == ',') {
    ++in.at;
    return true;
  }
  deepest_ = rows_depth_;
  enter(*in.at == ']' || *in.at == '}' ? Section::kRest : Section::kInRow, in);
  return false;
}

// Takes the structural character at `in.at`. True when it ends a row.
bool RowScanner::take_structural(Input& in) {
  const char c = *in.at;
  const bool is_closing = c == '}' || c == ']';
  if (depth_ == 0 && (complete_ || (c != '{' && c != '['))) plausible_ = false;
  // A number, string or literal as a row ends before the character.
  if (section_ == Section::kInRow && depth_ == rows_depth_ && (is_closing || c == ',')) return true;
  ++in.at;
  if (c == '"') {
    in_string_ = true;
  } else if (is_closing) {
    return close_bracket();
  } else if (c != ',') {
    open_bracket(c, in);
  }
  return false;
}

bool RowScanner::close_bracket() {
  if (depth_ > 0) --depth_;
  if (section_ == Section::kInRow && depth_ == rows_depth_) return true;
  complete_ = complete_ || depth_ == 0;
  return false;
}

void RowScanner::open_bracket(char bracket, Input& in) {
  ++depth_;
  deepest_ = std::max(deepest_, depth_);
  if (bracket != '[' || section_ == Section::kInRow || depth_ > 2) return;
  enter(Section::kRest, in);
  if (!begins_rows()) return;
  rows_depth_ = depth_;
  section_ = Section::kBetweenRows;
}

const char* RowScanner::skip_string(const char* at, const char* end) {
  if (escaped_) {
    escaped_ = false;
    return at + 1;
  }
  at = find_any(at, end, kInString);
  if (at == end) return end;
  escaped_ = *at == '\\';
  in_string_ = escaped_;
  return at + 1;
}

// Whether the bracket at the end of rest_ opens the array of rows.
bool RowScanner::begins_rows() const {
  if (depth_ == 1) return true;
  std::string_view before = rest_;
  before.remove_suffix(1);
  const auto trim = [&before] {
    while (!before.empty() && is_space(before.back())) before.remove_suffix(1);
  };
  trim();
  if (!before.ends_with(':')) return false;
  before.remove_suffix(1);
  trim();
  return before.ends_with("\"results\"");
}

void RowScanner::keep(const char* begin, const char* end) {
  const auto size = static_cast<std::size_t>(end - begin);
  if (section_ == Section::kRest) {
    rest_.append(begin, std::min(size, kMaxRest - rest_.size()));
  } else if (section_ == Section::kInRow && (oversized_ || size > max_row_bytes_ - row_.size())) {
    oversized_ = true;
    if (row_.size() < kOversizedKept)
      row_.append(begin, std::min(size, kOversizedKept - row_.size()));
  } else if (section_ == Section::kInRow) {
    row_.append(begin, size);
  }
}

RowScanner::Row RowScanner::row() {
  while (!row_.empty() && is_space(row_.back())) row_.pop_back();
  row_.reserve(row_.size() + kPadding);
  return {row_, deepest_ - rows_depth_, oversized_, &row_};
}

}  // namespace replica
