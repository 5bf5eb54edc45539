// What a search asks of the catalog: threads of its hits, and what facets count.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "indexer/catalog_state.hpp"

namespace indexer {
namespace {

// Mailboxes and keywords by the number of their views.
struct NamedViews {
  explicit NamedViews(Connection& connection) {
    auto statement = connection.prepare("SELECT view, name FROM views");
    for (Rows rows(statement); rows.next();) {
      const auto name = rows.text(1);
      if (name.starts_with("*m")) mailboxes.emplace(rows.integer(0), name.substr(2));
      if (name.starts_with("*k")) keywords.emplace(rows.integer(0), name.substr(2));
    }
  }
  std::unordered_map<std::int64_t, std::string> mailboxes, keywords;
};

}  // namespace

std::vector<std::string> Catalog::mailbox_ids() const {
  const auto reader = state_->readers.take();
  auto statement = reader->connection.prepare("SELECT id FROM mailboxes ORDER BY id");
  std::vector<std::string> ids;
  for (Rows rows(statement); rows.next();) ids.emplace_back(rows.text(0));
  return ids;
}

std::vector<std::uint32_t> Catalog::thread_numbers(std::string_view id) const {
  std::vector<std::uint32_t> numbers;
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto entry = reader->entry(Kind::kMail, id);
  if (!entry) return numbers;
  auto statement = reader->connection.prepare(
      "SELECT number FROM entries WHERE thread = (SELECT thread FROM entries WHERE key = ?) AND "
      "number IS NOT NULL ORDER BY number");
  for (Rows rows(statement, *entry); rows.next();)
    numbers.push_back(static_cast<std::uint32_t>(rows.integer(0)));
  return numbers;
}

std::vector<std::int64_t> Catalog::threads_of(const std::vector<std::uint32_t>& numbers) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  auto statement = reader->connection.prepare("SELECT thread FROM entries WHERE number = ?");
  std::vector<std::int64_t> threads;
  threads.reserve(numbers.size());
  for (const auto number : numbers) {
    Rows rows(statement, number);
    threads.push_back(rows.next() ? rows.integer(0) : 0);
  }
  return threads;
}

std::vector<std::uint32_t> Catalog::same_threads(const std::vector<std::uint32_t>& numbers) const {
  std::unordered_set<std::int64_t> threads;
  for (const auto thread : threads_of(numbers)) {
    if (thread != 0) threads.insert(thread);
  }
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  auto statement = reader->connection.prepare(
      "SELECT number FROM entries WHERE thread = ? AND number IS NOT NULL");
  std::vector<std::uint32_t> members;
  for (const auto thread : threads) {
    for (Rows rows(statement, thread); rows.next();)
      members.push_back(static_cast<std::uint32_t>(rows.integer(0)));
  }
  std::sort(members.begin(), members.end());
  return members;
}

void Catalog::facet_rows(const std::vector<std::uint32_t>& numbers,
                         const std::function<void(const FacetRow&)>& visit) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const NamedViews views(reader->connection);
  auto statement = reader->connection.prepare(
      "SELECT e.kind, e.date, e.sender, d.views FROM entries e JOIN details d ON d.entry = e.key "
      "WHERE e.number = ?");
  for (const auto number : numbers) {
    Rows rows(statement, number);
    if (!rows.next()) continue;
    FacetRow row{number, static_cast<Kind>(rows.integer(0)), rows.integer(1), rows.text(2), {}, {}};
    for (const auto view : unpack_integers(rows.blob(3))) {
      if (const auto found = views.mailboxes.find(view); found != views.mailboxes.end())
        row.mailboxes.push_back(found->second);
      if (const auto found = views.keywords.find(view); found != views.keywords.end())
        row.keywords.push_back(found->second);
    }
    visit(row);
  }
}

}  // namespace indexer
