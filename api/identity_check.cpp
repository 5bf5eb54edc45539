#include "api/identity_check.hpp"

#include <memory>
#include <spdlog/spdlog.h>
#include <string>

#include "api/data_folder.hpp"
#include "indexer/stores.hpp"
#include "replica/log_keeper.hpp"
#include "replica/pull.hpp"
#include "replica/resume.hpp"
#include "replica/workers.hpp"

namespace api {
namespace {

namespace net = boost::asio;

}  // namespace

net::awaitable<bool> IdentityCheck::may_be_recreated(DatabaseId id, replica::DatabaseInfo info) {
  const bool is_in_step =
      fingerprint(info.update_seq, info.instance_start_time) == databases_[id].seen;
  if (!is_in_step || databases_[id].is_identity_verified || !parts_.source.write_checkpoints)
    co_return false;
  bool is_the_one = false;
  try {
    const replica::ServerInfo server = co_await parts_.client.server_info();
    is_the_one = !replica::may_be_another(info, server.dialect);
    if (!is_the_one) is_the_one = co_await has_our_log(id);
  } catch (const std::exception& error) {
    spdlog::debug("{}: {}", databases_.name(id), error.what());
  }
  databases_[id].is_identity_verified = is_the_one;
  co_return !is_the_one;
}

net::awaitable<bool> IdentityCheck::has_our_log(DatabaseId id) {
  auto open = [file = store_file(id)] {
    return std::make_unique<replica::Store>(file, replica::sqlite::Access::kReadOnly);
  };
  const auto store = co_await replica::run_on(parts_.workers, std::move(open));
  replica::PullContext context{parts_.client, databases_.name(id), *store, parts_.workers, {}};
  replica::LogKeeper log(context);
  log.begin_session({});
  const replica::LogVerdict verdict = co_await log.compare_with_source();
  co_return verdict.source == replica::LogVerdict::Source::kContinues;
}

// So that the store can be read without opening its account.
std::filesystem::path IdentityCheck::store_file(DatabaseId id) const {
  const bool is_of_all = parts_.source.layout.has_all_doctypes_in_one();
  const std::string name = is_of_all ? std::string(indexer::kAllDoctypes)
                                     : indexer::Stores::database_part(databases_.doctype(id));
  return account_folder(parts_.config.data_dir, databases_.account(id)) / "store" / (name + ".db");
}

}  // namespace api
