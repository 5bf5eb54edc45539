// Compares counts with the source when everything is said to be here: the last net for what no sequence tells. A difference is
// a reason to sweep, once; one that a sweep does not explain is left alone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <set>

#include "replica/pull.hpp"

namespace replica {

class SelfCheck {
 public:
  explicit SelfCheck(ReplicationEnds& ends) : ends_(ends) {}

  // After a pull has caught up; `begin` is how the source was when the pull began. False as well when nothing can be said: the
  // source moved meanwhile, or documents are left out.
  [[nodiscard]] boost::asio::awaitable<bool> asks_for_sweep(const DatabaseInfo& begin,
                                                            const PullSummary& summary);
  // The next check is made even if the pull brings nothing: the source purged what it does not name.
  void expect_difference() { is_due_ = true; }
  // The number of design documents, which stay at the source, may be another one now.
  void forget_design_documents() { design_documents_.reset(); }

 private:
  // Live documents of the source that are not here, less those here that are not there. Nothing when it cannot be told.
  [[nodiscard]] boost::asio::awaitable<std::optional<std::int64_t>> difference(
      const DatabaseInfo& info);

  ReplicationEnds& ends_;
  bool is_due_ = true;
  std::optional<std::int64_t> design_documents_;
  std::set<std::int64_t> swept_for_;  // differences that have had their sweep
};

}  // namespace replica
