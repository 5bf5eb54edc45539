// Cuts the rows out of a JSON answer while it streams in: the elements of the array it is, or of its member "results".
// Follows strings, braces and brackets only, decodes nothing: any nesting, linear time, one row of memory, and a row that
// makes no sense harms only itself as long as its brackets match.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace replica {

class RowScanner {
 public:
  struct Row {
    std::string_view json;  // of an oversized row: its beginning
    std::size_t depth = 0;  // of its deepest nesting; 1 for {"a":1}
    bool oversized = false;  // longer than the limit
    std::string* storage = nullptr;  // what `json` lies in, for who takes it away; may be null
  };

  explicit RowScanner(std::size_t max_row_bytes) : max_row_bytes_(max_row_bytes) {}

  // Scans the next bytes of the answer and calls `visit(Row)` for each row that they end. The row's view lives until
  // `visit` returns, and kPadding bytes behind it may be read.
  template <typename Visit>
  void feed(std::string_view bytes, const Visit& visit) {
    while (!bytes.empty()) {
      if (scan_row(bytes)) visit(row());
    }
  }

  // True once the answer's outermost bracket is closed: anything less is a truncated answer.
  [[nodiscard]] bool complete() const { return complete_; }
  // False when what came cannot be the beginning of a JSON array or object.
  [[nodiscard]] bool plausible() const { return plausible_; }
  // The answer without its rows: {"results":[],"last_seq":…}. At most kMaxRest bytes of it.
  [[nodiscard]] const std::string& rest() const { return rest_; }

  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kMaxRest = 64 * 1024;

 private:
  // Where a byte belongs.
  enum class Section {
    kRest,  // to rest_
    kBetweenRows,  // nowhere
    kInRow,  // to row_
  };
  struct Input {
    const char* at;  // the next byte to look at
    const char* end;
    const char* unkept;  // the bytes from here on are not in rest_ or row_ yet
  };

  // True when a row has ended; `bytes` is then what follows it.
  bool scan_row(std::string_view& bytes);
  void clear_row();
  void enter(Section section, Input& in);
  [[nodiscard]] bool skip_separator(Input& in);
  [[nodiscard]] bool take_structural(Input& in);
  [[nodiscard]] bool close_bracket();
  void open_bracket(char bracket, Input& in);
  [[nodiscard]] const char* skip_string(const char* at, const char* end);
  [[nodiscard]] bool begins_rows() const;
  void keep(const char* begin, const char* end);
  [[nodiscard]] Row row();

  std::size_t max_row_bytes_;
  std::string row_;
  std::string rest_;
  Section section_ = Section::kRest;
  std::size_t depth_ = 0;
  std::size_t rows_depth_ = 0;  // of what lies directly in the array of rows
  std::size_t deepest_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool row_ended_ = false;  // row_ was visited and is to be emptied
  bool oversized_ = false;
  bool complete_ = false;
  bool plausible_ = true;
};

}  // namespace replica
