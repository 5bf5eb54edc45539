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
  DocumentRefresher(ReplicationEnds& ends, RevisionFetcher& fetcher, BatchWriter& writer)
      : ends_(ends), fetcher_(fetcher), writer_(writer) {}

  // Tries again the documents in quarantine whose time has come, those tried least first; or all.
  [[nodiscard]] boost::asio::awaitable<void> retry_quarantined(bool whatever_their_time,
                                                               PullSummary& summary);
  // Forgets what the source has purged; `done` is the checkpoint that says so. False when the source cannot name it: then
  // nothing is done.
  [[nodiscard]] boost::asio::awaitable<bool> take_purges(Checkpoint done, PullSummary& summary);

 private:
  // A document that is not there is purged, and leaves quarantine.
  [[nodiscard]] boost::asio::awaitable<void> refresh(std::vector<std::string> ids,
                                                     std::optional<Checkpoint> checkpoint,
                                                     PullSummary& summary);

  ReplicationEnds& ends_;
  RevisionFetcher& fetcher_;
  BatchWriter& writer_;
};

}  // namespace replica
