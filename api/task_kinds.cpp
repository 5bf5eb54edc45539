#include "api/task_kinds.hpp"

#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/account_removal.hpp"
#include "api/doctor.hpp"
#include "api/render_doctor.hpp"
#include "api/terminal.hpp"
#include "indexer/import.hpp"
#include "indexer/query.hpp"
#include "replica/files.hpp"

namespace api {
namespace {

using nlohmann::json;

// "4,711"
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

class Stopwatch {
 public:
  [[nodiscard]] std::string read() const {
    return in_words(std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began_));
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

std::shared_ptr<indexer::Account> open(Accounts& accounts, const std::string& name) {
  auto account = accounts.find(name);
  if (!account) throw std::runtime_error(fmt::format("unknown account '{}'", name));
  return account;
}

std::size_t renew_matching(indexer::Account& account, const std::string& text,
                           const std::string& task, indexer::Progress& progress) {
  const auto query = indexer::parse_query(text);
  const auto mistake = [](const indexer::QueryError& error) {
    return std::runtime_error(fmt::format("the query: {} (at {})", error.message, error.position));
  };
  if (!query) throw mistake(query.error());
  const auto renewed = account.renew_matching(*query, task, progress);
  if (!renewed) throw mistake(renewed.error());
  return *renewed;
}

TaskOutcome reindex(indexer::Account& account, const TaskReport& task,
                    indexer::Progress& progress) {
  const Stopwatch watch;
  const auto arguments = json::parse(task.arguments);
  progress.rate = arguments.value("rate", std::int64_t{0});
  if (const auto query = arguments.value("query", ""); !query.empty()) {
    const auto renewed = renew_matching(account, query, task.id, progress);
    return {fmt::format("{} entries renewed in {}", grouped(renewed), watch.read())};
  }
  if (arguments.value("failed", false)) {
    const auto renewed = account.renew_failed(task.id, progress);
    return {fmt::format("{} entries tried again in {}", grouped(renewed), watch.read())};
  }
  const bool is_unasked = arguments.contains("unasked");
  if (arguments == json::parse(kReindexForRules) && !account.needs_rebuild()) {
    account.abandon_reindex();
    return {"not needed any more: lists and index are as configured"};
  }
  try {
    const auto entries = account.reindex(progress);
    return {fmt::format("{} entries indexed in {}", grouped(entries), watch.read())};
  } catch (const indexer::Cancelled&) {
    if (!progress.goes_on_later) account.abandon_reindex();
    throw;
  } catch (const indexer::NoRoom& error) {
    if (is_unasked) throw WaitsForRoom(error.what());
    throw;
  }
}

TaskOutcome compact(indexer::Account& account, indexer::Progress& progress) {
  const Stopwatch watch;
  const auto [before, after] = account.compact(progress);
  return {fmt::format("{} before, {} after, in {}", bytes_in_words(before), bytes_in_words(after),
                      watch.read())};
}

// A folder in the data folder would be an account, or be deleted with what is derived.
void require_outside(const std::filesystem::path& data_dir, const std::filesystem::path& folder) {
  const char* reason = replica::lies_in(folder, data_dir)   ? "is in"
                       : replica::lies_in(data_dir, folder) ? "contains"
                                                            : nullptr;
  if (reason != nullptr)
    throw std::runtime_error(
        fmt::format("{} {} the data folder {}: name a folder outside of it for the backup",
                    folder.string(), reason, data_dir.string()));
}

TaskOutcome backup(indexer::Account& account, const std::filesystem::path& data_dir,
                   const json& arguments, indexer::Progress& progress) {
  const Stopwatch watch;
  const std::filesystem::path folder = arguments.value("to", "");
  require_outside(data_dir, folder);
  account.backup(folder, progress);
  return {fmt::format("{} in {}, in {}",
                      bytes_in_words(static_cast<std::uint64_t>(progress.done.load())),
                      folder.string(), watch.read())};
}

TaskOutcome import(const AccountToFill& filled, const json& arguments,
                   std::span<const std::string> headers, indexer::Progress& progress) {
  const Stopwatch watch;
  std::vector<std::filesystem::path> paths;
  for (const auto& path : arguments.value("paths", json::array()))
    paths.emplace_back(path.get<std::string>());
  const auto summary =
      indexer::import_into(filled.account(), filled.folder(), paths, headers, progress);
  TaskOutcome outcome(fmt::format("{} in {}; {} refused", indexer::what_was_imported(summary),
                                  watch.read(), grouped(summary.refused.size())));
  for (const auto& file : summary.refused)
    outcome.problems.push_back(fmt::format("{}: {}", file.path, file.reason));
  return outcome;
}

// Has the account indexed when a task ends, however it does.
class IndexSoon {
 public:
  IndexSoon(Replication* replication, const std::string& account)
      : replication_(replication), account_(account) {}
  IndexSoon(const IndexSoon&) = delete;
  IndexSoon& operator=(const IndexSoon&) = delete;
  ~IndexSoon() {
    if (replication_ != nullptr) replication_->index_soon(account_);
  }

 private:
  Replication* const replication_;
  const std::string& account_;
};

TaskOutcome sync(Replication& replication, const std::string& account,
                 indexer::Progress& progress) {
  const Stopwatch watch;
  const auto synced = replication.sync(account, {}, progress);
  return {fmt::format("{} documents, {} entries indexed in {}", grouped(synced.pulled.documents),
                      grouped(synced.entries_indexed), watch.read()),
          problems_of(synced)};
}

}  // namespace

Tasks::Kinds task_kinds(const Config& config, Accounts& accounts, Replication* replication) {
  Tasks::Kinds kinds;
  kinds["reindex"] = [&accounts, replication](const TaskReport& task, indexer::Progress& progress) {
    const IndexSoon afterwards(replication, task.account);  // what came after its end
    return reindex(*open(accounts, task.account), task, progress);
  };
  kinds["compact"] = [&accounts](const TaskReport& task, indexer::Progress& progress) {
    return compact(*open(accounts, task.account), progress);
  };
  kinds["backup"] = [&accounts, &config](const TaskReport& task, indexer::Progress& progress) {
    return backup(*open(accounts, task.account), config.data_dir, json::parse(task.arguments),
                  progress);
  };
  kinds["import"] = [&accounts, &config, replication](const TaskReport& task,
                                                      indexer::Progress& progress) {
    // Also of what a cancelled one left; it tells who listens.
    const IndexSoon afterwards(replication, task.account);
    return import(AccountToFill(config, accounts, task.account), json::parse(task.arguments),
                  config.index.headers, progress);
  };
  kinds["doctor"] = [&, replication](const TaskReport& task, indexer::Progress& progress) {
    const auto arguments = json::parse(task.arguments);
    const DoctorOptions question{arguments.value("source", false),
                                 arguments.value("repair", false)};
    return doctor_outcome(
        examine_account(config, accounts, replication, task.account, question, progress),
        arguments.value("json", false));
  };
  if (replication == nullptr) return kinds;
  // Run by Indexing, not by a task worker; listed so that one that was left does not count as
  // unknown.
  kinds["first-sync"] = nullptr;
  kinds["sync"] = [replication](const TaskReport& task, indexer::Progress& progress) {
    return sync(*replication, task.account, progress);
  };
  return kinds;
}

}  // namespace api
