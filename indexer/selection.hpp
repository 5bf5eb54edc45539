// The messages that a filter names, as views: the smallest one drives, the others are probed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "indexer/catalog_state.hpp"

namespace indexer {

class Selection {
 public:
  [[nodiscard]] static Selection of(Reader& reader, const MessageFilter& filter);

  [[nodiscard]] bool is_empty() const { return views_.empty(); }
  // The smallest view; the selection must not be empty.
  [[nodiscard]] const View& driver() const { return views_.front(); }
  // Whether the message of that place, which stands in the driving view, is in all others as well.
  [[nodiscard]] bool holds(Reader& reader, std::int64_t date, std::string_view id) const;
  [[nodiscard]] bool holds_whole_driver() const { return views_.size() == 1 && !seen_only_; }
  // The same for a message that may not even stand in the driving view.
  [[nodiscard]] bool contains(Reader& reader, std::int64_t date, std::string_view id) const;

  struct Size {
    std::int64_t count = 0;
    bool is_exact = true;
  };
  // Of messages, or of threads. Counted where that is cheap, else an estimate.
  [[nodiscard]] Size size(Reader& reader, bool threads) const;

 private:
  std::vector<View> views_;  // smallest first
  bool seen_only_ =
      false;  // there is no view of the messages seen: they are those that are not unread
};

// Entries of a view in the order of the list, from a place on.
class Walk {
 public:
  Walk(Reader& reader, std::int64_t view, const std::optional<OrderKey>& after, bool ascending);

  bool next();
  [[nodiscard]] std::int64_t date() const { return rows_->integer(0); }
  [[nodiscard]] std::string_view id() const { return rows_->text(1); }
  [[nodiscard]] std::int64_t entry() const { return rows_->integer(2); }

 private:
  Statement& other_dates_;
  std::int64_t view_;
  std::int64_t date_;
  std::optional<OrderKey> after_;
  bool shares_date_;
  std::optional<Rows> rows_;
};

}  // namespace indexer
