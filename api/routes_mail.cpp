#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/list_parameters.hpp"
#include "api/render.hpp"
#include "api/route.hpp"
#include "api/text_list.hpp"

namespace api {
namespace {

std::vector<std::string> read_ids(const HttpRequest& request, Parameters& parameters) {
  const auto text = parameters.text("ids");
  std::vector<std::string> ids;
  for (const auto id : split_list(text)) {
    if (!id.empty()) ids.emplace_back(id);
  }
  if (request.query.size() > 1) {
    parameters.refuse("badParameter", "'ids' names the messages; no other parameter goes with it");
  } else if (ids.empty() || ids.size() > kMaxRows) {
    parameters.refuse(
        "badParameter",
        fmt::format("'ids' must be 1 to {} ids with commas between, not {}", kMaxRows, ids.size()));
  }
  return ids;
}

constexpr std::size_t kMaxChanges = 1'000;

struct ChangesCall {
  indexer::ListQuery query;
  std::string since;
};

ChangesCall read_changes(Parameters& parameters) {
  ChangesCall call;
  call.query.filter = read_filter(parameters);
  call.query.threads = parameters.flag("threads", false);
  call.query.limit = parameters.number("limit", 1, kMaxChanges, kMaxChanges);
  call.since = parameters.text("since");
  if (!indexer::is_list_state(call.since))
    parameters.refuse("badParameter", "'since' must be the 'state' of an earlier answer");
  return call;
}

// From the name that was written to the id; an answer when there is none.
std::optional<HttpResponse> resolve_mailbox(const indexer::Account& account,
                                            indexer::MessageFilter& filter) {
  if (filter.mailbox.empty()) return std::nullopt;
  const auto id = account.find_mailbox(filter.mailbox);
  if (!id) return unknown("mailbox", filter.mailbox, "GET …/mailboxes lists them");
  filter.mailbox = *id;
  return std::nullopt;
}

// The thread's own id: it may have been asked for by the id of a message in it.
std::string thread_id_of(const std::string& row, const std::string& asked) {
  const auto message = nlohmann::json::parse(row, nullptr, false);
  if (!message.is_object() || !message.contains("threadId")) return asked;
  const auto& id = message["threadId"];
  return id.is_string() ? id.get<std::string>() : asked;
}

}  // namespace

HttpResponse get_own_accounts(const Call& call) {
  auto names = call.accounts.names();
  std::erase_if(names, [&](const std::string& name) { return !call.caller.may_see(name); });
  return json_response(nlohmann::json{{"accounts", names}}.dump());
}

HttpResponse get_mailboxes(const Call&, indexer::Account& account) {
  // Asked first: the lists may become complete meanwhile.
  const bool complete = account.has_complete_lists();
  return json_response(render_mailboxes(account.mailboxes(), complete));
}

std::optional<HttpResponse> check_messages(const HttpRequest& request) {
  Parameters parameters(request);
  if (parameters.has("ids")) {
    (void)read_ids(request, parameters);
  } else {
    (void)read_list(parameters);
  }
  return parameters.mistake();
}

HttpResponse get_messages(const Call& call, indexer::Account& account) {
  Parameters parameters(call.request);
  if (parameters.has("ids")) {
    const auto ids = read_ids(call.request, parameters);
    if (parameters.mistake()) return *parameters.mistake();
    return json_response(render_messages(account.messages(ids)));
  }
  auto query = read_list(parameters);
  if (parameters.mistake()) return *parameters.mistake();
  if (auto unknown_mailbox = resolve_mailbox(account, query.filter))
    return *std::move(unknown_mailbox);
  const auto page = account.list(query);
  return page.refused ? refused(*page.refused) : json_response(render_list(page));
}

std::optional<HttpResponse> check_changes(const HttpRequest& request) {
  Parameters parameters(request);
  (void)read_changes(parameters);
  return parameters.mistake();
}

HttpResponse get_changes(const Call& call, indexer::Account& account) {
  Parameters parameters(call.request);
  auto [query, since] = read_changes(parameters);
  if (parameters.mistake()) return *parameters.mistake();
  if (auto unknown_mailbox = resolve_mailbox(account, query.filter))
    return *std::move(unknown_mailbox);
  const auto changes = account.changes(since, query);
  if (!changes) {
    return error_response(
        409, "cannotCalculateChanges",
        "what changed since that state is not known any more: read the list anew");
  }
  return json_response(render_changes(*changes));
}

HttpResponse get_message(const Call& call, indexer::Account& account) {
  auto row = account.message(call.segments[1]);
  if (!row) return unknown_message(call.segments[1]);
  return json_response(std::move(*row));
}

HttpResponse get_conflicts(const Call& call, indexer::Account& account) {
  const std::string& id = call.segments[1];
  const auto leaves = account.conflicts(id);
  if (!leaves) return unknown_message(id);
  return json_response(render_conflicts(id, *leaves));
}

HttpResponse get_thread(const Call& call, indexer::Account& account) {
  const std::string& id = call.segments[1];
  const auto rows = account.thread(id);
  if (rows.empty())
    return unknown("thread", id,
                   "threads change as mail arrives; 'threadId' of a message names its own");
  return json_response(render_thread(thread_id_of(rows.front(), id), rows));
}

std::optional<HttpResponse> check_files(const HttpRequest& request) {
  Parameters parameters(request);
  (void)read_file_list(parameters);
  return parameters.mistake();
}

HttpResponse get_files(const Call& call, indexer::Account& account) {
  Parameters parameters(call.request);
  const auto query = read_file_list(parameters);
  if (parameters.mistake()) return *parameters.mistake();
  const auto page = account.files(query);
  return page.refused ? refused(*page.refused) : json_response(render_files(page));
}

HttpResponse get_file(const Call& call, indexer::Account& account) {
  auto row = account.file(call.segments[1]);
  if (!row)
    return unknown("file", call.segments[1],
                   "it may have been deleted; GET …/files lists what is there");
  return json_response(std::move(*row));
}

}  // namespace api
