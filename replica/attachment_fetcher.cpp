#include "replica/attachment_fetcher.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include "replica/attachments.hpp"
#include "replica/two_at_once.hpp"
#include "replica/workers.hpp"

namespace replica {
namespace {

constexpr int kNotFound = 404;

}  // namespace

void AttachmentFetcher::begin_pull(bool whatever_their_time) {
  using std::chrono::sys_seconds;
  due_ = whatever_their_time
             ? sys_seconds::max()
             : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  failed_.clear();
  doubtful_.clear();
  arrived_ = 0;
}

net::awaitable<bool> AttachmentFetcher::fetch_some(PullSummary& summary) {
  using Clock = std::chrono::steady_clock;
  if (ends_.options.blobs == nullptr) co_return false;
  const auto end = Clock::now() + tuning::kAttachmentsTurn;
  while (Clock::now() < end) {
    auto wanted = co_await next_wanted();
    if (wanted.empty() && !doubtful_.empty()) {
      co_await ends_.source.pause(tuning::kDoubtPause);
      wanted = std::exchange(doubtful_, {});
      for (WantedBlob& each : wanted) ++each.attempts;
    }
    if (wanted.empty()) co_return false;
    Outcome outcome;
    const std::function<net::awaitable<void>(WantedBlob&)> fetch =
        [&](WantedBlob& each) -> net::awaitable<void> {
      co_await fetch_one(each, outcome);
      if (outcome.bytes >= ends_.options.batch_bytes) co_await commit(outcome, summary);
    };
    std::exception_ptr error;
    try {
      co_await two_at_once(wanted, fetch);
    } catch (...) {
      error = std::current_exception();
    }
    co_await commit(outcome, summary);
    if (error) std::rethrow_exception(error);
  }
  co_return true;
}

net::awaitable<std::vector<WantedBlob>> AttachmentFetcher::next_wanted() {
  auto look = [&store = ends_.store, due = due_,
               limit = tuning::kAttachmentsAtOnce + failed_.size()] {
    return store.wanted(due, limit);
  };
  auto wanted = co_await run_on(ends_.workers, std::move(look));
  std::erase_if(wanted, [&](const WantedBlob& each) { return failed_.contains(each.digest); });
  co_return wanted;
}

net::awaitable<void> AttachmentFetcher::fetch_one(WantedBlob& wanted, Outcome& outcome) {
  Trouble trouble = co_await bring(wanted);
  if (trouble.reason.empty()) {
    ++arrived_;
    outcome.batch.arrived.push_back(wanted.digest);
    outcome.bytes += wanted.length;
    co_return;
  }
  failed_.insert(wanted.digest);
  if (trouble.refused && wanted.attempts == 0) {
    doubtful_.push_back(std::move(wanted));
    if (doubtful_.size() > std::max(tuning::kMostDoubtful, arrived_)) throw *trouble.refused;
    co_return;
  }
  wanted.reason = std::move(trouble.reason);
  outcome.batch.failed.push_back(std::move(wanted));
}

net::awaitable<AttachmentFetcher::Trouble> AttachmentFetcher::bring(WantedBlob wanted) {
  std::optional<SourceError> missing;
  try {
    co_return co_await bring_revision(wanted);
  } catch (const SourceError& error) {
    if (error.status() != kNotFound) throw;
    missing = error;
  }
  // The revision may be gone from the source, compacted, while its successor names the same bytes.
  const auto current = co_await as_the_winner_names_it(wanted);
  if (!current) co_return Trouble{missing->what(), {}};
  try {
    co_return co_await bring_revision(*current);
  } catch (const SourceError& error) {
    if (error.status() != kNotFound) throw;
    missing = error;
  }
  co_await fetcher_.expect_well(*missing);
  co_return Trouble{missing->what(), {}};
}

// Asks again as long as each try brings something.
net::awaitable<AttachmentFetcher::Trouble> AttachmentFetcher::bring_revision(
    const WantedBlob& wanted) {
  auto begin = [blobs = ends_.options.blobs,
                digest = wanted.digest]() -> std::shared_ptr<Blobs::Incoming> {
    try {
      return std::make_shared<Blobs::Incoming>(blobs->receive(digest));
    } catch (const std::invalid_argument&) {
      return nullptr;
    }
  };
  const auto incoming = co_await run_on(ends_.workers, std::move(begin));
  if (!incoming) co_return Trouble{"its digest is no md5", {}};
  std::optional<SourceError> failure;
  for (std::uint64_t before = incoming->size();; before = incoming->size()) {
    BlobEncoding encoding = BlobEncoding::kIdentity;
    failure.reset();
    try {
      encoding = co_await receive(wanted, *incoming);
    } catch (const SourceError& error) {
      if (error.status() == kNotFound) throw;
      failure = error;
    }
    if (!failure) {
      auto finish = [blobs = ends_.options.blobs, incoming, digest = wanted.digest, encoding] {
        return blobs->finish(std::move(*incoming), digest, encoding);
      };
      const bool is_right = co_await run_on(ends_.workers, std::move(finish));
      if (is_right) co_return Trouble{};
      co_return Trouble{"the source sends other bytes than its digest says", {}};
    }
    co_await fetcher_.expect_well(*failure);
    if (incoming->size() > before) continue;
    Trouble trouble{failure->what(), {}};
    if (may_pass(*failure)) trouble.refused = failure;
    co_return trouble;
  }
}

net::awaitable<BlobEncoding> AttachmentFetcher::receive(const WantedBlob& wanted,
                                                        Blobs::Incoming& incoming) {
  AttachmentQuery query;
  query.id = wanted.id;
  query.rev = wanted.rev;
  query.name = wanted.name;
  query.offset = incoming.size();
  BlobEncoding encoding = BlobEncoding::kIdentity;
  const std::function<net::awaitable<void>(AttachmentAnswer)> begin =
      [&](AttachmentAnswer answer) -> net::awaitable<void> {
    if (answer.is_gzip) encoding = BlobEncoding::kGzip;
    if (answer.offset == incoming.size()) co_return;
    co_await run_on(ends_.workers, [&incoming] { incoming.restart(); });
  };
  const std::function<net::awaitable<void>(std::string_view)> piece =
      [&](std::string_view bytes) -> net::awaitable<void> {
    co_await run_on(ends_.workers, [&incoming, bytes] { incoming.append(bytes); });
  };
  co_await ends_.source.attachment(ends_.database, std::move(query), begin, piece);
  co_return encoding;
}

net::awaitable<std::optional<WantedBlob>> AttachmentFetcher::as_the_winner_names_it(
    WantedBlob wanted) {
  auto look = [&store = ends_.store, wanted]() mutable -> std::optional<WantedBlob> {
    const auto document = store.read(wanted.id);
    if (!document || document->change.deleted) return {};
    const auto stub = find_attachment(document->body, wanted.name);
    const std::string rev = document->change.rev.to_string();
    if (!stub || stub->digest != wanted.digest || rev == wanted.rev) return {};
    wanted.rev = rev;
    return wanted;
  };
  co_return co_await run_on(ends_.workers, std::move(look));
}

net::awaitable<void> AttachmentFetcher::commit(Outcome& outcome, PullSummary& summary) {
  if (outcome.batch.arrived.empty() && outcome.batch.failed.empty()) co_return;
  outcome.bytes = 0;
  Batch done = std::exchange(outcome.batch, {});
  co_await writer_.commit(std::move(done), summary);
}

}  // namespace replica
