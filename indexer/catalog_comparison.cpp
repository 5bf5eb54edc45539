#include "indexer/catalog_comparison.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "indexer/catalog_reader.hpp"
#include "indexer/catalog_tables.hpp"
#include "indexer/octets.hpp"

namespace indexer {
namespace {

using replica::sqlite::Access;
using replica::sqlite::Durability;

// Octets that compare like the number.
std::string ordered(std::int64_t number) {
  const auto shifted = static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
  std::string octets;
  append_big_endian(octets, shifted);
  return octets;
}

// One of the two catalogs, as it was when this was made.
class Side {
 public:
  explicit Side(const std::filesystem::path& file)
      : connection(file, Access::kReadOnly, Durability::kNormal), view_(connection) {
    auto select_meta = connection.prepare(Meta::kSelect);
    meta = Meta::load(select_meta);  // the first read: from here on nothing changes for us
    auto select = connection.prepare("SELECT view, name FROM views");
    for (Rows rows(select); rows.next();) {
      names_[rows.integer(0)] = rows.text(1);
      views[std::string(rows.text(1))] = rows.integer(0);
    }
  }

  [[nodiscard]] std::int64_t count(const std::string& from) const {
    auto select = connection.prepare("SELECT count(*) FROM " + from);
    Rows rows(select);
    return rows.next() ? rows.integer(0) : 0;
  }
  // What a column says, in a form that the two catalogs share.
  [[nodiscard]] std::string text_of(const ComparedColumn& column, const Statement& row, int at) {
    if (row.is_null(at)) return {};
    switch (column.form) {
      case Form::kPlain:
      case Form::kAtMost:
        return std::string(row.text(at));
      case Form::kNumber:
        return ordered(row.integer(at));
      case Form::kViews:
        return names_of(unpack_integers(row.blob(at)));
      case Form::kParts:
        return parts_of(unpack_integers(row.blob(at)));
    }
    return {};
  }

  Connection connection;
  Meta meta;
  std::map<std::string, std::int64_t> views;  // by name

 private:
  [[nodiscard]] std::string name_of_view(std::int64_t view) const {
    const auto found = names_.find(view);
    return found == names_.end() ? fmt::format("no view {}", view) : found->second;
  }
  [[nodiscard]] std::string names_of(const std::vector<std::int64_t>& numbers) const {
    std::vector<std::string> names;
    for (const auto view : numbers) names.push_back(name_of_view(view));
    std::sort(names.begin(), names.end());
    return fmt::format("{}", fmt::join(names, "\n"));
  }
  [[nodiscard]] std::string parts_of(const std::vector<std::int64_t>& numbers) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i + 2 < numbers.size(); i += 3) {
      Rows rows(id_of_, numbers[i + 2]);
      const std::string newest = rows.next() ? std::string(rows.text(0)) : "?";
      parts.push_back(fmt::format("{}\t{}\t{}", name_of_view(numbers[i]), numbers[i + 1], newest));
    }
    std::sort(parts.begin(), parts.end());
    return fmt::format("{}", fmt::join(parts, "\n"));
  }

  replica::sqlite::ReadTransaction view_;
  std::map<std::int64_t, std::string> names_;
  Statement id_of_ = connection.prepare("SELECT id FROM entries WHERE key = ?");
};

// The rows of a table on one side, one at a time.
class Cursor {
 public:
  template <typename... Values>
  Cursor(Side& side, const ComparedTable& table, const Values&... values)
      : side_(side), table_(table), statement_(side.connection.prepare(table.select)) {
    statement_.bind(values...);
    next();
  }
  void next() {
    has_row_ = statement_.step();
    if (!has_row_) return;
    ++rows_;
    doc_id_ = statement_.text(0);
    columns_.resize(table_.columns.size());
    for (std::size_t i = 0; i < columns_.size(); ++i)
      columns_[i] = side_.text_of(table_.columns[i], statement_, static_cast<int>(i) + 1);
  }
  [[nodiscard]] bool has_row() const { return has_row_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] const std::string& doc_id() const { return doc_id_; }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] std::strong_ordering compare_key(const Cursor& other) const {
    for (std::size_t i = 0; i < table_.key_columns; ++i) {
      if (const auto order = columns_[i] <=> other.columns_[i]; order != 0) return order;
    }
    return std::strong_ordering::equal;
  }

 private:
  Side& side_;
  const ComparedTable& table_;
  Statement statement_;
  bool has_row_ = false;
  std::int64_t rows_ = 0;
  std::string doc_id_;
  std::vector<std::string> columns_;
};

}  // namespace

