#include "replica/page_reader.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "replica/http_status.hpp"
#include "replica/page_plan.hpp"

namespace replica {
namespace {

// CouchDB answers 400 to a sequence that it never gave, as after another server took its place.
bool refuses_sequence(const SourceError& error, const SourceSeq& since) {
  return error.status() == http_status::kBadRequest && !since.json.empty();
}

// As when the source, or a gateway before it, has no time for so many rows.
bool may_be_too_much(const SourceError& error) {
  return error.kind() == SourceError::Kind::kTimeout || may_be_transient(error);
}

}  // namespace

void PageReader::start(SourceSeq since, bool is_sweep) {
  since_ = std::move(since);
  is_sweep_ = is_sweep;
  resume();
  prefetched_.reset();
}

net::awaitable<std::optional<ChangesPage>> PageReader::next() {
  if (!prefetched_) co_await prefetch();
  FetchedPage fetched = *std::exchange(prefetched_, {});
  if (fetched.error) std::rethrow_exception(fetched.error);
  if (fetched.is_refused) co_return std::nullopt;
  expect_progress(fetched);
  caught_up_ = is_last(fetched);
  is_after_empty_ = fetched.page.rows.empty();
  since_ = fetched.page.last_seq;
  adapt_to(fetched.page);
  co_return std::move(fetched.page);
}

net::awaitable<void> PageReader::prefetch() {
  FetchedPage fetched = co_await fetch();
  prefetched_ = std::move(fetched);
}

net::awaitable<PageReader::FetchedPage> PageReader::fetch() {
  FetchedPage fetched;
  ChangesQuery query;
  query.since = since_;
  query.include_docs = with_documents_ && !is_sweep_;
  query.limit = query.include_docs ? rows_with_documents_ : window_rows_;
  try {
    fetched.page = co_await read(query);
  } catch (const SourceError& error) {
    fetched.is_refused = refuses_sequence(error, query.since);
    if (!fetched.is_refused) fetched.error = std::current_exception();
  }
  fetched.limit = query.limit;
  co_return fetched;
}

net::awaitable<ChangesPage> PageReader::read(ChangesQuery& query) {
  for (bool is_again = false;; is_again = true) {
    const bool is_bounded = !query.include_docs && query.limit > tuning::kMinPageRows;
    query.max_bytes = is_bounded ? context_.options.batch_bytes : 0;
    std::optional<SourceError> failure;
    try {
      co_return co_await context_.source.changes(context_.database, query);
    } catch (const SourceError& error) {
      failure = error;
    }
    if (refuses_sequence(*failure, query.since)) throw *failure;
    if (is_bounded && failure->kind() == SourceError::Kind::kTooLarge) {
      query.limit = window_rows_ = std::max(query.limit / 4, tuning::kMinPageRows);
      continue;
    }
    const bool may_ask_less = query.limit > tuning::kMinWindowRows && may_be_too_much(*failure);
    if (!query.include_docs && !may_ask_less) throw *failure;
    co_await fetcher_.rethrow_unless_source_answers(*failure);
    if (query.include_docs) {
      query.include_docs = !is_again;
    } else {
      query.limit = window_rows_ = most_window_rows_ = query.limit / 4;
    }
  }
}

// What a sweep did not meet is purged: it must not end before the feed does (apache/couchdb issue 4078), nor ask for the same
// page for ever.
void PageReader::expect_progress(const FetchedPage& fetched) const {
  if (!is_sweep_ || fetched.page.last_seq != since_ || is_reported_last(fetched)) return;
  throw SourceError(SourceError::Kind::kProtocol, 0,
                    fmt::format("{}: the feed stands still, though it says that more rows follow: "
                                "its last_seq is the `since` that it was asked with",
                                context_.database));
}

bool PageReader::is_reported_last(const FetchedPage& fetched) {
  const ChangesPage& page = fetched.page;
  return page.pending ? *page.pending == 0 : page.rows.size() < fetched.limit;
}

bool PageReader::is_last(const FetchedPage& fetched) const {
  const ChangesPage& page = fetched.page;
  const bool stands_still = page.last_seq == since_;
  // In a cluster `pending` may be wrong for ever, and last_seq another from one node to the next.
  const bool is_empty_again = !is_sweep_ && is_after_empty_;
  if (page.rows.empty() && (stands_still || is_empty_again)) return true;
  // What a sweep did not meet is purged: it takes no short page for the last. Some give the rows at `since` again.
  if (is_sweep_ && !page.rows.empty() && !stands_still) return false;
  return is_reported_last(fetched);
}

// Pages with documents are of about batch_bytes. Windows of half of that: their rows are in memory more than once, and those of
// the next window with them.
void PageReader::adapt_to(const ChangesPage& page) {
  if (page.rows.empty()) return;
  with_documents_ = is_mostly_complete(page);
  std::uint64_t document_bytes = 0;
  for (const FeedRow& row : page.rows) document_bytes += row.document_bytes;
  const std::uint64_t row_bytes = std::max<std::uint64_t>(page.bytes / page.rows.size(), 1);
  const std::uint64_t rows = context_.options.batch_bytes / row_bytes;
  if (document_bytes > 0) {
    rows_with_documents_ =
        std::clamp<std::size_t>(rows, tuning::kMinPageRows, tuning::kMaxPageRows);
  } else {
    window_rows_ = std::clamp<std::size_t>(rows / 2, tuning::kMinPageRows,
                                           std::min(most_window_rows_, 2 * window_rows_));
  }
}

}  // namespace replica
