#include "api/registry.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include "api/davenport_db.hpp"

namespace api {
namespace {

namespace sqlite = replica::sqlite;
using std::chrono::sys_seconds;

constexpr std::string_view kDatabaseColumns =
    "SELECT source, name, account, doctype, gone, seen, incarnation, quarantined, next_attempt "
    "FROM database ";

std::string doctype_text(const std::optional<mail::Doctype>& doctype) {
  return doctype ? std::string(mail::doctype_name(*doctype)) : std::string();
}

std::optional<mail::Doctype> doctype_of(std::string_view text) {
  for (const mail::Doctype doctype : mail::kDoctypes) {
    if (mail::doctype_name(doctype) == text) return doctype;
  }
  return std::nullopt;
}

KnownDatabase row_of(const sqlite::Statement& row) {
  KnownDatabase database;
  database.source = row.text(0);
  database.name = row.text(1);
  database.account = row.text(2);
  database.doctype = doctype_of(row.text(3));
  database.is_gone = row.integer(4) != 0;
  database.seen = row.text(5);
  database.incarnation = row.text(6);
  database.quarantined = row.integer(7);
  if (!row.is_null(8)) database.next_attempt = sys_seconds(std::chrono::seconds(row.integer(8)));
  return database;
}

void write_account_state(const sqlite::Connection& connection, std::string_view account,
                         AccountState state) {
  if (state == AccountState::kFollowed) {
    connection.prepare("DELETE FROM standing WHERE account = ?").bind(account).run();
    return;
  }
  connection.prepare("INSERT OR REPLACE INTO standing (account, standing) VALUES (?, ?)")
      .bind(account, static_cast<int>(state))
      .run();
}

}  // namespace

struct Registry::State {
  std::filesystem::path file;
  sqlite::Access access;
  mutable std::mutex mutex;  // of all below
  mutable std::optional<sqlite::Connection> connection;
  std::set<std::string, std::less<>> behind;  // as the table has it

