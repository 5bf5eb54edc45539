// What replication of all sources shares.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/indexing.hpp"
#include "api/metrics.hpp"

namespace api {

struct ReplicationParts {
  const Config& config;
  Accounts& accounts;
  Indexing& indexing;
  Metrics& metrics;
  boost::asio::io_context& context;  // run by one thread
  boost::asio::thread_pool& workers;
};

}  // namespace api
