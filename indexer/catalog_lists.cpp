// Lists of messages and files, read from the catalog by splicing bytes: no JSON is read.
#include <algorithm>

#include "indexer/catalog_rows.hpp"
#include "indexer/catalog_state.hpp"
#include "indexer/list_cursor.hpp"
#include "indexer/list_reader.hpp"

namespace indexer {
namespace {

// Rows of a page, and whether there are others.
struct Window {
  std::vector<ListReader::Row> rows;
  std::optional<std::string> next, previous;  // keys
};

// `more` rows were asked for than the page has: those that are too many go. Whether there were any.
bool cut(std::vector<ListReader::Row>& rows, std::size_t limit) {
  if (rows.size() <= limit) return false;
  rows.resize(limit);
  return true;
}

// After a place, which may be the beginning.
Window window_after(ListReader& list, const std::optional<std::string>& key, std::size_t limit) {
  Window window;
  window.rows = list.after(key, limit + 1);
  const bool more = cut(window.rows, limit);
  if (more && !window.rows.empty()) window.next = window.rows.back().key;
  if (key) window.previous = window.rows.empty() ? *key : window.rows.front().key;
  return window;
}

Window window_before(ListReader& list, const std::string& key, std::size_t limit) {
  Window window;
  window.rows = list.before(key, limit + 1);
  const bool more = cut(window.rows, limit);
  std::reverse(window.rows.begin(), window.rows.end());
  if (more && !window.rows.empty()) window.previous = window.rows.front().key;
  window.next = window.rows.empty() ? key : window.rows.back().key;
  return window;
}

// Rows before those of a page at the end of the list, up to `limit` in all. Whether there are
// others before them.
bool fill_up(ListReader& list, std::vector<ListReader::Row>& rows, std::size_t limit) {
  const auto missing = limit - rows.size();
  auto earlier = list.before(rows.front().key, missing + 1);
  const bool has_previous = cut(earlier, missing);
  rows.insert(rows.begin(), std::make_move_iterator(earlier.rbegin()),
              std::make_move_iterator(earlier.rend()));
  return has_previous;
}

// RFC 8620 section 5.5: the page begins `offset` rows after the anchor.
Window window_at(ListReader& list, const ListReader::Row& anchor, const ListQuery::Anchor& place,
                 std::size_t limit) {
  const auto offset = place.offset;
  if (offset > 0) {
    const auto skipped = list.after(anchor.key, static_cast<std::size_t>(offset) - 1);
    return window_after(list, skipped.empty() ? anchor.key : skipped.back().key, limit);
  }
  Window window;
  const auto wanted = static_cast<std::size_t>(-offset);
  window.rows = list.before(anchor.key, wanted + 1);
  bool has_previous = cut(window.rows, wanted);
  std::reverse(window.rows.begin(), window.rows.end());
  window.rows.push_back(anchor);
  bool has_next = cut(window.rows, limit);
  if (!has_next) {
    auto rest = list.after(anchor.key, limit - window.rows.size() + 1);
    window.rows.insert(window.rows.end(), std::make_move_iterator(rest.begin()),
                       std::make_move_iterator(rest.end()));
    has_next = cut(window.rows, limit);
  }
  if (place.fills && has_previous && window.rows.size() < limit)
    has_previous = fill_up(list, window.rows, limit);
  if (has_previous && !window.rows.empty()) window.previous = window.rows.front().key;
  if (has_next && !window.rows.empty()) window.next = window.rows.back().key;
  return window;
}

ListPage refuse(ListRefusal refusal) {
  ListPage page;
  page.refused = refusal;
  return page;
}

ListPage read_page(Reader& reader, ListReader& list, const ListQuery& query, Kind kind,
                   const TextReach& reach) {
  Window window;
  if (query.anchor) {
    const auto entry = reader.entry(kind, query.anchor->id);
    const auto anchor = entry ? list.find(*entry) : std::nullopt;
    if (!anchor) return refuse(ListRefusal::kAnchorNotFound);
    window = window_at(list, *anchor, *query.anchor, query.limit);
  } else if (query.before) {
    const auto key = from_cursor(query, kind, *query.before);
    if (!key) return refuse(ListRefusal::kBadCursor);
    window = window_before(list, *key, query.limit);
  } else {
    const auto key = query.after ? from_cursor(query, kind, *query.after) : std::nullopt;
    if (query.after && !key) return refuse(ListRefusal::kBadCursor);
    window = window_after(list, key, query.limit);
  }
  ListPage page;
  std::vector<std::int64_t> entries;
  entries.reserve(window.rows.size());
  for (const auto& row : window.rows) entries.push_back(row.entry);
  page.rows = kind == Kind::kMail ? read_message_rows(reader, entries, reach, query.threads)
                                  : read_file_rows(reader, entries, reach);
  if (window.next) page.next = to_cursor(query, kind, *window.next);
  if (window.previous) page.previous = to_cursor(query, kind, *window.previous);
  return page;
}

std::int64_t count_unread(Reader& reader, const Selection& selection, const ListQuery& query,
                          std::int64_t total) {
  if (query.filter.unread) return *query.filter.unread ? total : 0;
  if (selection.is_empty()) return 0;
  if (!query.threads && selection.is_whole_driver()) return selection.driver().unread;
  auto unread = query.filter;
  unread.unread = true;
  return Selection::of(reader, unread).size(reader, query.threads).count;
}

// Numbers of neighbours in a list stand together, ids do not: most are found without a look at the
// index of ids.
std::optional<std::int64_t> entry_of(Reader& reader, const Catalog::Item& item) {
  if (Rows rows(reader.by_number, item.number);
      rows.next() && rows.text(1) == item.id && rows.integer(2) == static_cast<int>(item.kind))
    return rows.integer(0);
  return reader.entry(item.kind, item.id);
}

}  // namespace

ListPage Catalog::list(const ListQuery& query, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto meta = Meta::load(reader->list_meta);
  const TextReach reach(meta, text);
  const PageCache::Version version{meta.changes, meta.ordered, reach.emails, reach.contents};
  if (auto kept = state_->pages.find(version, query)) return *std::move(kept);
  ListReader list(*reader, query, meta.ordered);
  auto page = read_page(*reader, list, query, Kind::kMail, reach);
  page.state = meta.state();
  page.complete = meta.ordered;
  if (page.refused) return page;
  const auto& total = list.size();
  page.total = total.count;
  page.total_is_exact = total.is_exact;
  page.unread = count_unread(*reader, list.selection(), query, total.count);
  if (state_->pages.was_asked_before(query)) state_->pages.keep(version, query, page);
  return page;
}

bool Catalog::is_complete() const {
  const auto reader = state_->readers.take();
  return Meta::load(reader->list_meta).ordered;
}

std::optional<std::string> Catalog::message(std::string_view id,
                                            const DerivedCheckpoint& text) const {
  auto rows = messages({std::string(id)}, text);
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

std::vector<std::string> Catalog::messages(const std::vector<std::string>& ids,
                                           const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->list_meta), text);
  std::vector<std::int64_t> entries;
  for (const auto& id : ids) {
    if (const auto entry = reader->entry(Kind::kMail, id)) entries.push_back(*entry);
  }
  return read_message_rows(*reader, entries, reach, false);
}

