#include <algorithm>
#include <map>

#include "api/clock.hpp"
#include "api/json_members.hpp"
#include "api/render.hpp"
#include "api/render_quarantine.hpp"
#include "mail/json_writer.hpp"

namespace api {
namespace {

using mail::JsonWriter;

using FeedsByAccount = std::map<std::string, std::vector<const FeedReport*>, std::less<>>;

FeedsByAccount by_account(const std::vector<FeedReport>& feeds) {
  FeedsByAccount sorted;
  for (const FeedReport& feed : feeds) sorted[feed.account].push_back(&feed);
  return sorted;
}

const std::vector<const FeedReport*>& of(std::string_view account, const FeedsByAccount& feeds) {
  static const std::vector<const FeedReport*> none;
  const auto found = feeds.find(account);
  return found == feeds.end() ? none : found->second;
}

// Of the slowest feed of the account: 0 while all of them wait for news; none when one that is at
// the source never was pulled to its end, or the source has no database of the account.
std::optional<std::int64_t> lag_seconds(const std::vector<const FeedReport*>& feeds) {
  std::optional<std::int64_t> most;
  for (const FeedReport* feed : feeds) {
    if (!feed->is_present || feed->state == FeedState::kGone) continue;
    if (!feed->lag) return std::nullopt;
    most = std::max<std::int64_t>(most.value_or(0), feed->lag->count());
  }
  return most;
}

void write_feeds(JsonWriter& json, const std::vector<const FeedReport*>& feeds) {
  json.key("feeds").begin_array();
  for (const FeedReport* feed : feeds) {
    json.begin_object().key("database").string(feed->database);
    json.key("state").string(feed_state_name(feed->state));
    write_time(json, "since", feed->since);
    write_text_or_null(json, "lastError", feed->last_error);
    json.end_object();
  }
  json.end_array();
}

void write_sources(JsonWriter& json, const std::vector<SourceReport>& sources) {
  json.key("sources").begin_array();
  for (const SourceReport& source : sources) {
    json.begin_object().key("source").string(source.name).key("url").string(source.url);
    json.key("state").string(feed_state_name(source.state));
    write_time(json, "since", source.since);
    write_text_or_null(json, "lastError", source.last_error);
    json.key("watch").string(watch_name(source.watch));
    json.key("openFeeds").number(source.open_feeds).key("accounts").number(source.accounts);
    json.key("idle").number(source.idle).key("pulls").number(source.pulls);
    json.key("quarantined").number(source.quarantined).key("databases").begin_object();
    for (const FeedState state : kFeedStates) {
      json.key(feed_state_name(state));
      json.number(source.databases[static_cast<std::size_t>(state)]);
    }
    json.end_object().end_object();
  }
  json.end_array();
}

void write_disk(JsonWriter& json, const DiskSpace::Report& disk) {
  json.key("disk").begin_object().key("state").string(disk.is_full ? "noSpace" : "ok");
  write_time(json, "since", disk.since);
  json.key("folder").string(disk.folder.string()).key("free").number(disk.free_bytes).end_object();
}

// What is known of an account without opening it.
void write_account_at_source(JsonWriter& json, Accounts& accounts, const std::string& name) {
  const SourceConfig* source = accounts.source_of(name);
  json.key("account").string(name).key("local").boolean(source == nullptr);
  write_text_or_null(json, "source", source == nullptr ? "" : source->name);
  json.key("gone").boolean(source != nullptr && accounts.registry().is_gone(name));
  json.key("paused").boolean(accounts.registry().account_state(name) == AccountState::kPaused);
}

// Documents, quarantine and conflicts of all stores.
void write_stores(JsonWriter& json, indexer::Account& account, const Layout& layout) {
  constexpr std::size_t kConflictsNamed = 10;
  std::int64_t documents = 0, conflicted = 0, ignored = 0;
  std::string quarantined, conflicts;
  JsonWriter list(quarantined), ids(conflicts);
  list.begin_array();
  ids.begin_array();
  for (const auto& [name, store] : account.stores().all()) {
    const auto counts = store->counts();
    documents += counts.documents;
    conflicted += counts.conflicted;
    const std::string database = database_of(account.name(), layout, name);
    for (const auto& document : store->quarantined()) {
      if (document.is_ignored()) {
        ++ignored;
      } else {
        write_quarantined(list, database, document);
      }
    }
    for (const std::string& id : store->conflicted(kConflictsNamed))
      ids.begin_object().key("database").string(database).key("docId").string(id).end_object();
  }
  list.end_array();
  ids.end_array();
  json.key("documents").number(documents).key("quarantined").raw(quarantined);
  json.key("ignored").number(ignored);
  json.key("conflicts").begin_object().key("count").number(conflicted);
  json.key("first").raw(conflicts).end_object();
}

// Files whose text could not be read, by reason.
void write_extractions(JsonWriter& json, const indexer::ExtractFailures& failures) {
  json.key("extractions").begin_object().key("failed").number(failures.files);
  json.key("reasons").begin_object();
  for (const auto& [reason, files] : failures.reasons) json.key(reason).number(files);
  json.end_object().end_object();
}

// What changes only while the account is open: a JSON object.
std::string contents_of(indexer::Account& account, const SourceConfig* source) {
  if (source == nullptr) account.require_stores();
  const auto index = account.index_state();
  const auto bytes = account.bytes();
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_stores(json, account, source == nullptr ? Layout() : source->layout);
  json.key("messages").number(account.message_count());
  json.key("pending").number(index.pending);
  json.key("index").begin_object().key("complete").boolean(index.complete);
  json.key("pending").number(index.pending);
  json.key("failed").number(index.failed).key("generation").string(index.generation).end_object();
  const auto levels = account.levels();
  json.key("levels").begin_object().key("metadata").number(levels.metadata);
  json.key("body").number(levels.body).key("attachments").number(levels.attachments).end_object();
  write_extractions(json, account.stores().extracts().failures());
  json.key("bytes").begin_object().key("store").number(bytes.store);
  json.key("catalog").number(bytes.catalog).key("index").number(bytes.index);
  json.end_object().end_object();
  return out;
}

}  // namespace

std::string render_status(Accounts& accounts, const std::vector<FeedReport>& feeds,
                          const std::vector<SourceReport>& sources,
                          const std::vector<TaskReport>& tasks) {
  const FeedsByAccount sorted = by_account(feeds);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").string(DAVENPORT_VERSION).key("accounts").begin_array();
  for (const auto& name : accounts.names()) {
    try {
      const SourceConfig* source = accounts.source_of(name);
      const auto contents = accounts.describe(
          name, [source](indexer::Account& account) { return contents_of(account, source); });
      if (!contents) continue;
      const auto& its_feeds = of(name, sorted);
      json.begin_object();
      write_account_at_source(json, accounts, name);
      write_optional(json, "lagSeconds", lag_seconds(its_feeds));
      json.members(*contents);
      write_feeds(json, its_feeds);
      json.end_object();
    } catch (const std::exception& error) {  // of this account; the others are well
      json.begin_object().key("account").string(name);
      json.key("error").string(error.what()).end_object();
    }
  }
  json.end_array();
  write_sources(json, sources);
  write_disk(json, accounts.disk().report());
  json.key("tasks").begin_array();
  for (const auto& task : tasks) json.raw(render_task(task));
  json.end_array().end_object();
  return out;
}

std::string render_accounts(Accounts& accounts, const std::vector<FeedReport>& feeds) {
  const FeedsByAccount sorted = by_account(feeds);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("accounts").begin_array();
  for (const auto& name : accounts.names()) {
    json.begin_object();
    write_account_at_source(json, accounts, name);
    write_feeds(json, of(name, sorted));
    json.end_object();
  }
  json.end_array().key("removed").begin_array();
  for (const auto& [name, state] : accounts.registry().account_states()) {
    if (state == AccountState::kRemoved) json.string(name);
  }
  json.end_array().end_object();
  return out;
}

std::string render_sources(const std::vector<SourceReport>& sources) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_sources(json, sources);
  json.end_object();
  return out;
}

}  // namespace api
