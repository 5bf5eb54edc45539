#include "replica/row_document.hpp"

#include <algorithm>
#include <utility>

namespace replica {
namespace {

constexpr std::size_t kLarge = 1024 * 1024;  // bytes of a document that is not copied needlessly

}  // namespace

std::string take_text(const RowScanner::Row& row, const DocumentSpan& span) {
  const std::string_view document = span.document;
  const std::size_t cut = span.left_out.empty()
                              ? document.size()
                              : static_cast<std::size_t>(span.left_out.data() - document.data());
  if (row.storage == nullptr || document.size() < kLarge) {
    std::string text;
    text.reserve(document.size() - span.left_out.size());
    text.append(document.substr(0, cut));
    return text.append(document.substr(std::min(cut + span.left_out.size(), document.size())));
  }
  const auto begin = static_cast<std::size_t>(document.data() - row.json.data());
  const std::size_t size = document.size();
  const std::size_t left_out = span.left_out.size();
  std::string text = std::move(*row.storage);
  text.resize(begin + size);
  if (left_out > 0) text.erase(begin + cut, left_out);
  return std::move(text.erase(0, begin));
}

}  // namespace replica
