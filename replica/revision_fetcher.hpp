// Fetches revisions from a source of which one document may be more than it, its proxy or the network can bear: a fetch that
// fails as a whole is halved until the document is found, and that one is told as a problem. Only a source that is otherwise
// well has a document to blame; when it is not, the error is the caller's.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "replica/pull.hpp"

namespace replica {

class RevisionFetcher {
 public:
  explicit RevisionFetcher(ReplicationEnds& ends) : ends_(ends) {}

  // As CouchClient::fetch.
  [[nodiscard]] boost::asio::awaitable<std::vector<FetchedRevision>> fetch(
      std::vector<RevisionsOfDocument> wanted);
  // All leaves of a document; none when it is gone.
  [[nodiscard]] boost::asio::awaitable<std::vector<FetchedRevision>> fetch_leaves(std::string id);

  // Throws `error` when it is about the source: it says so itself, or does not answer any more.
  [[nodiscard]] boost::asio::awaitable<void> expect_well(SourceError error);

 private:
  ReplicationEnds& ends_;
};

}  // namespace replica