struct CatalogComparison::State {
  State(const std::filesystem::path& catalog, const std::filesystem::path& fresh_catalog)
      : live(catalog), fresh(fresh_catalog) {}

  void add(DifferenceKind kind, std::string doc_id, std::string detail) const {
    findings->add({kind, std::move(doc_id), AccountPart::kCatalog, std::move(detail)});
  }
  void compare(const ComparedTable& table, const std::string& what, Cursor& actual,
               Cursor& expected) const;
  // Compares the rows of the table that belong to a view. Returns how many the live catalog has.
  std::int64_t compare_rows_of_view(const ComparedTable& table, const std::string& what,
                                    std::int64_t view, std::int64_t expected_view);
  void compare_views();
  void check_places() const;
  void check_left_over() const;
  void name_documents(std::string_view select, DifferenceKind kind,
                      const std::string& detail) const;

  Side live, fresh;
  Findings* findings = nullptr;
  const Progress* progress = nullptr;
};

namespace {

// Which columns of a row say something else.
std::string differing(const ComparedTable& table, const std::vector<std::string>& actual,
                      const std::vector<std::string>& expected) {
  std::vector<std::string_view> names;
  for (std::size_t i = table.key_columns; i < actual.size(); ++i) {
    const bool is_at_most =
        table.columns[i].form == Form::kAtMost &&
        std::pair(actual[i].size(), actual[i]) <= std::pair(expected[i].size(), expected[i]);
    if (actual[i] != expected[i] && !is_at_most) names.push_back(table.columns[i].name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void CatalogComparison::State::compare(const ComparedTable& table, const std::string& what,
                                       Cursor& actual, Cursor& expected) const {
  constexpr std::int64_t kRowsPerCheck = 10'000;
  while (actual.has_row() || expected.has_row()) {
    if ((actual.rows() + expected.rows()) % kRowsPerCheck == 0) progress->step();
    const auto order = !expected.has_row() ? std::strong_ordering::less
                       : !actual.has_row() ? std::strong_ordering::greater
                                           : actual.compare_key(expected);
    if (order < 0) {
      add(DifferenceKind::kExtra, actual.doc_id(), what);
      actual.next();
    } else if (order > 0) {
      add(DifferenceKind::kMissing, expected.doc_id(), what);
      expected.next();
    } else {
      const auto names = differing(table, actual.columns(), expected.columns());
      if (!names.empty())
        add(DifferenceKind::kDiffers, expected.doc_id(), fmt::format("{}: {}", what, names));
      actual.next();
      expected.next();
    }
  }
}

std::int64_t CatalogComparison::State::compare_rows_of_view(const ComparedTable& table,
                                                            const std::string& what,
                                                            std::int64_t view,
                                                            std::int64_t expected_view) {
  Cursor actual(live, table, view), expected(fresh, table, expected_view);
  compare(table, what, actual, expected);
  return actual.rows();
}

void CatalogComparison::State::compare_views() {
  constexpr std::int64_t kOrders = 6;  // in `sorted`, of each view
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> views;  // numbers; 0: absent
  for (const auto& [name, view] : live.views) views[name].first = view;
  for (const auto& [name, view] : fresh.views) views[name].second = view;
  std::int64_t listed = 0, sorted = 0;
  for (const auto& [name, numbers] : views) {
    const auto [view, expected] = numbers;
    listed += compare_rows_of_view(compared_listing(), fmt::format("listing of {}", name), view,
                                   expected);
    if (view != 0 && expected != 0 && has_sorts(view) != has_sorts(expected))
      add(DifferenceKind::kDiffers, "", fmt::format("views: the number of {}", name));
    for (std::int64_t order = 1; live.meta.ordered && order <= kOrders; ++order) {
      sorted +=
          compare_rows_of_view(compared_sorted(), fmt::format("order {} of {}", order, name),
                               view == 0 ? 0 : view + order, expected == 0 ? 0 : expected + order);
    }
  }
  if (listed != live.count("listing")) add(DifferenceKind::kExtra, "", "listing: rows of no view");
  if (live.meta.ordered && sorted != live.count("sorted"))
    add(DifferenceKind::kExtra, "", "sorted: rows of no view");
}

// Numbers are ranks, and sequences are within what was projected.
void CatalogComparison::State::check_places() const {
  if (live.meta.numbered)
    name_documents("SELECT doc_id FROM entries WHERE number IS NULL", DifferenceKind::kMissing,
                   "entries: number");
  auto select = live.connection.prepare(
      "SELECT doc_id, date, id, kind FROM entries WHERE number < 3221225472 ORDER BY number");
  static_assert(kFirstOverflowNumber == 3221225472);
  std::tuple<std::int64_t, std::string, std::int64_t> last{INT64_MIN, "", 0};
  for (Rows rows(select); rows.next();) {
    std::tuple<std::int64_t, std::string, std::int64_t> place{
        -rows.integer(1), std::string(rows.text(2)), rows.integer(3)};
    if (place <= last) add(DifferenceKind::kDiffers, std::string(rows.text(0)), "entries: number");
    last = std::move(place);
  }
  const auto reached = live.meta.reached(live.meta.checkpoint, mail::Doctype::kContents);
  name_documents(fmt::format("SELECT doc_id FROM entries WHERE body_seq > {}", reached),
                 DifferenceKind::kDiffers, "entries: bodySeq");
}

// Rows that no entry has, and that no list shows.
void CatalogComparison::State::check_left_over() const {
  name_documents("SELECT e.doc_id FROM removed r JOIN entries e ON e.id = r.id AND e.kind = r.kind",
                 DifferenceKind::kExtra, "removed");
  for (const char* table : {"details", "entry_addresses"}) {
    const auto orphans =
        live.count(fmt::format("{} WHERE entry NOT IN (SELECT key FROM entries)", table));
    for (std::int64_t i = 0; i < orphans; ++i)
      add(DifferenceKind::kExtra, "", fmt::format("{}: a row without its entry", table));
  }
}

void CatalogComparison::State::name_documents(std::string_view select_sql, DifferenceKind kind,
                                              const std::string& detail) const {
  auto select = live.connection.prepare(select_sql);
  for (Rows rows(select); rows.next();) add(kind, std::string(rows.text(0)), detail);
}

CatalogComparison::CatalogComparison(const std::filesystem::path& catalog,
                                     const std::filesystem::path& fresh)
    : state_(std::make_unique<State>(catalog, fresh)) {}

CatalogComparison::~CatalogComparison() = default;

std::int64_t CatalogComparison::run(Findings& findings, const Progress& progress) {
  auto& state = *state_;
  state.findings = &findings;
  state.progress = &progress;
  if (state.live.meta.checkpoint != state.fresh.meta.checkpoint)
    state.add(DifferenceKind::kDiffers, "", "meta: checkpoint");
  for (const auto& table : compared_tables()) {
    Cursor actual(state.live, table), expected(state.fresh, table);
    state.compare(table, std::string(table.name), actual, expected);
  }
  state.compare_views();
  state.check_places();
  state.check_left_over();
  return state.fresh.count("entries");
}

std::int64_t CatalogComparison::unowned_contents() const {
  const auto& connection = state_->live.connection;
  auto select = connection.prepare(
      "SELECT email FROM contents WHERE present AND doc_id NOT IN (SELECT content FROM named)");
  auto message = connection.prepare("SELECT 1 FROM entries WHERE id = ? AND kind = 0");
  std::int64_t unowned = 0;
  for (Rows rows(select); rows.next();) {
    const auto id = public_id(rows.text(0));
    if (rows.is_null(0) || !Rows(message, id).next()) ++unowned;
  }
  return unowned;
}

}  // namespace indexer
