#include "api/blob_transfer.hpp"

#include <utility>

#include "replica/blob_receiver.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

}  // namespace

net::awaitable<void> transfer_blob(const SourceParts& parts,
                                   std::shared_ptr<indexer::Account> account, mail::Doctype doctype,
                                   replica::WantedBlob wanted) {
  auto begin = [account, digest = wanted.digest] {
    return std::make_shared<replica::Blobs::Incoming>(account->stores().fetched()->receive(digest));
  };
  const auto incoming = co_await replica::run_on(parts.workers, std::move(begin));
  const auto encoding = co_await replica::receive_blob(
      parts.client, parts.source.layout.database(account->name(), doctype), wanted, *incoming,
      parts.workers);
  auto finish = [account, incoming, digest = wanted.digest, encoding] {
    return account->stores().fetched()->finish(std::move(*incoming), digest, encoding);
  };
  const bool is_named = co_await replica::run_on(parts.workers, std::move(finish));
  if (!is_named) {
    throw replica::SourceError(replica::SourceError::Kind::kProtocol, 0,
                               "the source sent other bytes than the attachment's digest names");
  }
}

}  // namespace api
