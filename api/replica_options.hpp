// What the configuration of a source means for the replication of one database.
#pragma once

#include "api/config.hpp"
#include "indexer/account.hpp"
#include "replica/replicator.hpp"

namespace api {

// `account` takes the attachments and must outlive everything that is made with the options.
// `doctype` is that of the database; it is ignored when one database has all doctypes.
[[nodiscard]] replica::ReplicatorOptions replica_options(const Config& config,
                                                         const SourceConfig& source,
                                                         indexer::Account& account,
                                                         mail::Doctype doctype);

// Which attachments' bytes are fetched. Null: none.
[[nodiscard]] std::function<bool(std::string_view content_type, std::uint64_t size)> wanted_bytes(
    Attachments which);

}  // namespace api
