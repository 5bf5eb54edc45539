#include "replica/revision_fetcher.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace replica {
namespace {

using Documents = std::vector<RevisionsOfDocument>;

// Answers that speak of the source, or of us, whatever was asked for.
bool is_about_source(const SourceError& error) {
  constexpr int kUnauthorized = 401, kTooManyRequests = 429;
  return error.status() == kUnauthorized || error.status() == kTooManyRequests ||
         error.retry_after();
}

Documents second_half(Documents& documents) {
  const auto middle = documents.begin() + static_cast<std::ptrdiff_t>(documents.size() / 2);
  Documents second(std::make_move_iterator(middle), std::make_move_iterator(documents.end()));
  documents.erase(middle, documents.end());
  return second;
}

}  // namespace

bool may_pass(const SourceError& error) {
  switch (error.status()) {
    case 403:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

net::awaitable<void> RevisionFetcher::expect_well(SourceError error) {
  if (is_about_source(error)) throw error;
  std::ignore = co_await ends_.source.database_info(ends_.database);
}

net::awaitable<std::vector<FetchedRevision>> RevisionFetcher::fetch(Documents wanted) {
  const std::size_t most_doubtful = std::max(tuning::kMostDoubtful, wanted.size() / 2);
  std::vector<FetchedRevision> fetched;
  std::vector<std::string> doubtful;
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
      auto asked = co_await ask_for_leaves(documents.front().id);  // by another route
      if (asked.failure && may_pass(*asked.failure)) {
        doubtful.push_back(documents.front().id);
        if (doubtful.size() > most_doubtful) throw *asked.failure;
        continue;
      }
      came = std::move(asked.leaves);
    }
    std::move(came.begin(), came.end(), std::back_inserter(fetched));
  }
  if (!doubtful.empty()) co_await ends_.source.pause(tuning::kDoubtPause);
  for (const std::string& id : doubtful) {
    auto came = co_await fetch_leaves(id, Refused::kIsTold);
    std::move(came.begin(), came.end(), std::back_inserter(fetched));
  }
  co_return fetched;
}

net::awaitable<std::vector<FetchedRevision>> RevisionFetcher::fetch_leaves(std::string id,
                                                                           Refused refused) {
  Asked asked = co_await ask_for_leaves(std::move(id));
  const bool is_thrown = refused == Refused::kIsThrown;
  if (is_thrown && asked.failure && may_pass(*asked.failure)) throw *asked.failure;
  co_return std::move(asked.leaves);
}

net::awaitable<RevisionFetcher::Asked> RevisionFetcher::ask_for_leaves(std::string id) {
  Asked asked;
  try {
    Documents all_leaves(1);
    all_leaves.front().id = id;
    asked.leaves = co_await ends_.source.fetch(ends_.database, std::move(all_leaves));
  } catch (const SourceError& error) {
    asked.failure = error;
  }
  if (!asked.failure) co_return asked;
  co_await expect_well(*asked.failure);
  asked.leaves.resize(1);
  asked.leaves.front().revision.id = std::move(id);
  asked.leaves.front().problem = asked.failure->what();
  co_return asked;
}

}  // namespace replica
