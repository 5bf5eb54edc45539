// Fetches the bytes of the attachments that the store lists as wanted: two at a time, streamed into the blobs, verified by their
// digest, and resumed where a connection ended.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replica/batch_writer.hpp"
#include "replica/pull.hpp"
#include "replica/revision_fetcher.hpp"

namespace replica {

class AttachmentFetcher {
 public:
  AttachmentFetcher(PullContext& context, RevisionFetcher& fetcher, BatchWriter& writer)
      : context_(context), fetcher_(fetcher), writer_(writer) {}

  // Call it when a pull begins. `retry`: which of those that failed before are tried again in this pull.
  void begin_pull(Retry retry);
  // Fetches for tuning::kAttachmentsTurn; false when all were tried. The store gets the reason why one cannot be had. Throws
  // SourceError when the whole source fails; the bytes of an attachment that came before are kept.
  [[nodiscard]] boost::asio::awaitable<bool> fetch_some(PullSummary& summary);

 private:
  // Attachments that arrived or failed, not committed yet.
  struct Outcome {
    Batch batch;
    std::uint64_t bytes = 0;  // of those that arrived
  };

  // Why an attachment did not come.
  struct Failure {
    std::string reason;
    std::optional<SourceError> transient;  // an error that may_be_transient
  };

  [[nodiscard]] boost::asio::awaitable<std::vector<WantedBlob>> next_wanted();
  [[nodiscard]] boost::asio::awaitable<void> fetch_one(WantedBlob& wanted, Outcome& outcome);
  // These return nothing when all bytes came.
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> download(WantedBlob wanted);
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> download_of_revision(
      const WantedBlob& wanted);
  [[nodiscard]] boost::asio::awaitable<std::optional<WantedBlob>> in_winning_revision(
      WantedBlob wanted);
  [[nodiscard]] boost::asio::awaitable<void> commit(Outcome& outcome, PullSummary& summary);

  PullContext& context_;
  RevisionFetcher& fetcher_;
  BatchWriter& writer_;
  std::chrono::sys_seconds due_{};
  std::set<std::string> failed_;  // digests; not asked for again in this pull
  std::vector<WantedBlob> refused_;  // but these, by a gateway: once, after all others
  std::size_t arrived_ = 0;  // in this pull
};

}  // namespace replica
