// Fetches the bytes of attachments that the store's documents want: streamed into the blobs two at a time, verified by their
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
  AttachmentFetcher(ReplicationEnds& ends, RevisionFetcher& fetcher, BatchWriter& writer)
      : ends_(ends), fetcher_(fetcher), writer_(writer) {}

  // A pull begins; it fetches those whose time has come, or all that are wanted.
  void begin_pull(bool whatever_their_time);
  // Fetches for a while; false when all were tried. One that cannot be had is noted in the store with its reason. Throws
  // SourceError when the source is at fault; what came of an attachment before is kept.
  [[nodiscard]] boost::asio::awaitable<bool> fetch_some(PullSummary& summary);

 private:
  // What is known of some attachments, not committed yet.
  struct Outcome {
    Batch batch;
    std::uint64_t bytes = 0;  // of those that arrived
  };

  struct Trouble {
    std::string reason;  // why it cannot be had; empty when it is here
    std::optional<SourceError> refused;  // by what may pass: see RevisionFetcher
  };

  [[nodiscard]] boost::asio::awaitable<std::vector<WantedBlob>> next_wanted();
  [[nodiscard]] boost::asio::awaitable<void> fetch_one(WantedBlob& wanted, Outcome& outcome);
  [[nodiscard]] boost::asio::awaitable<Trouble> bring(WantedBlob wanted);
  [[nodiscard]] boost::asio::awaitable<Trouble> bring_revision(const WantedBlob& wanted);
  [[nodiscard]] boost::asio::awaitable<BlobEncoding> receive(const WantedBlob& wanted,
                                                             Blobs::Incoming& incoming);
  [[nodiscard]] boost::asio::awaitable<std::optional<WantedBlob>> as_the_winner_names_it(
      WantedBlob wanted);
  [[nodiscard]] boost::asio::awaitable<void> commit(Outcome& outcome, PullSummary& summary);

  ReplicationEnds& ends_;
  RevisionFetcher& fetcher_;
  BatchWriter& writer_;
  std::chrono::sys_seconds due_{};
  std::set<std::string> failed_;  // digests; not asked for again in this pull
  std::vector<WantedBlob> doubtful_;  // but these, once, when all others were
  std::size_t arrived_ = 0;  // in this pull
};

}  // namespace replica
