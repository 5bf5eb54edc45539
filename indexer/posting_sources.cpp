#include "indexer/posting_sources.hpp"

#include <algorithm>

#include "indexer/fields.hpp"
#include "indexer/fulltext.hpp"

namespace indexer {

void NumbersSource::init(const Xapian::Database& database) {
  bound_ = std::min(static_cast<Xapian::doccount>(numbers_->size()), database.get_doccount());
  place_ = 0;
  started_ = false;
}

void NumbersSource::next(double) {
  if (started_) ++place_;
  started_ = true;
}

// Gallops: what is sought is mostly near.
void NumbersSource::skip_to(Xapian::docid number, double) {
  started_ = true;
  const auto& numbers = *numbers_;
  std::size_t step = 1, reached = place_;
  while (reached < numbers.size() && numbers[reached] < number) {
    place_ = reached + 1;
    reached += step;
    step *= 2;
  }
  const auto end = numbers.begin() + static_cast<std::ptrdiff_t>(std::min(reached, numbers.size()));
  const auto found =
      std::lower_bound(numbers.begin() + static_cast<std::ptrdiff_t>(place_), end, number);
  place_ = static_cast<std::size_t>(found - numbers.begin());
}

void RangeSource::init(const Xapian::Database& database) {
  entries_ = database.get_doccount();
  number_ = range_.first;
  started_ = false;
}

void RangeSource::next(double) {
  if (started_) ++number_;
  started_ = true;
  stop_if_over();
}

void RangeSource::skip_to(Xapian::docid number, double) {
  started_ = true;
  number_ = std::max(number_, number);
  stop_if_over();
}

void RangeSource::stop_if_over() {
  if (deadline_.is_over()) number_ = range_.end;
}

void RecencySource::init(const Xapian::Database& database) {
  entries_ = database.get_doccount();
  last_ = std::max<Xapian::docid>(1, std::min(database.get_lastdocid(), kFirstOverflowNumber));
  number_ = 0;
  set_maxweight(most_);
}

double RecencySource::get_weight() const {
  // Numbers of the overflow range are given to what came late.
  if (number_ >= kFirstOverflowNumber) return most_;
  return most_ * (1.0 - static_cast<double>(number_) / last_);
}

void RecencySource::next(double) { ++number_; }

void RecencySource::skip_to(Xapian::docid number, double) { number_ = std::max(number_, number); }

DateSource::DateSource(const Bounds& bounds) : bounds_(bounds) {
  if (bounds.from) from_ = Xapian::sortable_serialise(static_cast<double>(*bounds.from));
  if (bounds.to) to_ = Xapian::sortable_serialise(static_cast<double>(*bounds.to));
}

void DateSource::init(const Xapian::Database& database) {
  entries_ = database.get_doccount();
  // Numbers are given at even distances.
  const double all = static_cast<double>(bounds_.all_end) - bounds_.all_first;
  const double covered = static_cast<double>(std::min(bounds_.end, bounds_.all_end)) -
                         std::max(bounds_.first, bounds_.all_first);
  estimate_ =
      all > 0 ? static_cast<Xapian::doccount>(entries_ * std::clamp(covered / all, 0.0, 1.0)) : 0;
  value_ = database.valuestream_begin(kDateSlot);
  started_ = false;
}

void DateSource::next(double) {
  if (started_) ++value_;
  started_ = true;
  settle();
}

void DateSource::skip_to(Xapian::docid number, double) {
  started_ = true;
  if (value_ != Xapian::ValueIterator() && value_.get_docid() < number) value_.skip_to(number);
  settle();
}

// Moves on to the first entry from here that is in the range.
void DateSource::settle() {
  const Xapian::ValueIterator end;
  while (value_ != end) {
    const auto number = value_.get_docid();
    if (number < bounds_.first) {
      value_.skip_to(bounds_.first);
    } else if (number >= bounds_.end && number < kFirstOverflowNumber) {
      value_.skip_to(kFirstOverflowNumber);
    } else if (has_date(*value_)) {
      return;
    } else {
      ++value_;
    }
  }
}

bool DateSource::has_date(const std::string& value) const {
  return (from_.empty() || value >= from_) && (to_.empty() || value < to_);
}

}  // namespace indexer
