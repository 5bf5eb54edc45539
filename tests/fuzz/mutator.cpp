#include "tests/fuzz/mutator.hpp"

namespace fuzz {
namespace {

constexpr std::size_t kMaxSize = 64 << 10;
constexpr std::size_t kMaxPiece = 256;
constexpr std::size_t kMaxChanges = 8;
// Bytes that mean something to one format or another.
constexpr char kTelling[] = {'\0', '\n', '\r', ' ',  '"', '\'', '<',    '>',    '&',    ';',
                             ':',  '=',  '?',  '-',  '/', '\\', '{',    '}',    '[',    ']',
                             ',',  '(',  ')',  '\t', '@', '%',  '\x7f', '\x80', '\xC3', '\xFF'};

}  // namespace

std::string Mutator::next() {
  std::string text = any_sample();
  for (auto changes = 1 + below(kMaxChanges); changes > 0; --changes) change(text);
  if (text.size() > kMaxSize) text.resize(kMaxSize);
  return text;
}

std::string Mutator::piece_of(const std::string& text) {
  if (text.empty()) return {};
  return text.substr(below(text.size()), 1 + below(kMaxPiece));
}

void Mutator::change(std::string& text) {
  const auto at = below(text.size() + 1);
  const auto end = std::min(text.size(), at + 1 + below(kMaxPiece));
  switch (below(6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
      break;
    case 1:
      if (at < text.size()) text[at] = kTelling[below(sizeof kTelling)];
      break;
    case 2:
      text.insert(at, 1, kTelling[below(sizeof kTelling)]);
      break;
    case 3:
      text.erase(at, end - at);
      break;
    case 4: {
      const auto piece = text.substr(at, end - at);
      for (auto times = 1 + below(16); times > 0; --times) text.insert(at, piece);
      break;
    }
    default:
      text.insert(at, piece_of(any_sample()));
  }
}

}  // namespace fuzz