  // Null when there is no file to read yet.
  [[nodiscard]] sqlite::Connection* open() const;
};

sqlite::Connection* Registry::State::open() const {
  if (connection) return &*connection;
  connection = open_davenport_db(file, access);
  return connection ? &*connection : nullptr;
}

Registry::Registry(std::filesystem::path file, sqlite::Access access)
    : state_(std::make_unique<State>()) {
  state_->file = std::move(file);
  state_->access = access;
}

Registry::~Registry() = default;

void Registry::each_database(std::string_view source,
                             const std::function<void(const KnownDatabase&)>& visit) const {
  const std::lock_guard lock(state_->mutex);
  const auto* connection = state_->open();
  if (connection == nullptr) return;
  auto rows = connection->prepare(std::string(kDatabaseColumns) + "WHERE source = ? ORDER BY name");
  rows.bind(source);
  while (rows.step()) visit(row_of(rows));
}

std::vector<KnownDatabase> Registry::databases_of(std::string_view account) const {
  std::vector<KnownDatabase> databases;
  const std::lock_guard lock(state_->mutex);
  const auto* connection = state_->open();
  if (connection == nullptr) return databases;
  auto rows =
      connection->prepare(std::string(kDatabaseColumns) + "WHERE account = ? ORDER BY name");
  rows.bind(account);
  while (rows.step()) databases.push_back(row_of(rows));
  return databases;
}

std::vector<std::string> Registry::accounts() const {
  std::vector<std::string> accounts;
  const std::lock_guard lock(state_->mutex);
  const auto* connection = state_->open();
  if (connection == nullptr) return accounts;
  auto rows = connection->prepare("SELECT DISTINCT account FROM database ORDER BY account");
  rows.bind();
  while (rows.step()) accounts.emplace_back(rows.text(0));
  return accounts;
}

std::optional<std::string> Registry::source_of(std::string_view account) const {
  const auto databases = databases_of(account);
  // Where it is now; else where it was.
  const auto present = std::find_if(databases.begin(), databases.end(),
                                    [](const KnownDatabase& each) { return !each.is_gone; });
  if (present != databases.end()) return present->source;
  return databases.empty() ? std::nullopt : std::optional(databases.front().source);
}

bool Registry::is_gone(std::string_view account) const {
  const auto databases = databases_of(account);
  return !databases.empty() && std::all_of(databases.begin(), databases.end(),
                                           [](const KnownDatabase& each) { return each.is_gone; });
}

void Registry::record(std::span<const KnownDatabase> databases) {
  if (databases.empty()) return;
  const std::lock_guard lock(state_->mutex);
  sqlite::Connection& connection = *state_->open();
  sqlite::Transaction transaction(connection);
  auto put = connection.prepare(
      "INSERT OR REPLACE INTO database (source, name, account, doctype, gone, seen, incarnation, "
      "quarantined, next_attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const KnownDatabase& each : databases) {
    std::optional<std::int64_t> next_attempt;
    if (each.next_attempt) next_attempt = each.next_attempt->time_since_epoch().count();
    const std::string doctype = doctype_text(each.doctype);
    put.bind(each.source, each.name, each.account, doctype, each.is_gone, each.seen,
             each.incarnation, each.quarantined, next_attempt)
        .run();
  }
  transaction.commit();
}

void Registry::forget_sequences(std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  auto forget = state_->open()->prepare(
      "UPDATE database SET seen = ?, incarnation = '' WHERE account = ? AND seen <> ''");
  forget.bind(kResyncPending, account).run();
}

void Registry::retry_quarantined(std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  auto retry = state_->open()->prepare(
      "UPDATE database SET next_attempt = 0 WHERE account = ? AND gone = 0 AND "
      "(quarantined > 0 OR next_attempt IS NOT NULL)");
  retry.bind(account).run();
}

std::map<std::string, AccountState, std::less<>> Registry::account_states() const {
  std::map<std::string, AccountState, std::less<>> states;
  const std::lock_guard lock(state_->mutex);
  const auto* connection = state_->open();
  if (connection == nullptr) return states;
  auto rows = connection->prepare("SELECT account, standing FROM standing");
  rows.bind();
  while (rows.step()) states.emplace(rows.text(0), static_cast<AccountState>(rows.integer(1)));
  return states;
}

AccountState Registry::account_state(std::string_view account) const {
  const auto all = account_states();
  const auto found = all.find(account);
  return found == all.end() ? AccountState::kFollowed : found->second;
}

void Registry::set_account_state(std::string_view account, AccountState state) {
  const std::lock_guard lock(state_->mutex);
  write_account_state(*state_->open(), account, state);
}

void Registry::forget(std::string_view account, AccountState state) {
  const std::lock_guard lock(state_->mutex);
  sqlite::Connection& connection = *state_->open();
  sqlite::Transaction transaction(connection);
  for (const char* table : {"database", "behind"}) {
    connection.prepare(std::string("DELETE FROM ") + table + " WHERE account = ?")
        .bind(account)
        .run();
  }
  write_account_state(connection, account, state);
  transaction.commit();
  if (const auto found = state_->behind.find(account); found != state_->behind.end())
    state_->behind.erase(found);
}

void Registry::mark_behind(std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  if (state_->behind.contains(account)) return;
  auto put = state_->open()->prepare("INSERT OR IGNORE INTO behind (account) VALUES (?)");
  put.bind(account).run();
  state_->behind.emplace(account);
}

void Registry::clear_behind(std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  auto remove = state_->open()->prepare("DELETE FROM behind WHERE account = ?");
  remove.bind(account).run();
  if (const auto found = state_->behind.find(account); found != state_->behind.end())
    state_->behind.erase(found);
}

std::vector<std::string> Registry::behind() const {
  std::vector<std::string> accounts;
  const std::lock_guard lock(state_->mutex);
  const auto* connection = state_->open();
  if (connection == nullptr) return accounts;
  auto rows = connection->prepare("SELECT account FROM behind ORDER BY account");
  rows.bind();
  while (rows.step()) accounts.emplace_back(rows.text(0));
  return accounts;
}

}  // namespace api
