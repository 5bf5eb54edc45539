#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <variant>

#include "api/render.hpp"
#include "api/route.hpp"
#include "mail/json_writer.hpp"

namespace api {
namespace {

HttpResponse accepted(const Call& call, const std::string& id) {
  HttpResponse response =
      json_response(render_task(call.tasks.find(id).value_or(TaskReport{})), 202);
  response.fields.emplace_back("Location", "/v1/admin/tasks/" + id);
  return response;
}

// Of an account that no source can have.
HttpResponse no_source(const Call& call) {
  const std::string& name = call.segments[0];
  if (!call.accounts.contains(name)) return unknown_account(name);
  return error_response(409, "noSource",
                        fmt::format("account '{}' is local: it has no source to pull from", name));
}

std::optional<HttpResponse> refuse_paused(const Call& call) {
  const std::string& name = call.segments[0];
  switch (call.accounts.registry().account_state(name)) {
    case AccountState::kFollowed:
      return std::nullopt;
    case AccountState::kPaused:
      return error_response(
          409, "paused",
          fmt::format("account '{0}' is paused: davenport account resume {0}", name));
    case AccountState::kRemoved:
      break;
  }
  return error_response(409, "removed",
                        fmt::format("account '{0}' was removed: davenport account resume {0} "
                                    "pulls it from its source again",
                                    name));
}

bool may_have_source(const Call& call) {
  const std::string& name = call.segments[0];
  if (call.accounts.source_of(name) != nullptr) return true;
  if (!is_valid_account_name(name) || call.accounts.contains(name)) return false;
  return std::any_of(call.config.sources.begin(), call.config.sources.end(),
                     [](const SourceConfig& source) { return source.has_all_accounts; });
}

// The members of a JSON object, each of a type; nothing for another payload, or one with other
// members.
struct Member {
  std::string_view name;
  bool (*is_valid)(const nlohmann::json& value);
};

bool is_text(const nlohmann::json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}
bool is_flag(const nlohmann::json& value) { return value.is_boolean(); }
bool is_rate(const nlohmann::json& value) {
  return value.is_number_unsigned() && value.get<std::uint64_t>() > 0 &&
         value.get<std::uint64_t>() <= kMaxRate;
}
bool is_absolute_path(const nlohmann::json& value) {
  return value.is_string() && std::filesystem::path(value.get<std::string>()).is_absolute();
}
bool are_absolute_paths(const nlohmann::json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), is_absolute_path);
}

HttpResponse bad_payload(std::string_view why, std::string_view expected) {
  return error_response(400, "badPayload", fmt::format("{}the payload must be {}", why, expected));
}

// `expected` shows what the payload must be.
std::variant<nlohmann::json, HttpResponse> read_arguments(const std::string& payload,
                                                          std::initializer_list<Member> members,
                                                          std::string_view expected) {
  auto json =
      payload.empty() ? nlohmann::json::object() : nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object()) return bad_payload("", expected);
  for (const auto& item : json.items()) {
    const auto& name = item.key();
    const auto* const member = std::find_if(members.begin(), members.end(),
                                            [&](const Member& each) { return each.name == name; });
    if (member == members.end())
      return bad_payload(fmt::format("unknown member \"{}\": ", name), expected);
    if (!member->is_valid(item.value()))
      return bad_payload(fmt::format("\"{}\" cannot be that: ", name), expected);
  }
  return json;
}

std::optional<HttpResponse> refuse_unless_json(const Call& call) {
  if (!call.request.content_type.starts_with("application/json"))
    return error_response(415, "unsupportedMediaType", "the payload must be application/json");
  return std::nullopt;
}

}  // namespace

HttpResponse post_sync(const Call& call) {
  if (auto refusal = refuse_paused(call)) return std::move(*refusal);
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
  if (auto refusal = refuse_paused(call)) return std::move(*refusal);
  if (!may_have_source(call)) return no_source(call);
  return accepted(call, call.tasks.start({"sync", call.segments[0]}));
}

