#include "api/render_quarantine.hpp"

#include "api/json_members.hpp"
#include "indexer/stores.hpp"
#include "mail/mail_date.hpp"

namespace api {

using mail::JsonWriter;
using std::chrono::sys_seconds;

namespace {

void write_members(JsonWriter& json, const std::string& database,
                   const replica::Quarantined& document) {
  json.key("database").string(database);
  json.key("docId").string(document.id).key("reason").string(document.reason);
  write_time(json, "since", document.since);
  json.key("attempts").number(document.attempts);
  write_time(json, "nextAttempt", document.is_ignored() ? sys_seconds{} : document.next_attempt);
}

void write_account(JsonWriter& json, Accounts& accounts, const std::string& name) {
  const auto account = accounts.find(name);
  if (!account) return;
  const SourceConfig* source = accounts.source_of(name);
  const Layout layout = source == nullptr ? Layout() : source->layout;
  for (const auto& [store_name, store] : account->stores().all()) {
    const std::string database = database_of(name, layout, store_name);
    for (const auto& document : store->quarantined()) {
      json.begin_object().key("account").string(name);
      write_members(json, database, document);
      json.key("rev").string(document.rev);
      write_text_or_null(json, "attachment", document.attachment);
      json.key("ignored").boolean(document.is_ignored()).end_object();
    }
  }
}

}  // namespace

std::string database_of(const std::string& account, const Layout& layout,
                        const std::string& store) {
  for (const auto doctype : mail::kDoctypes) {
    if (indexer::Stores::database_part(doctype) == store) return layout.database(account, doctype);
  }
  return layout.database(account, mail::Doctype::kEmails);
}

void write_quarantined(JsonWriter& json, const std::string& database,
                       const replica::Quarantined& document) {
  json.begin_object();
  write_members(json, database, document);
  json.end_object();
}

std::string render_quarantine(Accounts& accounts, std::span<const std::string> names) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("quarantined").begin_array();
  for (const std::string& name : names) {
    try {
      std::string rows;
      JsonWriter list(rows);
      list.begin_array();
      write_account(list, accounts, name);
      list.end_array();
      // Elements without their brackets: an account that cannot be read to its end leaves none.
      if (rows.size() > 2) json.raw(std::string_view(rows).substr(1, rows.size() - 2));
    } catch (const std::exception& error) {
      json.begin_object().key("account").string(name).key("error").string(error.what());
      json.end_object();
    }
  }
  json.end_array().end_object();
  return out;
}

}  // namespace api
