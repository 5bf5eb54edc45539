#include "api/database_records.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <spdlog/spdlog.h>
#include <utility>

#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

}  // namespace

DatabaseRecords::DatabaseRecords(const SourceParts& parts)
    : parts_(parts), databases_(parts.databases), write_ended_(parts.context) {}

void DatabaseRecords::stop() {
  is_stopping_ = true;
  write_ended_.notify_all();
}

void DatabaseRecords::flush() {
  try {
    parts_.accounts.registry().record(queued_);
  } catch (const std::exception& error) {  // a full disk: it is probed again after a restart
    spdlog::error("source {}: {}", parts_.source.name, error.what());
  }
}

void DatabaseRecords::queue(KnownDatabase record) {
  const auto ids = databases_.of_account(record.account);
  if (!ids.empty() && databases_.account_state(ids.front()) == AccountState::kRemoved) return;
  queued_.push_back(std::move(record));
  start_writing();
}

void DatabaseRecords::drop(const std::string& account) {
  std::erase_if(queued_, [&](const KnownDatabase& record) { return record.account == account; });
}

void DatabaseRecords::start_writing() {
  if (queued_.empty() || is_writing_ || is_stopping_) return;
  is_writing_ = true;
  net::co_spawn(parts_.context, write_queued(), net::detached);
}

net::awaitable<void> DatabaseRecords::write_queued() {
  while (!queued_.empty() && !is_stopping_) {
    auto write = [&registry = parts_.accounts.registry(), rows = std::exchange(queued_, {})] {
      registry.record(rows);
    };
    try {
      co_await replica::run_on(parts_.workers, std::move(write));
    } catch (const std::exception& error) {
      // What is not recorded is probed again after a restart.
      if (!parts_.accounts.disk().note(error))
        spdlog::error("source {}: {}", parts_.source.name, error.what());
    }
  }
  end_write();
}

void DatabaseRecords::end_write() {
  is_writing_ = false;
  write_ended_.notify_all();
}

net::awaitable<void> DatabaseRecords::wait_until_written() {
  while (is_writing_ && !is_stopping_) co_await write_ended_.wait();
}

net::awaitable<void> DatabaseRecords::forget_sequences(std::vector<DatabaseId> ids) {
  while (is_writing_) co_await write_ended_.wait();
  is_writing_ = true;
  std::vector<KnownDatabase> rows;
  for (const DatabaseId id : ids) {
    rows.push_back(databases_.known(id, std::string(kResyncPending), "", {}));
    std::erase_if(queued_, [&](const KnownDatabase& row) { return row.name == rows.back().name; });
  }
  std::exception_ptr error;
  try {
    auto write = [&registry = parts_.accounts.registry(), rows] { registry.record(rows); };
    co_await replica::run_on(parts_.workers, std::move(write));
  } catch (...) {
    error = std::current_exception();
  }
  end_write();
  start_writing();
  if (error) std::rethrow_exception(error);
  for (const DatabaseId id : ids) {
    if (databases_[id].seen != 0) databases_[id].seen = resync_fingerprint();
  }
}

}  // namespace api
