// Fetches an attachment that somebody asks for (indexer::Stores::fetched).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "api/source_parts.hpp"
#include "indexer/account.hpp"
#include "replica/store.hpp"

namespace api {

// Goes on where an earlier transfer of the same attachment was cut off. Throws SourceError, also when
// the bytes are not those that the digest names.
[[nodiscard]] boost::asio::awaitable<void> transfer_blob(const SourceParts& parts,
                                                         std::shared_ptr<indexer::Account> account,
                                                         mail::Doctype doctype,
                                                         replica::WantedBlob wanted);

}  // namespace api
