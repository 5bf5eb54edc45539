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
  enum class Way {
    kListing,  // `listing` of the driving view
    kSorted,  // `list_` of `sorted`, which holds just the list
    kSortedAsked,  // `list_` of `sorted`, which holds more
    kGathered,  // the driving view, sorted as it is read
  };

  ListReader(Reader& reader, const ListQuery& query) : reader_(reader), query_(query) {}
  void choose_way(bool ordered);
  void choose_way_by_key(bool ordered);
  // The direction of reading: in the order of the tables, or against it.
  [[nodiscard]] bool is_forward() const;
  [[nodiscard]] std::vector<Row> take(Direction direction, std::string_view from,
                                      std::size_t count);
  [[nodiscard]] std::vector<Row> walk(Walk walk, std::size_t count);
  [[nodiscard]] std::vector<Row> gather(Direction direction, std::string_view from,
                                        std::size_t count);
  // Whether a row of the driving view, or of `list_`, belongs to the list.
  [[nodiscard]] bool holds(const ListedMessage& message);
  [[nodiscard]] bool holds_asked(std::int64_t entry);
  [[nodiscard]] bool stands_for_thread(std::int64_t entry);
  [[nodiscard]] std::string key_of(std::int64_t entry, const OrderKey& place);

  Reader& reader_;
  const ListQuery& query_;
  Selection selection_;
  std::optional<Selection::Size> size_;
  Way way_ = Way::kListing;
  std::int64_t list_ = 0;
  // List of the threads' newest messages of the driving view, where there is one and it is needed.
  std::int64_t newest_ = 0;
  std::unordered_map<std::int64_t, std::int64_t> newest_by_thread_;
};

}  // namespace indexer
