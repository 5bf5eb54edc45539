// The parts of the catalog that searches use: threads of hits, and the values that facets count.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "indexer/catalog_state.hpp"
#include "indexer/sort_keys.hpp"

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

// Up to here each number is looked up and sorted; more are met sooner in the order itself, row by
// row.
constexpr std::size_t kMaxLookedUp = 20'000;

// Which of two comes first, in the order asked for.
struct Before {
  bool ascending;
  bool operator()(std::string_view a, std::string_view b) const {
    return ascending ? a < b : b < a;
  }
  bool operator()(const SortedNumber& a, const SortedNumber& b) const {
    return (*this)(a.key, b.key);
  }
};

std::vector<SortedNumber> look_up(Connection& connection, const std::vector<std::uint32_t>& numbers,
                                  Sort sort, const Before& before, const std::string& after,
                                  std::size_t limit) {
  auto statement = connection.prepare(
      "SELECT e.date, e.id, d.sort_keys FROM entries e JOIN details d ON d.entry = e.key WHERE "
      "e.number = ?");
  std::vector<SortedNumber> found;
  for (const auto number : numbers) {
    Rows rows(statement, number);
    if (!rows.next()) continue;
    const OrderKey place{rows.integer(0), std::string(rows.text(1))};
    auto key = sorted_key(unpack_texts(rows.blob(2)).at(static_cast<std::size_t>(sort) - 1), place);
    if (after.empty() || before(after, key)) found.push_back({std::move(key), number});
  }
  const auto kept = std::min(limit, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(),
                    before);
  found.resize(kept);
  return found;
}

// The rows of one list, in its order, that are among the numbers.
void walk(Reader& reader, std::int64_t list, const std::vector<std::uint32_t>& sorted_numbers,
          bool ascending, const std::string& after, std::size_t limit,
          std::vector<SortedNumber>& found) {
  auto rows_of = reader.connection.prepare(
      ascending ? "SELECT s.key, e.number FROM sorted s CROSS JOIN entries e ON e.key = s.entry "
                  "WHERE s.view = ? AND s.key > ? ORDER BY s.key"
                : "SELECT s.key, e.number FROM sorted s CROSS JOIN entries e ON e.key = s.entry "
                  "WHERE s.view = ? AND s.key < ? ORDER BY s.key DESC");
  const std::string_view from = after.empty() && !ascending ? last_key() : std::string_view(after);
  std::size_t taken = 0;
  for (Rows rows(rows_of, list, as_blob(from)); taken < limit && rows.next();) {
    const auto number = static_cast<std::uint32_t>(rows.integer(1));
    if (!std::binary_search(sorted_numbers.begin(), sorted_numbers.end(), number)) continue;
    found.push_back({std::string(rows.blob(0)), number});
    ++taken;
  }
}

}  // namespace

std::vector<SortedNumber> Catalog::sorted_numbers(const std::vector<std::uint32_t>& numbers,
                                                  Sort sort, bool ascending,
                                                  const std::string& after,
                                                  std::size_t limit) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const Before before{ascending};
  const bool has_order = Meta::load(reader->meta).ordered;
  if (!has_order || numbers.size() <= kMaxLookedUp)
    return look_up(reader->connection, numbers, sort, before, after, limit);
  auto sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  std::vector<SortedNumber> found;
  for (const auto view : {kAllMail, kAllFiles})
    walk(*reader, sorted_view(view, sort), sorted, ascending, after, limit, found);
  std::sort(found.begin(), found.end(), before);
  if (found.size() > limit) found.resize(limit);
  return found;
}

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
      "SELECT e.kind, e.date, e.sender, d.views, e.flags FROM entries e "
      "JOIN details d ON d.entry = e.key WHERE e.number = ?");
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
    for (const auto& [keyword, flag] : kFlagKeywords) {
      if ((rows.integer(4) & flag) != 0) row.keywords.push_back(keyword);
    }
    visit(row);
  }
}

}  // namespace indexer
