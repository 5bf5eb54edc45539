#include "api/terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>
#include <utility>

#include "mail/text.hpp"

namespace api {
namespace {

constexpr std::size_t kWidthWithoutTerminal = 100;

// The code point at `at` of valid UTF-8, and its bytes.
struct Character {
  utf8proc_int32_t code = 0;
  std::string_view bytes;
};
Character character_at(std::string_view utf8, std::size_t at) {
  Character character;
  const auto length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data() + at),
                       static_cast<utf8proc_ssize_t>(utf8.size() - at), &character.code);
  character.bytes =
      utf8.substr(at, static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 1)));
  return character;
}

bool is_control(utf8proc_int32_t code) {
  const bool is_c0_or_c1 = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool turns_direction =
      (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return is_c0_or_c1 || turns_direction || code == 0x2028 || code == 0x2029;
}

std::string without_controls(std::string_view bytes, bool keep_lines) {
  const std::string utf8 = mail::to_valid_utf8(bytes);
  std::string clean;
  clean.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    const Character character = character_at(utf8, at);
    at += character.bytes.size();
    if (!is_control(character.code)) {
      clean += character.bytes;
    } else if (keep_lines && (character.code == '\n' || character.code == '\t')) {
      clean += character.bytes;
    } else if (character.code == '\n' || character.code == '\t') {
      clean += ' ';
    }
  }
  return clean;
}

}  // namespace

std::string for_terminal(std::string_view utf8) { return without_controls(utf8, false); }

std::string lines_for_terminal(std::string_view utf8) { return without_controls(utf8, true); }

std::string fit(std::string_view utf8, std::size_t columns) {
  std::string fitted;
  std::size_t width = 0;
  std::size_t bytes_with_room = 0;  // of `fitted`, as long as there is room for "…"
  std::size_t width_with_room = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const Character character = character_at(utf8, at);
    const auto wide = static_cast<std::size_t>(std::max(utf8proc_charwidth(character.code), 0));
    if (width + wide > columns) {
      fitted.resize(bytes_with_room);
      fitted += "…";
      width = width_with_room + 1;
      break;
    }
    fitted += character.bytes;
    width += wide;
    at += character.bytes.size();
    if (width + 1 <= columns) {
      bytes_with_room = fitted.size();
      width_with_room = width;
    }
  }
  fitted.append(columns - std::min(width, columns), ' ');
  return fitted;
}

std::string snippet_text(std::string_view html, bool bold) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kEntities{
      {{"&amp;", "&"},
       {"&lt;", "<"},
       {"&gt;", ">"},
       {"&quot;", "\""},
       {"&#39;", "'"},
       {"&apos;", "'"}}};
  const std::string clean = for_terminal(html);
  std::string text;
  for (std::size_t at = 0; at < clean.size();) {
    const std::string_view rest = std::string_view(clean).substr(at);
    if (rest.starts_with("<mark>")) {
      if (bold) text += "\x1b[1m";
      at += 6;
    } else if (rest.starts_with("</mark>")) {
      if (bold) text += "\x1b[0m";
      at += 7;
    } else {
      const auto entity = std::find_if(kEntities.begin(), kEntities.end(), [&](const auto& pair) {
        return rest.starts_with(pair.first);
      });
      text += entity == kEntities.end() ? rest.substr(0, 1) : entity->second;
      at += entity == kEntities.end() ? 1 : entity->first.size();
    }
  }
  return text;
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

std::size_t terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? std::max<std::size_t>(size.ws_col, 60) : kWidthWithoutTerminal;
}

std::string in_words(std::chrono::milliseconds duration) {
  const auto seconds = duration.count() / 1'000;
  if (seconds >= 3'600) return fmt::format("{} h {} min", seconds / 3'600, seconds / 60 % 60);
  if (seconds >= 100) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{:.1f} s", static_cast<double>(duration.count()) / 1'000);
}

std::string bytes_in_words(std::uint64_t bytes) {
  if (bytes < 1'000) return fmt::format("{} B", bytes);
  const char* units[] = {"kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes) / 1'000;
  std::size_t unit = 0;
  for (; size >= 1'000 && unit + 1 < std::size(units); ++unit) size /= 1'000;
  return fmt::format("{:.1f} {}", size, units[unit]);
}

ProgressLine::ProgressLine() : visible_(is_terminal(STDERR_FILENO)) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::show(const std::string& text) {
  if (!visible_) return;
  shown_ = true;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
}

}  // namespace api
