#include "mail/transfer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <gmime/gmime.h>

namespace mail {
namespace {

constexpr std::uint8_t kPadding = 64, kOther = 65;

constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kOther);
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = i;
  values['='] = kPadding;
  return values;
}();

std::uint8_t base64_value(char c) { return kBase64Values[static_cast<unsigned char>(c)]; }

// uuencode's lines, that is what follows "begin 644 name".
std::string_view after_begin_line(std::string_view body) {
  const auto begin = body.substr(0, 6) == "begin " ? 0 : body.find("\nbegin ");
  if (begin == std::string_view::npos) return body;
  return body.substr(std::min(body.find('\n', begin + 1), body.size()));
}

std::size_t base64_size(std::string_view body) {
  const auto characters =
      std::count_if(body.begin(), body.end(), [](char c) { return base64_value(c) < kPadding; });
  return static_cast<std::size_t>(characters) * 3 / 4;
}

// Lists append to encoded text what is encoded as well, or plain words: those are no part of it
// (RFC 2045 section 6.8).
bool all_base64(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return base64_value(c) != kOther || c == '\n' || c == '\r'; });
}

// Blanks between a soft line break and the end of its line were added on the way (RFC 2045 section
// 6.7 (3)). GMime takes such a line for text.
std::string without_blanks_at_soft_breaks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto equals = std::min(text.find('='), text.size() - 1);
    out += text.substr(0, equals + 1);
    text.remove_prefix(equals + 1);
    const auto line_end = std::min(text.find_first_not_of(" \t"), text.size());
    const auto rest = text.substr(line_end);
    if (out.back() == '=' && (rest.starts_with('\n') || rest.starts_with("\r\n"))) text = rest;
  }
  return out;
}

// Calls `sink` with the decoded pieces of quoted-printable or uuencoded text.
template <typename Sink>
void decode_pieces(std::string_view body, std::string_view encoding, Sink sink) {
  constexpr std::size_t kPiece = 64 << 10;
  const bool quoted = encoding == "quoted-printable";
  if (!quoted) body = after_begin_line(body);
  std::string mended;
  if (quoted &&
      (body.find("= ") != std::string_view::npos || body.find("=\t") != std::string_view::npos)) {
    mended = without_blanks_at_soft_breaks(body);
    body = mended;
  }
  GMimeEncoding state;
  g_mime_encoding_init_decode(
      &state, quoted ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE : GMIME_CONTENT_ENCODING_UUENCODE);
  std::string buffer(g_mime_encoding_outlen(&state, std::min(kPiece, body.size())) + 64, '\0');
  for (; !body.empty(); body.remove_prefix(std::min(kPiece, body.size()))) {
    const auto piece = body.substr(0, kPiece);
    sink(std::string_view(buffer.data(),
                          g_mime_encoding_step(&state, piece.data(), piece.size(), buffer.data())));
  }
}

}  // namespace

bool is_identity(std::string_view encoding) {
  return encoding != "base64" && encoding != "quoted-printable" && encoding != "x-uuencode" &&
         encoding != "uuencode" && encoding != "x-uue";
}

// GMime's stops at the first padding (its issues 133 and 150).
std::string decode_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  char* to = out.data();
  std::uint32_t bits = 0;
  int characters = 0;  // of the group of four that is being read
  const auto end_group = [&] {
    if (characters >= 2) *to++ = static_cast<char>(bits >> (characters * 6 - 8));
    if (characters == 3) *to++ = static_cast<char>(bits >> 2);
    bits = 0;
    characters = 0;
  };
  bool looked_ahead = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto value = base64_value(text[at]);
    if (value < kPadding) {
      bits = bits << 6 | value;
      if (++characters < 4) continue;
      *to++ = static_cast<char>(bits >> 16);
      *to++ = static_cast<char>(bits >> 8);
      *to++ = static_cast<char>(bits);
      bits = 0;
      characters = 0;
    } else if (value == kPadding) {
      end_group();
      if (!looked_ahead && !all_base64(text.substr(at))) break;
      looked_ahead = true;
    }
  }
  end_group();
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

std::string decode_transfer(std::string_view body, std::string_view encoding) {
  if (encoding == "base64") return decode_base64(body);
  if (is_identity(encoding)) return std::string(body);
  std::string out;
  out.reserve(body.size());
  decode_pieces(body, encoding, [&out](std::string_view piece) { out += piece; });
  return out;
}

std::size_t decoded_size(std::string_view body, std::string_view encoding) {
  if (encoding == "base64") return base64_size(body);
  if (is_identity(encoding)) return body.size();
  std::size_t size = 0;
  decode_pieces(body, encoding, [&size](std::string_view piece) { size += piece.size(); });
  return size;
}

}  // namespace mail
