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

bool RowScanner::take(std::string_view& bytes) {
  if (row_ended_) {
    row_.clear();
    if (row_.capacity() > kKept) row_.shrink_to_fit();
    oversized_ = row_ended_ = false;
  }
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  const char* from = at;  // where the bytes that are not kept yet begin
  const auto enter = [&](Place place) {
    keep(from, at);
    from = at;
    place_ = place;
  };
  const auto end_row = [&] {
    enter(Place::kBetween);
    bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()));
    return row_ended_ = true;
  };

  while (at != end) {
    if (in_string_) {
      at = skip_string(at, end);
      continue;
    }
    if (place_ == Place::kBetween) {
      if (is_space(*at) || *at == ',') {
        ++at;
        continue;
      }
      deepest_ = rows_depth_;
      enter(*at == ']' || *at == '}' ? Place::kOutside : Place::kInRow);
    }

    const char* const next = find_any(at, end, kStructural);
    if (depth_ == 0 && !std::all_of(at, next, is_space)) plausible_ = false;
    at = next;
    if (at == end) break;
    const char c = *at;
    if (depth_ == 0 && (complete_ || (c != '{' && c != '['))) plausible_ = false;
    const bool in_row = place_ == Place::kInRow;
    const bool closing = c == '}' || c == ']';
    if (in_row && depth_ == rows_depth_ && (closing || c == ','))
      return end_row();  // a bare value has ended

    ++at;
    if (c == '"') {
      in_string_ = true;
    } else if (closing) {
      if (depth_ > 0) --depth_;
      if (in_row && depth_ == rows_depth_) return end_row();
      complete_ = complete_ || depth_ == 0;
    } else if (c != ',') {
      ++depth_;
      deepest_ = std::max(deepest_, depth_);
      if (c == '[' && !in_row && depth_ <= 2) {
        enter(Place::kOutside);
        if (begins_rows()) {
          rows_depth_ = depth_;
          place_ = Place::kBetween;
        }
      }
    }
  }
  keep(from, end);
  bytes = {};
  return false;
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
  if (place_ == Place::kOutside) {
    rest_.append(begin, std::min(size, kMaxRest - rest_.size()));
  } else if (place_ == Place::kInRow && (oversized_ || size > max_row_bytes_ - row_.size())) {
    oversized_ = true;
    if (row_.size() < kOversizedKept)
      row_.append(begin, std::min(size, kOversizedKept - row_.size()));
  } else if (place_ == Place::kInRow) {
    row_.append(begin, size);
  }
}

RowScanner::Row RowScanner::row() {
  while (!row_.empty() && is_space(row_.back())) row_.pop_back();
  row_.reserve(row_.size() + kPadding);
  return {row_, deepest_ - rows_depth_, oversized_, &row_};
}

}  // namespace replica
