// Compares counts with the source when everything is said to be here: the last net for what no sequence tells. A difference is
// a reason to sweep, once: what a sweep does not explain is remembered in the store, as ReplicationLog::counted_apart.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>

#include "replica/pull.hpp"

namespace replica {

class SelfCheck {
 public:
  explicit SelfCheck(ReplicationEnds& ends) : ends_(ends) {}

  // After a pull has caught up; `begin` is how the source was when the pull began. False as well when nothing can be said: the
  // source moved meanwhile, or documents are left out.
  [[nodiscard]] boost::asio::awaitable<bool> asks_for_sweep(const DatabaseInfo& begin,
                                                            const PullSummary& summary);
  // After that sweep: the difference that is left is none.
  [[nodiscard]] boost::asio::awaitable<void> accept_difference();

 private:
  struct Here {
    std::int64_t documents = 0;
    std::int64_t quarantined = 0;
    std::int64_t counted_apart = 0;
  };
  [[nodiscard]] boost::asio::awaitable<Here> look() const;
  [[nodiscard]] boost::asio::awaitable<void> remember(std::int64_t counted_apart);
  // Nothing when the source does not tell.
  [[nodiscard]] boost::asio::awaitable<std::optional<std::int64_t>> design_documents();

  ReplicationEnds& ends_;
  bool is_due_ = true;
};

}  // namespace replica
