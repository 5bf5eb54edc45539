// Reads the source's feed page by page, the next while one is taken over. With documents as long as most of them are complete
// by that; else in large windows without, whose documents are fetched apart.
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
  PageReader(ReplicationEnds& ends, RevisionFetcher& fetcher) : ends_(ends), fetcher_(fetcher) {}

  // Begins after `since`. A sweep reads without documents, and ends with a page that brings the feed no further.
  void begin(SourceSeq since, bool is_sweep);
  // Once caught up: goes on where the feed ended, for what has been added to it.
  void go_on() { caught_up_ = false; }

  // The next page. Nothing when the source does not know the sequence that it begins at; then `begin` anew. A page with
  // documents that cannot be had from a source that is otherwise well comes without; one that a gateway refuses even so is
  // asked for in fewer rows.
  [[nodiscard]] boost::asio::awaitable<std::optional<ChangesPage>> next();
  // Asks for the page after it. What goes wrong is told by `next`, in its turn.
  [[nodiscard]] boost::asio::awaitable<void> ask_ahead();
  // The last page was the feed's last.
  [[nodiscard]] bool caught_up() const { return caught_up_; }

 private:
  struct Awaited {
    ChangesPage page;
    std::size_t limit = 0;
    bool is_refused = false;
    std::exception_ptr error;
  };

  [[nodiscard]] boost::asio::awaitable<Awaited> ask();
  // A page that fails comes without documents at last, one without them in fewer rows: makes the query that was answered
  // of `query`.
  [[nodiscard]] boost::asio::awaitable<ChangesPage> read(ChangesQuery& query);
  void expect_progress(const Awaited& awaited) const;
  [[nodiscard]] static bool says_no_more(const Awaited& awaited);
  [[nodiscard]] bool is_last(const Awaited& awaited) const;
  void learn_from(const ChangesPage& page);

  ReplicationEnds& ends_;
  RevisionFetcher& fetcher_;
  SourceSeq since_;  // of the next page; ahead of the checkpoint while a page is taken over
  std::size_t rows_with_documents_ = tuning::kFirstPageRows;
  std::size_t window_rows_ = tuning::kWindowRows;  // of a page without documents
  bool with_documents_ = true;
  bool is_sweep_ = false;
  bool caught_up_ = false;
  std::optional<Awaited> ahead_;
};

}  // namespace replica
