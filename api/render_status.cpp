#include <algorithm>

#include "api/render.hpp"
#include "mail/json_writer.hpp"

namespace api {
namespace {

using mail::JsonWriter;
using std::chrono::sys_seconds;

void write_time(JsonWriter& json, std::string_view name, sys_seconds time) {
  json.key(name);
  time == sys_seconds{} ? json.null()
                        : json.string(mail::to_rfc3339({time, std::chrono::minutes(0)}));
}

// How far the slowest feed of the account is behind: 0 while all of them wait for news; none when one of them never
// caught up, or the account has no source.
std::optional<std::int64_t> lag_seconds(std::string_view account,
                                        const std::vector<FeedReport>& feeds) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  std::optional<std::int64_t> lag;
  for (const auto& feed : feeds) {
    if (feed.account != account) continue;
    if (feed.caught_up == sys_seconds{}) return std::nullopt;
    const auto behind = feed.state == "waiting" ? std::chrono::seconds(0) : now - feed.caught_up;
    lag = std::max(lag.value_or(0), static_cast<std::int64_t>(behind.count()));
  }
  return lag;
}

void write_feeds(JsonWriter& json, std::string_view account, const std::vector<FeedReport>& feeds) {
  json.key("feeds").begin_array();
  for (const auto& feed : feeds) {
    if (feed.account != account) continue;
    json.begin_object().key("database").string(feed.database).key("state").string(feed.state);
    write_time(json, "since", feed.since);
    json.key("lastError");
    feed.last_error.empty() ? json.null() : json.string(feed.last_error);
    json.end_object();
  }
  json.end_array();
}

// Documents and quarantine of all stores.
void write_stores(JsonWriter& json, indexer::Account& account) {
  std::int64_t documents = 0;
  std::string quarantined;
  JsonWriter list(quarantined);
  list.begin_array();
  for (const auto doctype : mail::kDoctypes) {
    const auto* store = account.stores().find(doctype);
    if (store == nullptr) continue;
    documents += store->counts().documents;
    for (const auto& document : store->quarantined()) {
      list.begin_object()
          .key("database")
          .string(account.name() + "/" + indexer::Stores::database_part(doctype));
      list.key("docId").string(document.id).key("reason").string(document.reason);
      write_time(list, "since", document.since);
      list.key("attempts").number(document.attempts).key("nextAttempt").null().end_object();
    }
  }
  list.end_array();
  json.key("documents").number(documents).key("quarantined").raw(quarantined);
}

void write_account(JsonWriter& json, indexer::Account& account,
                   const std::vector<FeedReport>& feeds) {
  const auto index = account.index_state();
  const auto bytes = account.bytes();
  json.begin_object().key("account").string(account.name());
  write_stores(json, account);
  json.key("messages").number(account.message_count()).key("lagSeconds");
  const auto lag = lag_seconds(account.name(), feeds);
  lag ? json.number(*lag) : json.null();
  json.key("pending").number(index.pending);
  json.key("index")
      .begin_object()
      .key("complete")
      .boolean(index.complete)
      .key("pending")
      .number(index.pending);
  json.key("failed").number(index.failed).key("generation").string(index.generation).end_object();
  write_feeds(json, account.name(), feeds);
  json.key("bytes")
      .begin_object()
      .key("store")
      .number(bytes.store)
      .key("catalog")
      .number(bytes.catalog);
  json.key("index").number(bytes.index).end_object().end_object();
}

}  // namespace

std::string render_status(Accounts& accounts, const std::vector<FeedReport>& feeds,
                          const std::vector<TaskReport>& tasks) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").string(DAVENPORT_VERSION).key("accounts").begin_array();
  for (const auto& name : accounts.names()) {
    try {
      const auto account = accounts.find(name);
      if (!account) continue;
      std::string row;
      JsonWriter account_json(row);
      write_account(account_json, *account, feeds);
      json.raw(row);
    } catch (const std::exception& error) {  // of this account; the others are well
      json.begin_object()
          .key("account")
          .string(name)
          .key("error")
          .string(error.what())
          .end_object();
    }
  }
  json.end_array();
  json.key("tasks").begin_array();
  for (const auto& task : tasks) json.raw(render_task(task));
  json.end_array().end_object();
  return out;
}

}  // namespace api
