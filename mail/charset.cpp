#include "mail/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <iconv.h>
#include <simdjson.h>

#include "mail/ascii.hpp"
#include "mail/charset_detector.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

enum class Family {
  kUnknown,  // nothing is said, or ASCII, which 8-bit text is not
  kUtf8,
  kWindows1252,  // also what is said to be Latin 1
  kSingleByte,
  kMultiByte,
  kOther,  // its ASCII bytes need not be ASCII: escape sequences, UTF-16
};

// Letters and digits in lower case: "ISO_8859-1" is "iso88591".
std::string key_of(std::string_view charset) {
  std::string key;
  for (const char c : charset.substr(0, 40)) {
    if (is_letter(c) || is_digit(c)) key += lower_ascii(c);
  }
  return key;
}

bool begins_with_any(std::string_view key, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [key](std::string_view beginning) { return key.starts_with(beginning); });
}

Family family_of(std::string_view key) {
  for (const std::string_view ascii : {"", "usascii", "ascii", "iso646us", "ansix341968"}) {
    if (key == ascii) return Family::kUnknown;
  }
  if (key == "utf8") return Family::kUtf8;
  for (const std::string_view latin : {"iso88591", "latin1", "windows1252", "cp1252"}) {
    if (key == latin) return Family::kWindows1252;
  }
  if (begins_with_any(key, {"iso2022", "csiso2022", "utf7", "unicode11utf7", "hz", "utf16", "utf32",
                            "ucs2", "ucs4"})) {
    return Family::kOther;
  }
  if (begins_with_any(key, {"iso8859", "windows125", "cp125", "koi8", "latin", "tis620", "mac",
                            "cp8", "ibm8"})) {
    return Family::kSingleByte;
  }
  return Family::kMultiByte;
}

// Labels that are used for a larger charset than they name.
std::string iconv_name(std::string_view charset, std::string_view key) {
  if (key == "gb2312" || key == "gbk" || key == "csgb2312") return "GB18030";
  if (key == "euckr" || key == "ksc56011987" || key == "ksc5601") return "CP949";
  if (key == "shiftjis" || key == "sjis" || key == "xsjis") return "CP932";
  if (key == "big5" || key == "big5tw") return "BIG5-HKSCS";
  if (key == "iso88598i" || key == "iso88598e") return "ISO-8859-8";
  if (key == "iso88599" || key == "latin5") return "CP1254";
  if (key == "tis620" || key == "iso885911") return "CP874";
  if (key == "macintosh" || key == "xmacroman" || key == "macroman") return "MACINTOSH";
  if (key == "xmaccyrillic") return "MAC-CYRILLIC";
  if (key == "unicode11utf7") return "UTF-7";
  constexpr std::string_view kHarmless =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:";
  if (charset.size() > 40 || charset.find_first_not_of(kHarmless) != std::string_view::npos)
    return {};
  return std::string(charset);
}

std::string from_windows1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char byte : bytes)
    append_character(out,
                     byte == 0 ? U' ' : windows1252_character(static_cast<unsigned char>(byte)));
  return out;
}

// The converter that this thread used last: opening one costs more than converting a header.
class Converter {
 public:
  Converter() = default;
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() { close(); }

  // False when there is no such charset.
  bool open(const std::string& name) {
    if (name != name_) {
      close();
      handle_ = iconv_open("UTF-8", name.c_str());
      name_ = name;
    }
    return is_open();
  }

  struct Converted {
    std::string text;
    bool is_clean = true;  // false: bytes were replaced
  };
  Converted convert(std::string_view bytes) {
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    Converted out;
    std::array<char, 8'192> buffer;
    char* in = const_cast<char*>(bytes.data());  // iconv's signature; it does not write there
    std::size_t left = bytes.size();
    bool more = true;
    while (more) {
      // At the end once more: some charsets hold a character back, which the next one may change.
      more = left > 0;
      char* to = buffer.data();
      std::size_t room = buffer.size();
      const auto result = iconv(handle_, more ? &in : nullptr, &left, &to, &room);
      const int error = errno;
      out.text.append(buffer.data(), static_cast<std::size_t>(to - buffer.data()));
      if (more && result == static_cast<std::size_t>(-1) && error != E2BIG) {
        out.is_clean = false;
        out.text += kReplacementCharacter;
        ++in;
        --left;
      }
    }
    return out;
  }

 private:
  // iconv_open gives -1 for a charset that it does not know.
  [[nodiscard]] bool is_open() const {
    return handle_ != nullptr && reinterpret_cast<std::intptr_t>(handle_) != -1;
  }
  void close() {
    if (is_open()) iconv_close(handle_);
    handle_ = nullptr;
  }

  iconv_t handle_ = nullptr;
  std::string name_;
};

// HZ (RFC 1843): two bytes a character between "~{" and "~}", as in GB 2312 without the high bits.
std::string gb_of_hz(std::string_view bytes) {
  std::string out;
  bool wide = false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto pair = bytes.substr(i, 2);
    if (pair == "~{" || pair == "~}") {
      wide = pair == "~{";
      ++i;
    } else if (!wide && (pair == "~~" || pair == "~\n")) {
      if (pair == "~~") out += '~';
      ++i;
    } else {
      wide = wide && bytes[i] != '\n';
      out += static_cast<char>(wide && bytes[i] > ' ' ? bytes[i] | 0x80 : bytes[i]);
    }
  }
  return out;
}

