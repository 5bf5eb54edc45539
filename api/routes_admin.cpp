#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/render.hpp"
#include "api/route.hpp"
#include "indexer/import.hpp"
#include "mail/json_writer.hpp"

namespace api {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// "4,711"
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

HttpResponse accepted(const Call& call, const std::string& id) {
  HttpResponse response =
      json_response(render_task(call.tasks.find(id).value_or(TaskReport{})), 202);
  response.fields.emplace_back("Location", "/v1/admin/tasks/" + id);
  return response;
}

TaskOutcome reindex(indexer::Account& account, indexer::Progress& progress) {
  const auto began = Clock::now();
  account.reindex(progress);
  return fmt::format("{} messages in {:.1f} s",
                     grouped(static_cast<std::uint64_t>(account.message_count())),
                     seconds_since(began));
}

TaskOutcome import(indexer::Account& account, const std::filesystem::path& folder,
                   const std::vector<std::filesystem::path>& paths, indexer::Progress& progress) {
  const auto began = Clock::now();
  const auto summary = indexer::import_into(account, folder, paths, progress);
  TaskOutcome outcome(fmt::format("{} in {:.1f} s; {} refused", indexer::what_was_imported(summary),
                                  seconds_since(began), grouped(summary.refused.size())));
  for (const auto& file : summary.refused)
    outcome.problems.push_back(fmt::format("{}: {}", file.path, file.reason));
  return outcome;
}

TaskOutcome sync(Replication& replication, const std::string& account,
                 indexer::Progress& progress) {
  const auto began = Clock::now();
  auto synced = replication.sync(account, true, [&](const replica::PullSummary& pulled) {
    progress.done = static_cast<std::int64_t>(pulled.documents);
  });
  return {
      fmt::format("{} documents, {} entries indexed in {:.1f} s", grouped(synced.pulled.documents),
                  grouped(synced.entries_indexed), seconds_since(began)),
      std::move(synced.quarantined)};
}

// Of an account that no source can have.
HttpResponse no_source(const Call& call) {
  const std::string& name = call.segments[0];
  const auto names = call.accounts.names();
  if (!std::binary_search(names.begin(), names.end(), name)) return unknown_account(name);
  return error_response(409, "noSource",
                        fmt::format("account '{}' is local: it has no source to pull from", name));
}

bool may_have_source(const Call& call) {
  const std::string& name = call.segments[0];
  if (call.accounts.source_of(name) != nullptr) return true;
  const auto names = call.accounts.names();
  if (!is_valid_account_name(name) || std::binary_search(names.begin(), names.end(), name))
    return false;
  return std::any_of(call.config.sources.begin(), call.config.sources.end(),
                     [](const SourceConfig& source) { return source.has_all_accounts; });
}

// The paths of {"paths": ["/…", …]}; nothing for any other payload.
std::optional<std::vector<std::filesystem::path>> read_paths(const std::string& payload) {
  const auto json = nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object() || !json.contains("paths") || !json["paths"].is_array() ||
      json["paths"].empty()) {
    return std::nullopt;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& path : json["paths"]) {
    if (!path.is_string()) return std::nullopt;
    paths.emplace_back(path.get<std::string>());
    if (!paths.back().is_absolute()) return std::nullopt;
  }
  return paths;
}

}  // namespace

HttpResponse post_sync(const Call& call) {
  if (!may_have_source(call) || !call.replication.wake(call.segments[0])) return no_source(call);
  return json_response(R"({"queued":true})", 202);
}

HttpResponse get_accounts(const Call& call) {
  return json_response(render_accounts(call.accounts, call.replication.feeds()));
}

HttpResponse get_sources(const Call& call) {
  return json_response(render_sources(call.replication.sources()));
}

HttpResponse post_sync_task(const Call& call) {
  if (!may_have_source(call)) return no_source(call);
  const std::string& name = call.segments[0];
  return accepted(
      call, call.tasks.start("sync", name,
                             [name, &replication = call.replication](indexer::Progress& progress) {
                               return sync(replication, name, progress);
                             }));
}

HttpResponse post_reindex(const Call& call, indexer::Account& account) {
  for (const auto& task : call.tasks.list()) {
    const bool waits_or_runs = task.state == "queued" || task.state == "running";
    if (waits_or_runs && task.kind == "reindex" && task.account == account.name())
      return accepted(call, task.id);
  }
  auto kept = call.accounts.find(account.name());
  return accepted(call,
                  call.tasks.start("reindex", account.name(), [kept](indexer::Progress& progress) {
                    return reindex(*kept, progress);
                  }));
}

HttpResponse post_import(const Call& call) {
  const std::string& name = call.segments[0];
  if (!call.request.content_type.starts_with("application/json")) {
    return error_response(415, "unsupportedMediaType", "the payload must be application/json");
  }
  if (!is_valid_account_name(name)) {
    return error_response(
        400, "badParameter",
        fmt::format(
            "'{}' cannot be an account: write lower-case letters, digits and _ - + $ ( ) . after a "
            "first letter or digit",
            name));
  }
  if (call.accounts.source_of(name) != nullptr) {
    return error_response(
        409, "hasSource",
        fmt::format("account '{}' is pulled from a source: import into that with --into URL",
                    name));
  }
  auto paths = read_paths(call.request.payload);
  if (!paths) {
    return error_response(
        400, "badPayload",
        R"(the payload must be {"paths": ["/…", …]} with at least one absolute path)");
  }
  auto account = call.accounts.create(name);
  return accepted(call,
                  call.tasks.start("import", name,
                                   [account, folder = call.config.data_dir / "accounts" / name,
                                    paths = std::move(*paths),
                                    &replication = call.replication](indexer::Progress& progress) {
                                     auto outcome = import(*account, folder, paths, progress);
                                     replication.changed(account->name());
                                     return outcome;
                                   }));
}

HttpResponse get_tasks(const Call& call) { return json_response(render_tasks(call.tasks.list())); }

HttpResponse get_task(const Call& call) {
  const auto task = call.tasks.find(call.segments[0]);
  return task ? json_response(render_task(*task)) : unknown_task(call.segments[0]);
}

HttpResponse delete_task(const Call& call) {
  if (!call.tasks.cancel(call.segments[0])) return unknown_task(call.segments[0]);
  return get_task(call);
}

HttpResponse get_status(const Call& call) {
  return json_response(render_status(call.accounts, call.replication.feeds(),
                                     call.replication.sources(), call.tasks.list()));
}

}  // namespace api
