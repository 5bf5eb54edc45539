// Text for the terminal: control characters in mail never reach it, and lines fit its width.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace api {

// The text in one line, without control characters (C0, DEL, C1) and without marks that change the
// direction of writing.
[[nodiscard]] std::string for_terminal(std::string_view utf8);
// The same, but line ends stay; for bodies.
[[nodiscard]] std::string lines_for_terminal(std::string_view utf8);

// Exactly `columns` wide: cut with "…", or filled with spaces. Counts wide characters as two
// columns.
[[nodiscard]] std::string fit(std::string_view utf8, std::size_t columns);

// A snippet (HTML-escaped, with <mark>) as text; marks are bold, or left out.
[[nodiscard]] std::string snippet_text(std::string_view html, bool bold);

[[nodiscard]] bool is_terminal(int descriptor);
// Of standard output; 100 when it is no terminal.
[[nodiscard]] std::size_t terminal_width();

// "2 h 5 min", "12.3 s"
[[nodiscard]] std::string in_words(std::chrono::milliseconds duration);
// "1.2 MB"
[[nodiscard]] std::string bytes_in_words(std::uint64_t bytes);

// A progress line on standard error that is overwritten as work goes on. Shows nothing when
// standard error is no terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();  // clears it
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void show(const std::string& text);

 private:
  const bool visible_;
  bool shown_ = false;
};

}  // namespace api
