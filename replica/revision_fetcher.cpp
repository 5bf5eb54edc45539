#include "replica/revision_fetcher.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "replica/http_status.hpp"

namespace replica {
namespace {

using Documents = std::vector<RevisionsOfDocument>;

// Answers that any other request would get too.
bool is_about_source(const SourceError& error) {
  return error.status() == http_status::kUnauthorized ||
         error.status() == http_status::kTooManyRequests || error.retry_after();
}

Documents second_half(Documents& documents) {
  const auto middle = documents.begin() + static_cast<std::ptrdiff_t>(documents.size() / 2);
  Documents second(std::make_move_iterator(middle), std::make_move_iterator(documents.end()));
  documents.erase(middle, documents.end());
  return second;
}

}  // namespace

bool may_be_transient(const SourceError& error) {
  if (error.kind() == SourceError::Kind::kCluster) return true;
  switch (error.status()) {
    case http_status::kForbidden:
    case http_status::kBadGateway:
    case http_status::kServiceUnavailable:
    case http_status::kGatewayTimeout:
      return true;
    default:
      return false;
  }
}

net::awaitable<void> RevisionFetcher::rethrow_unless_source_answers(SourceError error) {
  if (is_about_source(error)) throw error;
  std::ignore = co_await context_.source.database_info(context_.database);
}

net::awaitable<std::vector<FetchedRevision>> RevisionFetcher::fetch(Documents wanted) {
  const std::size_t max_refused = std::max(tuning::kMaxRefusedByGateway, wanted.size() / 2);
  std::vector<FetchedRevision> fetched;
  std::vector<std::string> refused;  // ids, by a gateway
  std::vector<Documents> left;
  left.push_back(std::move(wanted));
  while (!left.empty()) {
    Documents documents = std::move(left.back());
    left.pop_back();
    auto came = co_await try_fetch(documents);
    if (came) {
      std::move(came->begin(), came->end(), std::back_inserter(fetched));
      continue;
    }
    if (documents.size() > 1) {
      left.push_back(second_half(documents));
      left.push_back(std::move(documents));
      continue;
    }
    const std::string& id = documents.front().id;
    Leaves leaves = co_await try_fetch_leaves(id);  // by another route
    if (leaves.failure && may_be_transient(*leaves.failure)) {
      refused.push_back(id);
      // A cluster takes its time until it gives up.
      const bool is_slow = leaves.failure->kind() == SourceError::Kind::kCluster;
      if (refused.size() > (is_slow ? tuning::kMaxRefusedByGateway : max_refused))
        throw *leaves.failure;
      continue;
    }
    std::move(leaves.revisions.begin(), leaves.revisions.end(), std::back_inserter(fetched));
  }
  if (!refused.empty()) co_await context_.source.pause(tuning::kGatewayPause);
  for (const std::string& id : refused) {
    auto came = co_await fetch_leaves(id, OnTransient::kReport);
    std::move(came.begin(), came.end(), std::back_inserter(fetched));
  }
  co_return fetched;
}

// Nothing when these documents cannot be had in one request, though the source answers otherwise.
net::awaitable<std::optional<std::vector<FetchedRevision>>> RevisionFetcher::try_fetch(
    Documents wanted) {
  std::optional<SourceError> failure;
  try {
    co_return co_await context_.source.fetch(context_.database, std::move(wanted));
  } catch (const SourceError& error) {
    failure = error;
  }
  co_await rethrow_unless_source_answers(*failure);
  co_return std::nullopt;
}

net::awaitable<std::vector<FetchedRevision>> RevisionFetcher::fetch_leaves(
    std::string id, OnTransient on_transient) {
  Leaves leaves = co_await try_fetch_leaves(std::move(id));
  const bool is_transient = leaves.failure && may_be_transient(*leaves.failure);
  if (is_transient && on_transient == OnTransient::kThrow) throw *leaves.failure;
  co_return std::move(leaves.revisions);
}

net::awaitable<RevisionFetcher::Leaves> RevisionFetcher::try_fetch_leaves(std::string id) {
  Leaves leaves;
  try {
    Documents all_leaves(1);
    all_leaves.front().id = id;
    leaves.revisions = co_await context_.source.fetch(context_.database, std::move(all_leaves));
  } catch (const SourceError& error) {
    leaves.failure = error;
  }
  if (!leaves.failure) co_return leaves;
  co_await rethrow_unless_source_answers(*leaves.failure);
  leaves.revisions.resize(1);
  leaves.revisions.front().revision.id = std::move(id);
  leaves.revisions.front().problem = leaves.failure->what();
  co_return leaves;
}

}  // namespace replica
