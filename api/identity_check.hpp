// Whether a database is still the one that was pulled before.
//
// A database that was deleted and made again while davenport was down may have the sequence that it had
// before. Where the source's answer does not tell such databases apart, our replication log is asked
// for there: a new database has none.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>

#include "api/source_parts.hpp"

namespace api {

// Members are called on the context's thread.
class IdentityCheck {
 public:
  explicit IdentityCheck(const SourceParts& parts) : parts_(parts), databases_(parts.databases) {}

  // `info`: what the source has just said of the database. Asks once after the start, and only for a
  // database that is in step. True also when it is not clear: then the pull finds out.
  [[nodiscard]] boost::asio::awaitable<bool> may_be_recreated(DatabaseId id,
                                                              replica::DatabaseInfo info);

 private:
  [[nodiscard]] boost::asio::awaitable<bool> has_our_log(DatabaseId id);
  [[nodiscard]] std::filesystem::path store_file(DatabaseId id) const;

  const SourceParts parts_;
  FollowedDatabases& databases_;
};

}  // namespace api
