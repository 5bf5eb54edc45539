#include "replica/attachment_fetcher.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include "replica/attachments.hpp"
#include "replica/blob_receiver.hpp"
#include "replica/http_status.hpp"
#include "replica/two_at_once.hpp"
#include "replica/workers.hpp"

namespace replica {
namespace {

// The connection ended before the answer did, which says nothing of the attachment.
bool was_cut_off(const SourceError& error) {
  return error.status() == 0 && error.kind() != SourceError::Kind::kTimeout;
}

}  // namespace

void AttachmentFetcher::begin_pull(Retry retry) {
  using std::chrono::sys_seconds;
  due_ = retry == Retry::kAll
             ? sys_seconds::max()
             : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  failed_.clear();
  refused_.clear();
  arrived_ = 0;
}

net::awaitable<bool> AttachmentFetcher::fetch_some(PullSummary& summary) {
  using Clock = std::chrono::steady_clock;
  if (context_.options.blobs == nullptr) co_return false;
  const auto end = Clock::now() + tuning::kAttachmentsTurn;
  while (Clock::now() < end) {
    auto wanted = co_await next_wanted();
    if (wanted.empty() && !refused_.empty()) {
      co_await context_.source.pause(tuning::kGatewayPause);
      wanted = std::exchange(refused_, {});
      for (WantedBlob& each : wanted) ++each.attempts;
    }
    if (wanted.empty()) co_return false;
    Outcome outcome;
    const std::function<net::awaitable<void>(WantedBlob&)> fetch =
        [&](WantedBlob& each) -> net::awaitable<void> {
      co_await fetch_one(each, outcome);
      if (outcome.bytes >= context_.options.batch_bytes) co_await commit(outcome, summary);
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
  auto read = [&store = context_.store, due = due_,
               limit = tuning::kAttachmentsAtOnce + failed_.size()] {
    return store.wanted(due, limit);
  };
  auto wanted = co_await run_on(context_.workers, std::move(read));
  std::erase_if(wanted, [&](const WantedBlob& each) { return failed_.contains(each.digest); });
  co_return wanted;
}

net::awaitable<void> AttachmentFetcher::fetch_one(WantedBlob& wanted, Outcome& outcome) {
  auto failure = co_await download(wanted);
  if (!failure) {
    ++arrived_;
    outcome.batch.arrived.push_back(wanted.digest);
    outcome.bytes += wanted.length;
    co_return;
  }
  failed_.insert(wanted.digest);
  if (failure->transient && wanted.attempts == 0) {
    refused_.push_back(std::move(wanted));
    if (refused_.size() > std::max(tuning::kMaxRefusedByGateway, arrived_))
      throw *failure->transient;
    co_return;
  }
  wanted.reason = std::move(failure->reason);
  outcome.batch.failed.push_back(std::move(wanted));
}

net::awaitable<std::optional<AttachmentFetcher::Failure>> AttachmentFetcher::download(
    WantedBlob wanted) {
  std::optional<SourceError> missing;
  try {
    co_return co_await download_of_revision(wanted);
  } catch (const SourceError& error) {
    if (error.status() != http_status::kNotFound) throw;
    missing = error;
  }
  // The revision may be gone from the source, compacted, while its successor names the same bytes.
  const auto current = co_await in_winning_revision(wanted);
  if (!current) co_return Failure{missing->what(), {}};
  try {
    co_return co_await download_of_revision(*current);
  } catch (const SourceError& error) {
    if (error.status() != http_status::kNotFound) throw;
    missing = error;
  }
  co_await fetcher_.rethrow_unless_source_answers(*missing);
  co_return Failure{missing->what(), {}};
}

// Asks again as long as each try brings something, and once where the connection was cut off before it did.
net::awaitable<std::optional<AttachmentFetcher::Failure>> AttachmentFetcher::download_of_revision(
    const WantedBlob& wanted) {
  auto begin = [blobs = context_.options.blobs,
                digest = wanted.digest]() -> std::shared_ptr<Blobs::Incoming> {
    try {
      return std::make_shared<Blobs::Incoming>(blobs->receive(digest));
    } catch (const std::invalid_argument&) {
      return nullptr;
    }
  };
  const auto incoming = co_await run_on(context_.workers, std::move(begin));
  if (!incoming) co_return Failure{"its digest is neither md5 nor sha1", {}};
  std::optional<SourceError> failure;
  bool may_try_again = true;
  for (std::uint64_t before = incoming->size();; before = incoming->size()) {
    BlobEncoding encoding = BlobEncoding::kIdentity;
    failure.reset();
    try {
      encoding = co_await receive_blob(context_.source, context_.database, wanted, *incoming,
                                       context_.workers);
    } catch (const SourceError& error) {
      if (error.status() == http_status::kNotFound) throw;
      failure = error;
    }
    if (!failure) {
      auto finish = [blobs = context_.options.blobs, incoming, digest = wanted.digest, encoding] {
        return blobs->finish(std::move(*incoming), digest, encoding);
      };
      const bool is_right = co_await run_on(context_.workers, std::move(finish));
      if (is_right) co_return std::nullopt;
      co_return Failure{"the source sends other bytes than its digest says", {}};
    }
    co_await fetcher_.rethrow_unless_source_answers(*failure);
    if (incoming->size() > before) continue;
    if (was_cut_off(*failure) && std::exchange(may_try_again, false)) continue;
    co_return Failure{failure->what(), may_be_transient(*failure) ? failure : std::nullopt};
  }
}

net::awaitable<std::optional<WantedBlob>> AttachmentFetcher::in_winning_revision(
    WantedBlob wanted) {
  auto find = [&store = context_.store, wanted]() mutable -> std::optional<WantedBlob> {
    const auto document = store.read(wanted.id);
    if (!document || document->change.deleted) return {};
    const auto stub = find_attachment(document->body, wanted.name);
    const std::string rev = document->change.rev.to_string();
    if (!stub || stub->digest != wanted.digest || rev == wanted.rev) return {};
    wanted.rev = rev;
    return wanted;
  };
  co_return co_await run_on(context_.workers, std::move(find));
}

net::awaitable<void> AttachmentFetcher::commit(Outcome& outcome, PullSummary& summary) {
  if (outcome.batch.arrived.empty() && outcome.batch.failed.empty()) co_return;
  outcome.bytes = 0;
  Batch done = std::exchange(outcome.batch, {});
  co_await writer_.commit(std::move(done), summary);
}

}  // namespace replica
