// Takes batches over into the store, on a worker: leaves out what the filter leaves out, and notes which attachments are to
// be fetched, in the commit of the document that names them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>

#include "replica/pull.hpp"

namespace replica {

class BatchWriter {
 public:
  // `on_commit` is called on a worker after each batch that changed the store.
  BatchWriter(ReplicationEnds& ends, std::function<void(const PullSummary&)> on_commit)
      : ends_(ends), on_commit_(std::move(on_commit)) {}

  // Adds what it changed to `summary`.
  [[nodiscard]] boost::asio::awaitable<void> commit(Batch batch, PullSummary& summary);

 private:
  ReplicationEnds& ends_;
  std::function<void(const PullSummary&)> on_commit_;
};

// Leaves out documents of which `keep` does not keep the winner; the store forgets those that it has. Of what the store has
// and the batch only confirms (`exact`), the body that is there is asked about.
void leave_out(Batch& batch, const Store& store,
               const std::function<bool(std::string_view document)>& keep);

}  // namespace replica
