#include "api/blob_transfer.hpp"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

// An attachment on its way into the blobs.
struct Transfer {
  std::shared_ptr<indexer::Account> account;  // keeps the blobs open
  net::thread_pool& workers;
  std::optional<replica::Blobs::Incoming> incoming;
  bool is_gzip = false;
};

net::awaitable<void> begin_blob(std::shared_ptr<Transfer> transfer,
                                replica::AttachmentAnswer answer) {
  transfer->is_gzip = answer.is_gzip;
  auto begin = [transfer, offset = answer.offset] {
    if (offset != transfer->incoming->size()) transfer->incoming->restart();
  };
  co_await replica::run_on(transfer->workers, std::move(begin));
}

net::awaitable<void> append_piece(std::shared_ptr<Transfer> transfer, std::string_view bytes) {
  auto append = [transfer, bytes] { transfer->incoming->append(bytes); };
  co_await replica::run_on(transfer->workers, std::move(append));
}

}  // namespace

net::awaitable<void> transfer_blob(const SourceParts& parts,
                                   std::shared_ptr<indexer::Account> account, mail::Doctype doctype,
                                   replica::WantedBlob wanted) {
  const auto transfer =
      std::make_shared<Transfer>(Transfer{account, parts.workers, std::nullopt, false});
  auto receive = [transfer, digest = wanted.digest] {
    transfer->incoming.emplace(transfer->account->stores().blobs().receive(digest));
    return transfer->incoming->size();
  };
  replica::AttachmentQuery query;
  query.id = wanted.id;
  query.rev = wanted.rev;
  query.name = wanted.name;
  query.offset = co_await replica::run_on(parts.workers, std::move(receive));
  std::function<net::awaitable<void>(replica::AttachmentAnswer)> begin =
      [transfer](replica::AttachmentAnswer answer) { return begin_blob(transfer, answer); };
  std::function<net::awaitable<void>(std::string_view)> piece = [transfer](std::string_view bytes) {
    return append_piece(transfer, bytes);
  };
  co_await parts.client.attachment(parts.source.layout.database(account->name(), doctype), query,
                                   std::move(begin), std::move(piece));
  auto finish = [transfer, digest = wanted.digest] {
    const auto encoding =
        transfer->is_gzip ? replica::BlobEncoding::kGzip : replica::BlobEncoding::kIdentity;
    return transfer->account->stores().blobs().finish(std::move(*transfer->incoming), digest,
                                                      encoding);
  };
  if (!co_await replica::run_on(parts.workers, std::move(finish))) {
    throw replica::SourceError(replica::SourceError::Kind::kProtocol, 0,
                               "the source sent other bytes than the attachment's digest names");
  }
}

}  // namespace api
