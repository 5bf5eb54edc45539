// What the classes work with that follow one source.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/followed_databases.hpp"
#include "api/indexing.hpp"
#include "api/metrics.hpp"
#include "replica/couch_client.hpp"

namespace api {

// What replication of all sources shares.
struct ReplicationParts {
  const Config& config;
  Accounts& accounts;
  Indexing& indexing;
  Metrics& metrics;
  boost::asio::io_context& context;  // run by one thread
  boost::asio::thread_pool& workers;
};

// The same, and what belongs to one source. All of it must be valid until the context has nothing left
// to do.
struct SourceParts : ReplicationParts {
  const SourceConfig& source;
  replica::CouchClient& client;
  FollowedDatabases& databases;
};

}  // namespace api
