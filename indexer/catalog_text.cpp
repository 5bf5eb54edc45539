// Changes that the text index has to follow, derived from the sequences in entries.
#include <algorithm>
#include <limits>
#include <unordered_set>

#include "indexer/catalog_rows.hpp"
#include "indexer/catalog_state.hpp"

namespace indexer {
namespace {

constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

struct Feed {
  mail::Doctype doctype;
  Kind kind;
  std::string_view entries;  // those that rows of the feed after ?1 changed: row, key
  // How many these are; ?2 is the place in the feed of messages, whose rows count there.
  std::string_view pending;
  bool removes;  // whether its rows take entries away
};

// Rows of the feed of content documents change messages, which stay.
constexpr Feed kFeeds[] = {
    {mail::Doctype::kEmails, Kind::kMail,
     "SELECT text_seq, key FROM entries WHERE kind = 0 AND text_seq > ?1 ORDER BY text_seq",
     "SELECT count(*) FROM entries WHERE kind = 0 AND text_seq > ?1 AND ?2 >= 0", true},
    {mail::Doctype::kContents, Kind::kMail,
     "SELECT body_seq, key FROM entries WHERE body_seq > ?1 ORDER BY body_seq",
     "SELECT count(*) FROM entries WHERE body_seq > ?1 AND text_seq <= ?2", false},
    {mail::Doctype::kFiles, Kind::kFile,
     "SELECT text_seq, key FROM entries WHERE kind = 1 AND text_seq > ?1 ORDER BY text_seq",
     "SELECT count(*) FROM entries WHERE kind = 1 AND text_seq > ?1 AND ?2 >= 0", true},
};
constexpr std::string_view kRemoved =
    "SELECT seq, id FROM removed WHERE kind = ? AND seq > ? ORDER BY seq";

// Takes about `budget` rows, never a part of those that share a sequence: the last sequence that
// was taken whole, or kEnd when these were all.
template <typename Take>
std::int64_t take_rows(Rows& rows, std::size_t budget, const Take& take) {
  std::int64_t last = 0;
  for (std::size_t taken = 0; rows.next(); ++taken) {
    if (taken >= budget && rows.integer(0) != last) return last;
    last = rows.integer(0);
    take(last, rows);
  }
  return kEnd;
}

// What one feed tells.
struct FeedChanges {
  std::vector<std::pair<std::int64_t, std::int64_t>> entries;  // sequence, key
  std::vector<std::pair<std::int64_t, std::string>> removed;  // sequence, public id
  std::int64_t whole_until = kEnd;  // the sequence up to which these are all
};

// What the feeds of one store tell, one after the other.
struct StoreChanges {
  std::vector<const Feed*> feeds;
  std::vector<FeedChanges> of_feeds;
  std::int64_t whole_until = kEnd;
};

// Stores in the order of the first of their feeds.
std::vector<std::pair<replica::StoreIdentity, std::vector<const Feed*>>> feeds_by_store(
    const Meta& meta) {
  std::vector<std::pair<replica::StoreIdentity, std::vector<const Feed*>>> stores;
  for (const auto& feed : kFeeds) {
    const auto store = meta.stores.find(feed.doctype);
    if (store == meta.stores.end()) continue;
    auto known = std::find_if(stores.begin(), stores.end(),
                              [&](const auto& each) { return each.first == store->second; });
    if (known == stores.end()) known = stores.insert(stores.end(), {store->second, {}});
    known->second.push_back(&feed);
  }
  return stores;
}

FeedChanges find_changes(Reader& reader, const Feed& feed, std::int64_t since, std::size_t budget) {
  FeedChanges found;
  auto entries = reader.connection.prepare(feed.entries);
  Rows entry_rows(entries, since);
  found.whole_until = take_rows(entry_rows, budget, [&](std::int64_t seq, const Rows& row) {
    found.entries.emplace_back(seq, row.integer(1));
  });
  if (!feed.removes) return found;
  auto removed = reader.connection.prepare(kRemoved);
  Rows removed_rows(removed, static_cast<int>(feed.kind), since);
  const auto until = take_rows(removed_rows, budget, [&](std::int64_t seq, const Rows& row) {
    found.removed.emplace_back(seq, std::string(row.text(1)));
  });
  found.whole_until = std::min(found.whole_until, until);
  return found;
}

// One store may hold several doctypes: none is taken beyond where another was cut.
StoreChanges find_store_changes(Reader& reader, const std::vector<const Feed*>& feeds,
                                std::int64_t since, std::size_t budget) {
  StoreChanges found{feeds, {}, kEnd};
  for (const auto* feed : feeds) {
    found.of_feeds.push_back(find_changes(reader, *feed, since, budget));
    found.whole_until = std::min(found.whole_until, found.of_feeds.back().whole_until);
  }
  return found;
}

// Adds what was found up to `whole_until`, each entry once: `named` has the keys of those that were
// added. Returns the number of rows.
std::size_t append_changes(Reader& reader, const StoreChanges& found,
                           std::unordered_set<std::int64_t>& named, Catalog::TextChanges& changes) {
  std::size_t rows = 0;
  for (std::size_t i = 0; i < found.feeds.size(); ++i) {
    for (const auto& [seq, key] : found.of_feeds[i].entries) {
      if (seq > found.whole_until) break;
      ++rows;
      if (!named.insert(key).second) continue;
      Rows entry(reader.text_by_key, key);
      if (entry.next()) changes.changed.push_back(reader.text_entry(entry));
    }
    for (const auto& [seq, id] : found.of_feeds[i].removed) {
      if (seq > found.whole_until) break;
      ++rows;
      changes.removed.emplace_back(found.feeds[i]->kind, id);
    }
  }
  return rows;
}

}  // namespace

Catalog::TextChanges Catalog::text_changes(const DerivedCheckpoint& text, std::size_t limit) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto meta = Meta::load(reader->meta);
  TextChanges changes;
  auto reached = text;
  std::unordered_set<std::int64_t> named;
  std::size_t taken = 0;
  for (const auto& [store, feeds] : feeds_by_store(meta)) {
    if (taken >= limit) {
      changes.more = true;
      break;
    }
    const auto found = find_store_changes(*reader, feeds, text.of(store).value, limit - taken);
    taken += append_changes(*reader, found, named, changes);
    if (found.whole_until < kEnd) {
      reached.advance(store, replica::LocalSeq{found.whole_until});
      changes.more = true;
      break;
    }
    reached.advance(store, meta.checkpoint.of(store));
  }
  changes.reached = changes.more ? reached : meta.checkpoint;
  return changes;
}

