#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/render.hpp"
#include "api/route.hpp"

namespace api {
namespace {

constexpr std::size_t kMaxRows = 500;
constexpr std::size_t kDefaultRows = 50;

std::vector<std::string> split_ids(std::string_view text) {
  std::vector<std::string> ids;
  while (!text.empty()) {
    const auto id = text.substr(0, text.find(','));
    text.remove_prefix(std::min(id.size() + 1, text.size()));
    if (!id.empty()) ids.emplace_back(id);
  }
  return ids;
}

HttpResponse get_messages_by_id(const Call& call, indexer::Account& account) {
  if (call.request.query.size() > 1) {
    return error_response(400, "badParameter",
                          "'ids' names the messages; no other parameter goes with it");
  }
  Parameters parameters(call.request);
  const auto ids = split_ids(parameters.text("ids"));
  if (ids.empty() || ids.size() > kMaxRows) {
    return error_response(
        400, "badParameter",
        fmt::format("'ids' must be 1 to {} ids with commas between, not {}", kMaxRows, ids.size()));
  }
  return json_response(render_messages(account.messages(ids)));
}

// The thread's own id: it may have been asked for by the id of a message in it.
std::string thread_id_of(const std::string& row, const std::string& asked) {
  const auto message = nlohmann::json::parse(row, nullptr, false);
  if (!message.is_object() || !message.contains("threadId")) return asked;
  const auto& id = message["threadId"];
  return id.is_string() ? id.get<std::string>() : asked;
}

}  // namespace

HttpResponse get_mailboxes(const Call&, indexer::Account& account) {
  return json_response(render_mailboxes(account.mailboxes()));
}

HttpResponse get_messages(const Call& call, indexer::Account& account) {
  if (call.request.query.contains("ids")) return get_messages_by_id(call, account);
  Parameters parameters(call.request);
  indexer::ListQuery query;
  query.filter.mailbox = parameters.text("mailbox");
  query.filter.keyword = parameters.text("keyword");
  query.filter.unread = parameters.flag("unread", false);
  query.filter.flagged = parameters.flag("flagged", false);
  query.filter.attachment = parameters.flag("attachment", false);
  query.threads = parameters.flag("threads", false);
  query.ascending = parameters.choice("sort", {"-received", "received"}) == "received";
  query.limit = parameters.number("limit", 1, kMaxRows, kDefaultRows);
  query.after = parameters.place("after");
  if (parameters.mistake()) return *parameters.mistake();
  if (!query.filter.mailbox.empty()) {
    const auto id = account.find_mailbox(query.filter.mailbox);
    if (!id) return unknown("mailbox", query.filter.mailbox, "GET …/mailboxes lists them");
    query.filter.mailbox = *id;
  }
  return json_response(render_list(account.list(query)));
}

HttpResponse get_message(const Call& call, indexer::Account& account) {
  auto row = account.message(call.segments[1]);
  if (!row)
    return unknown("message", call.segments[1],
                   "it may have been deleted; GET …/messages lists what is there");
  return json_response(std::move(*row));
}

HttpResponse get_conflicts(const Call& call, indexer::Account& account) {
  const std::string& id = call.segments[1];
  const auto leaves = account.conflicts(id);
  if (!leaves)
    return unknown("message", id, "it may have been deleted; GET …/messages lists what is there");
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

HttpResponse get_files(const Call& call, indexer::Account& account) {
  Parameters parameters(call.request);
  const auto limit = parameters.number("limit", 1, kMaxRows, kDefaultRows);
  const auto after = parameters.place("after");
  if (parameters.mistake()) return *parameters.mistake();
  std::optional<indexer::OrderKey> next;
  const auto rows = account.files(limit, after, next);
  return json_response(render_files(rows, next));
}

HttpResponse get_file(const Call& call, indexer::Account& account) {
  auto row = account.file(call.segments[1]);
  if (!row)
    return unknown("file", call.segments[1],
                   "it may have been deleted; GET …/files lists what is there");
  return json_response(std::move(*row));
}

}  // namespace api
