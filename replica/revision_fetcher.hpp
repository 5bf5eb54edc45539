// Fetches revisions from a source where a single document can make a whole request fail, as one that is too large for it, its
// proxy or the network. A request that fails is halved until the document is found, which is reported as a problem. That is
// done only while the source answers otherwise; when it does not, the error is thrown. What a gateway refuses (403, 502, 503,
// 504) may be a short outage: it is asked for again after a pause, and when much is refused, the error is thrown.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "replica/pull.hpp"

namespace replica {

// A gateway answered (403, 502, 503, 504), or a cluster whose nodes do not answer each other: a second request may get another
// answer.
[[nodiscard]] bool may_be_transient(const SourceError& error);

class RevisionFetcher {
 public:
  explicit RevisionFetcher(PullContext& context) : context_(context) {}

  // As CouchClient::fetch.
  [[nodiscard]] boost::asio::awaitable<std::vector<FetchedRevision>> fetch(
      std::vector<RevisionsOfDocument> wanted);
  // What is done with an error that may_be_transient: thrown, or reported as the problem of the document.
  enum class OnTransient { kThrow, kReport };
  // All leaves of a document; none when it is gone.
  [[nodiscard]] boost::asio::awaitable<std::vector<FetchedRevision>> fetch_leaves(
      std::string id, OnTransient on_transient);

  // Throws `error` when it concerns the whole source rather than what was asked for: it says so by its status, or the source
  // does not answer any more.
  [[nodiscard]] boost::asio::awaitable<void> rethrow_unless_source_answers(SourceError error);

 private:
  struct Leaves {
    std::vector<FetchedRevision> revisions;  // one with a problem when they could not be fetched
    std::optional<SourceError> failure;
  };
  [[nodiscard]] boost::asio::awaitable<Leaves> try_fetch_leaves(std::string id);
  [[nodiscard]] boost::asio::awaitable<std::optional<std::vector<FetchedRevision>>> try_fetch(
      std::vector<RevisionsOfDocument> wanted);

  PullContext& context_;
};

}  // namespace replica