std::int64_t Catalog::text_pending(const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto meta = Meta::load(reader->meta);
  const auto emails = meta.reached(text, mail::Doctype::kEmails);
  auto removed =
      reader->connection.prepare("SELECT count(*) FROM removed WHERE kind = ? AND seq > ?");
  std::int64_t pending = 0;
  for (const auto& feed : kFeeds) {
    const auto since = meta.reached(text, feed.doctype);
    auto entries = reader->connection.prepare(feed.pending);
    if (Rows rows(entries, since, emails); rows.next()) pending += rows.integer(0);
    if (!feed.removes) continue;
    if (Rows rows(removed, static_cast<int>(feed.kind), since); rows.next())
      pending += rows.integer(0);
  }
  return pending;
}

LevelCounts Catalog::levels(const DerivedCheckpoint& text) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const TextReach reach(Meta::load(reader->meta), text);
  auto count = reader->connection.prepare(
      "SELECT count(*), sum(here AND flags & 8 <> 0), sum(here AND flags & 8 = 0 AND bodies > 0) "
      "FROM (SELECT text_seq <= ?1 AND body_seq <= ?2 AS here, flags, bodies FROM entries "
      "WHERE kind = 0)");
  LevelCounts levels;
  if (Rows rows(count, reach.emails, reach.contents); rows.next()) {
    levels.attachments = rows.integer(1);
    levels.body = rows.integer(2);
    levels.metadata = rows.integer(0) - levels.attachments - levels.body;
  }
  return levels;
}

}  // namespace indexer
