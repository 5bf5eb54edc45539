#include "replica/revision_fetcher.hpp"

#include <iterator>
#include <optional>
#include <utility>

namespace replica {
namespace {

namespace net = boost::asio;
using Documents = std::vector<RevisionsOfDocument>;

// Answers that speak of the source, or of us, whatever was asked for.
bool is_about_source(const SourceError& error) {
  switch (error.status()) {
    case 401:
    case 403:
    case 429:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

Documents second_half(Documents& documents) {
  const auto middle = documents.begin() + static_cast<std::ptrdiff_t>(documents.size() / 2);
  Documents second(std::make_move_iterator(middle), std::make_move_iterator(documents.end()));
  documents.erase(middle, documents.end());
  return second;
}

}  // namespace

net::awaitable<void> RevisionFetcher::expect_well(SourceError error) {
  if (is_about_source(error)) throw error;
  std::ignore = co_await ends_.source.database_info(ends_.database);
}

net::awaitable<std::vector<FetchedRevision>> RevisionFetcher::fetch(Documents wanted) {
  std::vector<FetchedRevision> fetched;
  std::vector<Documents> left;
  left.push_back(std::move(wanted));
  while (!left.empty()) {
    Documents documents = std::move(left.back());
    left.pop_back();
    std::optional<SourceError> failure;
    std::vector<FetchedRevision> came;
    try {
      came = co_await ends_.source.fetch(ends_.database, documents);
    } catch (const SourceError& error) {
      failure = error;
    }
    if (failure) {
      co_await expect_well(*failure);
      if (documents.size() > 1) {
        left.push_back(second_half(documents));
        left.push_back(std::move(documents));
        continue;
      }
      came = co_await fetch_leaves(documents.front().id);  // by another route
    }
    std::move(came.begin(), came.end(), std::back_inserter(fetched));
  }
  co_return fetched;
}

net::awaitable<std::vector<FetchedRevision>> RevisionFetcher::fetch_leaves(std::string id) {
  std::optional<SourceError> failure;
  std::vector<FetchedRevision> leaves;
  try {
    Documents all_leaves(1);
    all_leaves.front().id = id;
    leaves = co_await ends_.source.fetch(ends_.database, std::move(all_leaves));
  } catch (const SourceError& error) {
    failure = error;
  }
  if (!failure) co_return leaves;
  co_await expect_well(*failure);
  leaves.resize(1);
  leaves.front().revision.id = std::move(id);
  leaves.front().problem = failure->what();
  co_return leaves;
}

}  // namespace replica