std::vector<std::string> Catalog::rows(const std::vector<Item>& items,
                                       const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->list_meta), text);
  std::vector<std::string> rows(items.size());
  std::vector<std::int64_t> messages;
  std::vector<std::size_t> places;  // of the messages among the items
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto entry = entry_of(*reader, items[i]);
    if (!entry) continue;
    if (items[i].kind == Kind::kFile) {
      rows[i] = read_file_rows(*reader, {*entry}, reach).front();
    } else {
      messages.push_back(*entry);
      places.push_back(i);
    }
  }
  auto read = read_message_rows(*reader, messages, reach, false);
  for (std::size_t i = 0; i < read.size(); ++i) rows[places[i]] = std::move(read[i]);
  return rows;
}

std::vector<std::string> Catalog::thread(std::string_view id, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->list_meta), text);
  const auto entry = reader->entry(Kind::kMail, id);
  if (!entry) return {};
  std::int64_t thread = 0;
  if (Rows found(reader->list_entry, *entry); found.next()) thread = found.integer(3);
  std::vector<std::int64_t> entries;
  for (Rows members(reader->thread_oldest_first, thread, -1); members.next();)
    entries.push_back(members.integer(0));
  return read_message_rows(*reader, entries, reach, false);
}

std::optional<std::string> Catalog::file(std::string_view id, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto entry = reader->entry(Kind::kFile, id);
  if (!entry) return {};
  const TextReach reach(Meta::load(reader->list_meta), text);
  return read_file_rows(*reader, {*entry}, reach).front();
}

ListPage Catalog::files(const ListQuery& query, const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto meta = Meta::load(reader->list_meta);
  auto all = query;
  all.filter = {};
  all.threads = false;
  auto list = ListReader::files(*reader, all, meta.ordered);
  auto page = read_page(*reader, list, all, Kind::kFile, TextReach(meta, text));
  page.state = meta.state();
  page.complete = meta.ordered;
  page.total = list.size().count;
  return page;
}

}  // namespace indexer
