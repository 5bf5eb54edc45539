// Streams an attachment from a source into the blobs, piece by piece.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <string>

#include "replica/blobs.hpp"
#include "replica/couch_client.hpp"
#include "replica/store.hpp"

namespace replica {

// Goes on behind the bytes that `incoming` has already; where the source does not, begins anew. Returns how the bytes came, for
// Blobs::finish. Throws SourceError; what came before stays in `incoming`.
[[nodiscard]] boost::asio::awaitable<BlobEncoding> receive_blob(CouchClient& source,
                                                                std::string database,
                                                                const WantedBlob& wanted,
                                                                Blobs::Incoming& incoming,
                                                                boost::asio::thread_pool& workers);

}  // namespace replica
