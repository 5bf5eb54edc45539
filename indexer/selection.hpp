// The messages that a filter selects. Flags are compared with those in a row. Of mailbox and
// keyword, the smaller view is walked and the other is looked up for each row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/catalog_reader.hpp"

namespace indexer {

// A message of a list, as a row of it or its entry tells.
struct ListedMessage {
  std::string_view place;  // place_key(); valid until the next row
  std::int64_t entry = 0;
  std::int64_t flags = 0;
};

// Rows of a list from a key on.
class Walk {
 public:
  enum class Direction { kForward, kBack };
  // Of a view in `listing`, newest first.
  [[nodiscard]] static Walk listing(Reader& reader, std::int64_t view, Direction direction,
                                    std::string_view from);
  // Of a list in `sorted`; its rows have no flags.
  [[nodiscard]] static Walk sorted(Reader& reader, std::int64_t list, Direction direction,
                                   std::string_view from);

  bool next() { return rows_.next(); }
  [[nodiscard]] std::string_view key() const { return rows_.blob(0); }
  [[nodiscard]] std::int64_t entry() const { return rows_.integer(1); }
  [[nodiscard]] std::int64_t flags() const { return rows_.integer(2); }
  [[nodiscard]] ListedMessage message() const { return {key(), entry(), flags()}; }

 private:
  Walk(Statement& statement, std::int64_t view, std::string_view from)
      : rows_(statement, view, as_blob(from)) {}

  Rows rows_;
};

// What a filter asks of one message.
class MessageCondition {
 public:
  [[nodiscard]] static MessageCondition of(Reader& reader, const MessageFilter& filter);

  // Whether the filter contradicts itself, or names a mailbox or keyword that no message ever had.
  [[nodiscard]] bool is_impossible() const { return impossible_; }
  [[nodiscard]] bool admits(std::int64_t flags) const { return (flags & mask_) == value_; }
  [[nodiscard]] bool admits(std::int64_t flags, std::span<const std::int64_t> views) const;
  // Of a message whose row is not of a view of the condition.
  [[nodiscard]] bool admits(Reader& reader, const ListedMessage& message) const;
  [[nodiscard]] static bool is_in(Reader& reader, std::int64_t view, const ListedMessage& message);

  [[nodiscard]] int mask() const { return mask_; }
  [[nodiscard]] int value() const { return value_; }
  [[nodiscard]] const std::optional<View>& mailbox() const { return mailbox_; }
  [[nodiscard]] const std::optional<View>& keyword() const { return keyword_; }

 private:
  void require(int flag, bool set);

  bool impossible_ = false;
  int mask_ = 0, value_ = 0;
  std::optional<View> mailbox_, keyword_;
};

class Selection {
 public:
  [[nodiscard]] static Selection of(Reader& reader, const MessageFilter& filter);
  [[nodiscard]] static Selection all_files(Reader& reader);

  [[nodiscard]] bool is_empty() const { return driver_.total == 0; }
  [[nodiscard]] const MessageCondition& condition() const { return condition_; }
  // The smallest view that holds them all; the selection must not be empty.
  [[nodiscard]] const View& driver() const { return driver_; }
  // All mail, or the mailbox: what has lists in the order of every sort.
  [[nodiscard]] const View& base() const { return base_; }
  // Whether a message of the driving view is one of them.
  [[nodiscard]] bool holds(Reader& reader, const ListedMessage& message) const {
    return condition_.admits(message.flags) &&
           (probe_ == 0 || MessageCondition::is_in(reader, probe_, message));
  }
  // Whether all of the driving view are.
  [[nodiscard]] bool is_whole_driver() const { return whole_; }

  struct Size {
    std::int64_t count = 0;
    bool is_exact = true;
  };
  // The number of messages, or of threads: counted where that is cheap, else estimated.
  [[nodiscard]] Size size(Reader& reader, bool threads) const;

 private:
  void choose_driver(Reader& reader, const MessageFilter& filter);
  // All of the base but those of one state.
  [[nodiscard]] std::optional<std::int64_t> complement(Reader& reader) const;

  MessageCondition condition_;
  View driver_, base_;
  std::int64_t probe_ = 0;
  bool whole_ = false;
  std::string mailbox_;  // id
};

}  // namespace indexer