HttpResponse post_reindex(const Call& call, indexer::Account& account) {
  constexpr std::string_view kExpected =
      R"({"query": "…", "rate": n} or {"failed": true, "rate": n}, each of them or none, )"
      "n from 1 to 1000000";
  auto read =
      read_arguments(call.request.payload,
                     {{"query", is_text}, {"failed", is_flag}, {"rate", is_rate}}, kExpected);
  if (std::holds_alternative<HttpResponse>(read)) return std::get<HttpResponse>(std::move(read));
  const auto& arguments = std::get<nlohmann::json>(read);
  if (arguments.contains("query")) {
    if (arguments.value("failed", false))
      return bad_payload("\"query\" and \"failed\" exclude each other: ", kExpected);
    if (const auto query = indexer::parse_query(arguments.at("query").get<std::string>()); !query)
      return error_response(400, "badQuery", query.error().message, query.error().position);
  }
  const TaskRequest request{"reindex", account.name(), arguments.dump()};
  for (const auto& task : call.tasks.list()) {
    if (!task.has_ended() && task.kind == request.kind && task.account == request.account &&
        task.arguments == request.arguments)
      return accepted(call, task.id);
  }
  return accepted(call, call.tasks.start(request));
}

HttpResponse post_compact(const Call& call, indexer::Account& account) {
  return accepted(call, call.tasks.start({"compact", account.name()}));
}

// The account is not opened here: what is damaged is to be seen first.
HttpResponse post_doctor(const Call& call) {
  const std::string& name = call.segments[0];
  if (!call.accounts.contains(name)) return unknown_account(name);
  auto read = read_arguments(
      call.request.payload, {{"source", is_flag}, {"repair", is_flag}, {"json", is_flag}},
      R"({"source": true, "repair": true, "json": true}, each of them or none)");
  if (std::holds_alternative<HttpResponse>(read)) return std::get<HttpResponse>(std::move(read));
  const auto& arguments = std::get<nlohmann::json>(read);
  if (arguments.value("source", false) && call.accounts.source_of(name) == nullptr)
    return no_source(call);
  return accepted(call, call.tasks.start({"doctor", name, arguments.dump()}));
}

HttpResponse post_backup(const Call& call, indexer::Account& account) {
  if (auto refusal = refuse_unless_json(call)) return *std::move(refusal);
  constexpr std::string_view kExpected = R"({"to": "/…"})";
  auto read = read_arguments(call.request.payload, {{"to", is_absolute_path}}, kExpected);
  if (std::holds_alternative<HttpResponse>(read)) return std::get<HttpResponse>(std::move(read));
  const auto& arguments = std::get<nlohmann::json>(read);
  if (!arguments.contains("to")) return bad_payload("", kExpected);
  return accepted(call, call.tasks.start({"backup", account.name(), arguments.dump()}));
}

HttpResponse post_import(const Call& call) {
  const std::string& name = call.segments[0];
  if (auto refusal = refuse_unless_json(call)) return *std::move(refusal);
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
  constexpr std::string_view kExpected = R"({"paths": ["/…", …]} with at least one absolute path)";
  auto read = read_arguments(call.request.payload, {{"paths", are_absolute_paths}}, kExpected);
  if (std::holds_alternative<HttpResponse>(read)) return std::get<HttpResponse>(std::move(read));
  const auto& arguments = std::get<nlohmann::json>(read);
  if (!arguments.contains("paths")) return bad_payload("", kExpected);
  return accepted(call, call.tasks.start({"import", name, arguments.dump()}));
}

HttpResponse get_tasks(const Call& call) {
  auto tasks = call.tasks.list();
  std::erase_if(tasks, [&](const auto& task) { return !call.caller.may_administer(task.account); });
  return json_response(render_tasks(tasks));
}

HttpResponse get_task(const Call& call) {
  const auto task = call.tasks.find(call.segments[0]);
  return task ? json_response(render_task(*task)) : unknown_task(call.segments[0]);
}

HttpResponse delete_task(const Call& call) {
  const auto task = call.tasks.find(call.segments[0]);
  if (task && task->kind == "first-sync" && !task->has_ended()) {
    return error_response(409, "goesOn",
                          fmt::format("a first sync goes on until all is here; POST "
                                      "/v1/admin/accounts/{}/pause stops it",
                                      task->account));
  }
  (void)call.tasks.cancel(call.segments[0]);  // one that has ended stays what it is
  return get_task(call);
}

HttpResponse get_status(const Call& call) {
  return json_response(render_status(call.accounts, call.replication.feeds(),
                                     call.replication.sources(), call.tasks.list()));
}

}  // namespace api
