// Brings single documents in line with the source, when the feed does not name them: it is asked for all leaves of each.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "replica/batch_writer.hpp"
#include "replica/pull.hpp"
#include "replica/revision_fetcher.hpp"

namespace replica {

class DocumentRefresher {
 public:
  DocumentRefresher(PullContext& context, RevisionFetcher& fetcher, BatchWriter& writer)
      : context_(context), fetcher_(fetcher), writer_(writer) {}

  // Tries the documents in quarantine again, those with the fewest attempts first.
  [[nodiscard]] boost::asio::awaitable<void> retry_quarantined(Retry retry, PullSummary& summary);
  // Forgets what the source has purged, and commits the checkpoint `after` that. False when the source cannot name what it
  // purged: then nothing is done.
  [[nodiscard]] boost::asio::awaitable<bool> apply_purges(Checkpoint after, PullSummary& summary);

  // The same for what the sweep under way has not met.
  [[nodiscard]] boost::asio::awaitable<void> refresh_unmet(PullSummary& summary);

 private:
  // These the source does not have.
  [[nodiscard]] boost::asio::awaitable<void> forget(std::vector<std::string> ids,
                                                    PullSummary& summary);
  [[nodiscard]] boost::asio::awaitable<void> refresh_some(std::vector<std::string> ids,
                                                          PullSummary& summary);
  // Replaces each document by what the source has. One that it does not have is purged, and leaves quarantine.
  [[nodiscard]] boost::asio::awaitable<void> refresh(std::vector<std::string> ids,
                                                     RevisionFetcher::OnTransient on_transient,
                                                     std::optional<Checkpoint> checkpoint,
                                                     PullSummary& summary);

  PullContext& context_;
  RevisionFetcher& fetcher_;
  BatchWriter& writer_;
};

}  // namespace replica
