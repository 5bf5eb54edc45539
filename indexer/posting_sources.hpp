// Conditions of a query on numbers and dates instead of words, for Xapian's matcher. For sources of
// this folder only.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <xapian.h>

#include "indexer/catalog.hpp"

namespace indexer {

// The entries with the numbers given. Numbers without an entry match too: to be combined with
// something that has entries.
class NumbersSource : public Xapian::PostingSource {
 public:
  explicit NumbersSource(EntryNumbers numbers) : numbers_(std::move(numbers)) {}

  void init(const Xapian::Database& database) override;
  Xapian::doccount get_termfreq_min() const override { return 0; }
  Xapian::doccount get_termfreq_est() const override { return bound_; }
  Xapian::doccount get_termfreq_max() const override { return bound_; }
  void next(double min_weight) override;
  void skip_to(Xapian::docid number, double min_weight) override;
  bool at_end() const override { return place_ == numbers_->size(); }
  Xapian::docid get_docid() const override { return (*numbers_)[place_]; }
  std::string get_description() const override { return "NumbersSource"; }

 private:
  EntryNumbers numbers_;
  Xapian::doccount bound_ = 0;
  std::size_t place_ = 0;
  bool started_ = false;
};

// The time at which a search has to end with what it has found.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(Clock::time_point end) : end_(end) {}

  // Looks at the clock only from time to time.
  [[nodiscard]] bool is_over() {
    if (!over_ && ++steps_ % kStepsPerLook == 0) over_ = Clock::now() >= end_;
    return over_;
  }
  [[nodiscard]] bool was_over() const { return over_; }

 private:
  static constexpr unsigned kStepsPerLook = 16;  // a step of a large query takes microseconds
  Clock::time_point end_;
  unsigned steps_ = 0;
  bool over_ = false;
};

// All numbers from `first` to before `end`, with and without an entry; none any more when the
// deadline is over, so that the matcher ends with what it found.
class RangeSource : public Xapian::PostingSource {
 public:
  struct Range {
    std::uint32_t first, end;
    friend bool operator==(const Range&, const Range&) = default;
  };
  static constexpr Range kAll{1, std::numeric_limits<std::uint32_t>::max()};

  RangeSource(Range range, Deadline& deadline)
      : range_(range), deadline_(deadline), number_(range.first) {}

  void init(const Xapian::Database& database) override;
  // It does match each entry, so that counts stay exact.
  Xapian::doccount get_termfreq_min() const override { return range_ == kAll ? entries_ : 0; }
  Xapian::doccount get_termfreq_est() const override { return entries_; }
  Xapian::doccount get_termfreq_max() const override { return entries_; }
  void next(double min_weight) override;
  void skip_to(Xapian::docid number, double min_weight) override;
  bool at_end() const override { return number_ >= range_.end; }
  Xapian::docid get_docid() const override { return number_; }
  std::string get_description() const override { return "RangeSource"; }

 private:
  void stop_if_over();

  const Range range_;
  Deadline& deadline_;
  Xapian::doccount entries_ = 0;
  std::uint32_t number_;
  bool started_ = false;
};

// Favours new mail a little: matches all entries, with a weight that falls with the number.
class RecencySource : public Xapian::PostingSource {
 public:
  explicit RecencySource(double most) : most_(most) {}

  void init(const Xapian::Database& database) override;
  Xapian::doccount get_termfreq_min() const override { return entries_; }
  Xapian::doccount get_termfreq_est() const override { return entries_; }
  Xapian::doccount get_termfreq_max() const override { return entries_; }
  double get_weight() const override;
  void next(double min_weight) override;
  void skip_to(Xapian::docid number, double min_weight) override;
  bool at_end() const override { return number_ == std::numeric_limits<std::uint32_t>::max(); }
  Xapian::docid get_docid() const override { return number_; }
  std::string get_description() const override { return "RecencySource"; }

 private:
  const double most_;
  Xapian::doccount entries_ = 0;
  Xapian::docid last_ = 1;
  std::uint32_t number_ = 0;
};

// Entries with a date in a range. Since numbers follow dates, only those in a range of numbers
// (which must hold all of them but for the overflow range) are looked at.
class DateSource : public Xapian::PostingSource {
 public:
  struct Bounds {
    std::optional<std::int64_t> from, to;  // from <= date < to
    // Numbers, end excluded: those that are looked at, the overflow range besides; and all but that
    // range, for estimates.
    std::uint32_t first = 1, end = 0, all_first = 1, all_end = 1;
  };
  explicit DateSource(const Bounds& bounds);

  void init(const Xapian::Database& database) override;
  Xapian::doccount get_termfreq_min() const override { return 0; }
  Xapian::doccount get_termfreq_est() const override { return estimate_; }
  Xapian::doccount get_termfreq_max() const override { return entries_; }
  void next(double min_weight) override;
  void skip_to(Xapian::docid number, double min_weight) override;
  bool at_end() const override { return started_ && value_ == Xapian::ValueIterator(); }
  Xapian::docid get_docid() const override { return value_.get_docid(); }
  std::string get_description() const override { return "DateSource"; }

 private:
  void settle();
  [[nodiscard]] bool has_date(const std::string& value) const;

  Bounds bounds_;
  std::string from_, to_;  // as values; empty: open
  Xapian::doccount estimate_ = 0, entries_ = 0;
  Xapian::ValueIterator value_;
  bool started_ = false;
};

}  // namespace indexer
