// Compares the number of documents with the source's after a pull has caught up, to find what sequences do not show. A difference
// is a reason to sweep, once: a difference that remains after the sweep is stored, as ReplicationLog::counted_apart.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>

#include "replica/pull.hpp"

namespace replica {

enum class Counts {
  kEqual,  // but for a difference that was accepted
  kDiffer,
  // They cannot be compared: the source changed meanwhile, does not count, or a filter leaves documents out.
  kUnknown,
};

class CountCheck {
 public:
  explicit CountCheck(PullContext& context) : context_(context) {}

  // `begin` is what the source said when the pull began. Compares in the first pull, in those that bring something, and again
  // after a difference; kUnknown in the others.
  [[nodiscard]] boost::asio::awaitable<Counts> compare(const DatabaseInfo& begin,
                                                       const PullSummary& summary);
  // After that sweep: the difference that remains is not one to sweep for again.
  [[nodiscard]] boost::asio::awaitable<void> accept_difference();

 private:
  struct LocalCounts {
    std::int64_t documents = 0;
    std::int64_t quarantined = 0;
    std::int64_t counted_apart = 0;
  };
  [[nodiscard]] boost::asio::awaitable<LocalCounts> local_counts() const;
  [[nodiscard]] boost::asio::awaitable<void> store_difference(std::int64_t counted_apart);
  // Their number at the source; nothing when it does not say.
  [[nodiscard]] boost::asio::awaitable<std::optional<std::int64_t>> design_documents();

  PullContext& context_;
  bool is_due_ = true;
};

}  // namespace replica
