#include "replica/blob_receiver.hpp"

#include <functional>
#include <string_view>
#include <utility>

#include "replica/workers.hpp"

namespace replica {

net::awaitable<BlobEncoding> receive_blob(CouchClient& source, std::string database,
                                          const WantedBlob& wanted, Blobs::Incoming& incoming,
                                          net::thread_pool& workers) {
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
    co_await run_on(workers, [&incoming] { incoming.restart(); });
  };
  const std::function<net::awaitable<void>(std::string_view)> piece =
      [&](std::string_view bytes) -> net::awaitable<void> {
    co_await run_on(workers, [&incoming, bytes] { incoming.append(bytes); });
  };
  co_await source.attachment(std::move(database), std::move(query), begin, piece);
  co_return encoding;
}

}  // namespace replica
