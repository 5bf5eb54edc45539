// Fetches revisions from a source of which one document may be more than it, its proxy or the network can bear: a fetch that
// fails as a whole is halved until the document is found, and that one is told as a problem. Only a source that is otherwise
// well has a document to blame; when it is not, the error is the caller's. What a gateway refuses (403, 502, 503, 504) may be a
// short outage of which the rest of the source shows nothing: it is asked for again after a pause, and much of it is the
// source's trouble.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "replica/pull.hpp"

namespace replica {

// Answers of a gateway that a second question may not get.
[[nodiscard]] bool may_pass(const SourceError& error);

class RevisionFetcher {
 public:
  explicit RevisionFetcher(ReplicationEnds& ends) : ends_(ends) {}

  // As CouchClient::fetch.
  [[nodiscard]] boost::asio::awaitable<std::vector<FetchedRevision>> fetch(
      std::vector<RevisionsOfDocument> wanted);
  // All leaves of a document; none when it is gone. `refused`: what becomes of what may_pass.
  enum class Refused { kIsThrown, kIsTold };
  [[nodiscard]] boost::asio::awaitable<std::vector<FetchedRevision>> fetch_leaves(std::string id,
                                                                                  Refused refused);

  // Throws `error` when it is about the source: it says so itself, or does not answer any more.
  [[nodiscard]] boost::asio::awaitable<void> expect_well(SourceError error);

 private:
  struct Asked {
    std::vector<FetchedRevision> leaves;  // or what is wrong, as a problem
    std::optional<SourceError> failure;
  };
  [[nodiscard]] boost::asio::awaitable<Asked> ask_for_leaves(std::string id);

  ReplicationEnds& ends_;
};

}  // namespace replica