// ISO-2022-JP (RFC 1468) as EUC-JP, whose converter knows the rows that NEC and IBM added, which mail uses under this name.
// Nothing where it switches to what EUC-JP does not have.
std::optional<std::string> euc_of_iso2022jp(std::string_view bytes) {
  struct Set {
    std::string_view escape;
    std::size_t width;  // bytes of a character
    std::string_view shift;  // before each, in EUC-JP
  };
  constexpr std::string_view kKatakana = "\x8E", kSupplement = "\x8F";
  constexpr Set kSets[] = {
      {"\x1B(B", 1, ""},        {"\x1B(J", 1, ""},  {"\x1B(H", 1, ""},
      {"\x1B(I", 1, kKatakana}, {"\x1B$@", 2, ""},  {"\x1B$B", 2, ""},
      {"\x1B$(@", 2, ""},       {"\x1B$(B", 2, ""}, {"\x1B$(D", 2, kSupplement}};
  const Set* set = kSets;
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes[at] == '\x1B') {
      const auto rest = bytes.substr(at);
      set = std::find_if(std::begin(kSets), std::end(kSets),
                         [rest](const Set& each) { return rest.starts_with(each.escape); });
      if (set == std::end(kSets)) return std::nullopt;
      at += set->escape.size();
      continue;
    }
    const bool is_plain = set->width == 1 && set->shift.empty();
    if (is_plain || bytes[at] <= ' ') {
      if (bytes[at] == '\n') set = kSets;  // a line begins in ASCII
      out += bytes[at++];
      continue;
    }
    out += set->shift;
    for (const char byte : bytes.substr(at, set->width)) out += static_cast<char>(byte | 0x80);
    at += set->width;
  }
  return out;
}

// Nothing when no charset has that name.
std::optional<std::string> by_name(std::string_view bytes, std::string_view charset) {
  thread_local Converter converter;
  const auto key = key_of(charset);
  if (begins_with_any(key, {"hz"})) return by_name(gb_of_hz(bytes), "GBK");
  if (key == "iso2022jp" || key == "csiso2022jp") {
    if (const auto euc = euc_of_iso2022jp(bytes)) return by_name(*euc, "EUC-JP-MS");
  }
  const auto name = iconv_name(charset, key);
  if (name.empty() || !converter.open(name)) return std::nullopt;
  const auto [text, is_clean] = converter.convert(bytes);
  const bool is_utf8 =
      !is_clean && !is_ascii(bytes) && simdjson::validate_utf8(bytes.data(), bytes.size());
  return to_valid_utf8(is_utf8 ? bytes : std::string_view(text));
}

// By its bytes; windows-1252 where they do not say.
std::string detected(std::string_view bytes) {
  const auto charset = detect_charset(bytes);
  const auto family = family_of(key_of(charset));
  if (family == Family::kUtf8) return to_valid_utf8(bytes);
  if (family == Family::kUnknown || family == Family::kWindows1252) return from_windows1252(bytes);
  auto text = by_name(bytes, charset);
  return text ? *std::move(text) : from_windows1252(bytes);
}

// Cut or slightly damaged UTF-8 is still that; other text that lies about it has few whole sequences.
bool mostly_utf8(std::string_view bytes) {
  const auto text = to_valid_utf8(bytes);
  std::size_t broken = 0, whole = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) < 0xC0) continue;
    ++(text.compare(at, kReplacementCharacter.size(), kReplacementCharacter) == 0 ? broken : whole);
  }
  return broken <= whole;
}

// Languages that Latin 1 is for have fewer accents than plain letters.
bool seems_latin(std::string_view bytes) {
  std::size_t plain = 0, high = 0;
  for (const char byte : bytes) {
    const char folded = static_cast<char>(byte | 0x20);
    plain += folded >= 'a' && folded <= 'z';
    high += static_cast<unsigned char>(byte) >= 0x80;
  }
  return high < plain || high < 24;
}

}  // namespace

char32_t windows1252_character(unsigned char byte) {
  constexpr std::uint16_t kC1[] = {0x20AC, 0xFFFD, 0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                   0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0xFFFD, 0x17D,  0xFFFD,
                                   0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                   0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0xFFFD, 0x17E,  0x178};
  return byte >= 0x80 && byte < 0xA0 ? kC1[byte - 0x80] : byte;
}

bool is_ascii(std::string_view bytes) {
  unsigned char all = 0;
  for (const char byte : bytes)
    all = static_cast<unsigned char>(all | static_cast<unsigned char>(byte));
  return all < 0x80;
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  const auto key = key_of(charset);
  const auto family = family_of(key);
  if (family != Family::kOther && is_ascii(bytes)) {
    const bool escapes =
        family == Family::kUnknown && bytes.find("\x1B$") != std::string_view::npos;
    return escapes ? detected(bytes) : to_valid_utf8(bytes);
  }
  const bool valid = simdjson::validate_utf8(bytes.data(), bytes.size());
  if (valid && family != Family::kMultiByte && family != Family::kOther)
    return to_valid_utf8(bytes);
  switch (family) {
    case Family::kUnknown:
      return detected(bytes);
    case Family::kUtf8:
      return mostly_utf8(bytes) ? to_valid_utf8(bytes) : detected(bytes);
    case Family::kWindows1252:
      return seems_latin(bytes) ? from_windows1252(bytes) : detected(bytes);
    case Family::kSingleByte:
    case Family::kMultiByte:
    case Family::kOther:
      break;
  }
  auto text = by_name(bytes, charset);
  return text ? *std::move(text) : detected(bytes);
}

}  // namespace mail
