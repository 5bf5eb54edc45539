#include "mail/charset_detector.hpp"

#include <memory>
#include <simdjson.h>
#include <uchardet.h>

#include "mail/charset.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

constexpr std::size_t kLookedAt = 64 << 10;
constexpr std::size_t kMinHighBytes = 12;  // of fewer, statistics say nothing

std::string_view byte_order_mark(std::string_view bytes) {
  constexpr std::string_view kUtf32Le("\xFF\xFE\0\0", 4), kUtf32Be("\0\0\xFE\xFF", 4);
  if (bytes.starts_with(kByteOrderMark)) return "UTF-8";
  if (bytes.starts_with(kUtf32Le) || bytes.starts_with(kUtf32Be)) return "UTF-32";
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "UTF-16";
  return {};
}

// UTF-16 and UTF-32 without a mark: text has characters of ASCII in it (blanks, markup), and those
// have NUL bytes at one side.
std::string_view wide_charset(std::string_view bytes) {
  std::size_t zeros[4] = {};
  for (std::size_t i = 0; i < bytes.size(); ++i) zeros[i % 4] += bytes[i] == '\0';
  const auto quarter = bytes.size() / 4;
  const auto many = [quarter](std::size_t count) { return count * 10 > quarter * 9; };
  if (quarter < 4) return {};
  if (many(zeros[2]) && many(zeros[3])) return "UTF-32LE";
  if (many(zeros[0]) && many(zeros[1])) return "UTF-32BE";
  const auto even = zeros[0] + zeros[2], odd = zeros[1] + zeros[3];
  if (odd * 4 > quarter && odd > even * 8) return "UTF-16LE";
  return even * 4 > quarter && even > odd * 8 ? "UTF-16BE" : "";
}

// Escape sequences that ISO-2022 and HZ begin with.
std::string_view escaped_charset(std::string_view bytes) {
  const auto has = [bytes](std::string_view sequence) {
    return bytes.find(sequence) != std::string_view::npos;
  };
  if (has("\x1B$)C")) return "ISO-2022-KR";
  if (has("\x1B$)A") || has("\x1B$)G")) return "ISO-2022-CN";
  if (has("\x1B$B") || has("\x1B$@") || has("\x1B(J")) return "ISO-2022-JP";
  return has("~{") && has("~}") ? "HZ" : "";
}

std::size_t high_bytes(std::string_view bytes) {
  std::size_t count = 0;
  for (const char byte : bytes) count += static_cast<unsigned char>(byte) >= 0x80;
  return count;
}

std::string by_statistics(std::string_view bytes) {
  struct Delete {
    void operator()(uchardet_t detector) const { uchardet_delete(detector); }
  };
  thread_local const std::unique_ptr<std::remove_pointer_t<uchardet_t>, Delete> detector(
      uchardet_new());
  uchardet_reset(detector.get());
  if (uchardet_handle_data(detector.get(), bytes.data(), bytes.size()) != 0) return {};
  uchardet_data_end(detector.get());
  return uchardet_get_charset(detector.get());
}

}  // namespace

std::string detect_charset(std::string_view bytes) {
  const bool is_cut = bytes.size() > kLookedAt;
  bytes = bytes.substr(0, kLookedAt);
  for (const auto charset : {byte_order_mark(bytes), wide_charset(bytes)}) {
    if (!charset.empty()) return std::string(charset);
  }
  if (is_ascii(bytes)) {
    const auto escaped = escaped_charset(bytes);
    return escaped.empty() ? "ASCII" : std::string(escaped);
  }
  // The last character may have been cut in two.
  for (std::size_t cut = 0; cut <= (is_cut ? 3U : 0U); ++cut) {
    if (simdjson::validate_utf8(bytes.data(), bytes.size() - cut)) return "UTF-8";
  }
  return high_bytes(bytes) < kMinHighBytes ? std::string() : by_statistics(bytes);
}

}  // namespace mail
