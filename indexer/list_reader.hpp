// Reads the rows of one list, from any place in it and in both directions.
//
// A list that is stored in its order is simply walked. For another, either the list of all mail or
// of its mailbox is walked in the right order and each row is tested, or the rows of the smallest
// view are gathered and sorted, whichever is expected to look at fewer rows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "indexer/selection.hpp"

namespace indexer {

class ListReader {
 public:
  struct Row {
    std::string key;  // place in the order of the list's table
    std::int64_t entry = 0;
  };
  // `ordered` as in `meta`.
  ListReader(Reader& reader, const ListQuery& query, bool ordered);
  // The list of all files.
  [[nodiscard]] static ListReader files(Reader& reader, const ListQuery& query, bool ordered);

  [[nodiscard]] const Selection& selection() const { return selection_; }
  // The length of the list; counted once.
  [[nodiscard]] const Selection::Size& size();
  // The next rows in the order of the list, at most `count`; without a key from its beginning.
  [[nodiscard]] std::vector<Row> after(const std::optional<std::string>& key, std::size_t count);
  // The rows before a key, the nearest first.
  [[nodiscard]] std::vector<Row> before(const std::string& key, std::size_t count);
  // The key of that entry; nothing when it is not in the list.
  [[nodiscard]] std::optional<Row> find(std::int64_t entry);

 private:
  using Direction = Walk::Direction;
  // How the list is read.
  enum class Plan {
    kListing,  // the driving view in `listing`, each row tested against the filter
    kSorted,  // `list_` in `sorted`, which holds this list and nothing else
    kSortedFiltered,  // `list_` in `sorted`, each row tested against the filter
    kSortedOnRead,  // the driving view in `listing`, all of it read, tested and sorted
  };

  ListReader(Reader& reader, const ListQuery& query) : reader_(reader), query_(query) {}
  void choose_plan(bool ordered);
  void choose_plan_by_key(bool ordered);
  // The direction of reading: in the order of the tables, or against it.
  [[nodiscard]] bool is_forward() const;
  [[nodiscard]] std::vector<Row> read(Direction direction, std::string_view from,
                                      std::size_t count);
  [[nodiscard]] std::vector<Row> walk(Walk walk, std::size_t count);
  [[nodiscard]] std::vector<Row> read_sorted(Direction direction, std::string_view from,
                                             std::size_t count);
  // Whether a row of the driving view belongs to the list.
  [[nodiscard]] bool holds(const ListedMessage& message);
  // The same of an entry of `list_`.
  [[nodiscard]] bool passes_filter(std::int64_t entry);
  // Whether it is the newest message of its thread that the filter admits.
  [[nodiscard]] bool represents_thread(std::int64_t entry);
  [[nodiscard]] std::string key_of(std::int64_t entry, const OrderKey& place);

  Reader& reader_;
  const ListQuery& query_;
  Selection selection_;
  std::optional<Selection::Size> size_;
  Plan plan_ = Plan::kListing;
  std::int64_t list_ = 0;
  // List of the threads' newest messages of the driving view, where there is one and it is needed.
  std::int64_t newest_ = 0;
  std::unordered_map<std::int64_t, std::int64_t> newest_by_thread_;
};

}  // namespace indexer
