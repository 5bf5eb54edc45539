// Commits batches to the store, on a worker: without the documents that the filter leaves out, and with a note of the
// attachments that are to be fetched, in the commit of the document that names them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>

#include "replica/pull.hpp"

namespace replica {

class BatchWriter {
 public:
  // `on_commit` is called on a worker after each batch that changed the store.
  BatchWriter(PullContext& context, std::function<void(const PullSummary&)> on_commit)
      : context_(context), on_commit_(std::move(on_commit)) {}

  // Adds what it changed to `summary`.
  [[nodiscard]] boost::asio::awaitable<void> commit(Batch batch, PullSummary& summary);

 private:
  PullContext& context_;
  std::function<void(const PullSummary&)> on_commit_;
};

// Leaves out the documents whose winning revision `keep` refuses; the store forgets those that it has. For a document that
// the batch only confirms (`exact`), `keep` is asked about the body in the store.
void apply_filter(Batch& batch, const Store& store,
                  const std::function<bool(std::string_view document)>& keep);

}  // namespace replica
