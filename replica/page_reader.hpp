// Reads the source's feed page by page, with the next page prefetched while one is processed. Pages include documents while
// most of them are complete in the feed; else they are windows of rows without documents, which are fetched separately: of
// tuning::kWindowRows rows, or of fewer that are of about half the batch_bytes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <exception>
#include <optional>

#include "replica/pull.hpp"
#include "replica/revision_fetcher.hpp"

namespace replica {

class PageReader {
 public:
  PageReader(PullContext& context, RevisionFetcher& fetcher)
      : context_(context), fetcher_(fetcher) {}

  // The next page is the one after `since`. A sweep reads without documents, and ends with a page that brings the feed no
  // further; else the second empty page in a row is the last, whatever the source says of more.
  void start(SourceSeq since, bool is_sweep);
  // Once caught up: reads on from where the feed ended.
  void resume() { caught_up_ = is_after_empty_ = false; }

  // The next page. Nothing when the source does not know the sequence that it begins at: then `start` anew. A page that the
  // source fails to send with documents, though it answers otherwise, comes without; one that is too much even so, or
  // has more than batch_bytes, in fewer rows.
  [[nodiscard]] boost::asio::awaitable<std::optional<ChangesPage>> next();
  // Fetches the page after it. An error is thrown by the `next` that returns that page.
  [[nodiscard]] boost::asio::awaitable<void> prefetch();
  // The last page was the feed's last.
  [[nodiscard]] bool caught_up() const { return caught_up_; }

 private:
  struct FetchedPage {
    ChangesPage page;
    std::size_t limit = 0;  // rows asked for
    bool is_refused = false;  // the source does not know the sequence
    std::exception_ptr error;
  };

  [[nodiscard]] boost::asio::awaitable<FetchedPage> fetch();
  // Changes `query` to the one that was answered: without documents, or for fewer rows.
  [[nodiscard]] boost::asio::awaitable<ChangesPage> read(ChangesQuery& query);
  void expect_progress(const FetchedPage& fetched) const;
  [[nodiscard]] static bool is_reported_last(const FetchedPage& fetched);
  [[nodiscard]] bool is_last(const FetchedPage& fetched) const;
  void adapt_to(const ChangesPage& page);

  PullContext& context_;
  RevisionFetcher& fetcher_;
  SourceSeq since_;  // of the next page; ahead of the checkpoint while a page is taken over
  std::size_t rows_with_documents_ = tuning::kFirstPageRows;
  std::size_t window_rows_ = tuning::kWindowRows;  // of a page without documents
  std::size_t most_window_rows_ = tuning::kWindowRows;  // that a gateway has time for
  bool with_documents_ = true;
  bool is_sweep_ = false;
  bool caught_up_ = false;
  bool is_after_empty_ = false;  // the last page had no rows
  std::optional<FetchedPage> prefetched_;
};

}  // namespace replica
