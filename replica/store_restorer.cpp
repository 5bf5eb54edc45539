#include "replica/store_restorer.hpp"

#include <iterator>
#include <utility>

#include "replica/store_writer.hpp"

namespace replica {

StoreRestorer::StoreRestorer(const std::filesystem::path& file)
    : writer_(std::make_unique<StoreWriter>(file)) {}

StoreRestorer::~StoreRestorer() = default;

void StoreRestorer::restore(std::vector<WholeDocument> documents) {
  Batch batch;
  Arrivals arrivals;
  for (WholeDocument& document : documents) {
    RevisionsOfDocument& exact = batch.exact.emplace_back();
    exact.id = document.id;
    for (const IncomingRevision& leaf : document.leaves) exact.revs.push_back(leaf.rev);
    std::move(document.leaves.begin(), document.leaves.end(), std::back_inserter(batch.revisions));
    arrivals.emplace(document.id, document.arrived);
  }
  writer_->commit(batch, arrivals);
}

}  // namespace replica
