// Collects the text of a file: UTF-8, cut between characters at a limit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "indexer/utf8.hpp"

namespace indexer {

class TextOutput {
 public:
  explicit TextOutput(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void add(std::string_view utf8) {
    if (is_full_) return;
    const std::size_t room = max_bytes_ - text_.size();
    is_full_ = utf8.size() > room;
    text_.append(utf8_prefix(utf8, room));
  }
  // Ends a cell or a line; repeated ends count as one.
  void separate(char separator) {
    if (text_.empty() || text_.back() == '\n' || text_.back() == separator) return;
    add(std::string_view(&separator, 1));
  }

  [[nodiscard]] bool is_full() const { return is_full_; }  // more is not wanted
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t max_bytes_;
  std::string text_;
  bool is_full_ = false;
};

}  // namespace indexer
