// What the configuration of a source means for the replication of one database.
#pragma once

#include "api/config.hpp"
#include "indexer/account.hpp"
#include "replica/replicator.hpp"

namespace api {

// `account`, which takes the attachments, must outlive what is made of the options. `doctype` is the database's; where one
// database has all doctypes it does not count.
[[nodiscard]] replica::ReplicatorOptions replica_options(const Config& config,
                                                         const SourceConfig& source,
                                                         indexer::Account& account,
                                                         mail::Doctype doctype);

// Which attachments' bytes are fetched. Null: none.
[[nodiscard]] std::function<bool(std::string_view content_type, std::uint64_t size)> wanted_bytes(
    Attachments which);

}  // namespace api
