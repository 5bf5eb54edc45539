#include "indexer/numbering.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "indexer/catalog_state.hpp"
#include "indexer/selection.hpp"
#include "indexer/sort_keys.hpp"

namespace indexer {
namespace {

struct Neighbour {
  std::int64_t number;
  OrderKey place;
  Kind kind;
};

// Mail stands before a file of the same date and id.
bool stands_before(const OrderKey& a, Kind kind_of_a, const OrderKey& b, Kind kind_of_b) {
  return a == b ? kind_of_a < kind_of_b : comes_before(a, b);
}

// The id at which the range of older neighbours of that kind begins. (That the range may hold the
// entry itself does no harm, since it has no number.) Of mail and a file with the same date and id,
// mail comes first. A space sorts before all characters of ids: "at least id + space" means
// "greater than id".
std::string first_after(const Unnumbered& entry, Kind kind) {
  return kind < entry.kind ? entry.place.id + ' ' : entry.place.id;
}

constexpr std::pair<std::int64_t, Kind> kAllEntries[] = {{kAllMail, Kind::kMail},
                                                         {kAllFiles, Kind::kFile}};

std::optional<Neighbour> nearest(Statement& statement, std::int64_t view, Kind kind,
                                 const OrderKey& place) {
  const auto key = place_key(place);
  Rows rows(statement, view, as_blob(key));
  if (!rows.next()) return {};
  return Neighbour{rows.integer(0), place_of(rows.blob(1)), kind};
}

std::optional<Neighbour> older_neighbour(Writer& writer, const Unnumbered& entry) {
  std::optional<Neighbour> best;
  for (const auto& [view, kind] : kAllEntries) {
    auto found =
        nearest(writer.numbered_from, view, kind, {entry.place.date, first_after(entry, kind)});
    if (found && (!best || found->number < best->number)) best = std::move(found);
  }
  return best;
}

std::optional<Neighbour> newer_neighbour(Writer& writer, const Unnumbered& entry) {
  std::optional<Neighbour> best;
  for (const auto& [view, kind] : kAllEntries) {
    auto found =
        nearest(writer.numbered_before, view, kind, {entry.place.date, first_after(entry, kind)});
    if (found && (!best || found->number > best->number)) best = std::move(found);
  }
  return best;
}

// Numbers for `count` entries in a row between their neighbours; 0 where there is no room.
std::vector<std::int64_t> numbers_between(const std::optional<Neighbour>& newer,
                                          const std::optional<Neighbour>& older,
                                          std::int64_t count) {
  std::int64_t step = kNumberGap;
  std::int64_t first = kFirstNumber;
  if (newer && older) {
    step = std::min(step, (older->number - newer->number) / (count + 1));
    first = newer->number + (older->number - newer->number - step * (count - 1)) / 2;
  } else if (older) {
    first = older->number - step * count;
  } else if (newer) {
    first = newer->number + step;
  }
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = first + i * step;
    numbers.push_back(step > 0 && number > 0 && number < kFirstOverflowNumber ? number : 0);
  }
  return numbers;
}

// Of the messages that match, ascending.
std::vector<std::uint32_t> read_numbers(Reader& reader, const MessageFilter& filter) {
  std::vector<std::uint32_t> numbers;
  const auto selection = Selection::of(reader, filter);
  if (selection.is_empty()) return numbers;
  auto number_of =
      reader.connection.prepare("SELECT number FROM entries WHERE key = ? AND number IS NOT NULL");
  auto walk = Walk::listing(reader, selection.driver().view, Walk::Direction::kForward, {});
  while (walk.next()) {
    if (!selection.holds(reader, walk.message())) continue;
    Rows rows(number_of, walk.entry());
    if (rows.next()) numbers.push_back(static_cast<std::uint32_t>(rows.integer(0)));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// While it lives, a commit of this connection is on disk when it returns, with all before it. (The
// commits of derived files otherwise are some time later.)
class DurableCommits {
 public:
  explicit DurableCommits(const Connection& connection) : connection_(connection) {
    connection_.execute("PRAGMA synchronous=FULL");
  }
  DurableCommits(const DurableCommits&) = delete;
  DurableCommits& operator=(const DurableCommits&) = delete;
  ~DurableCommits() {
    try {
      connection_.execute("PRAGMA synchronous=NORMAL");
    } catch (const replica::sqlite::Error&) {
      // Slower, and as safe.
    }
  }

 private:
  const Connection& connection_;
};

}  // namespace

void give_numbers(Writer& writer, std::vector<Unnumbered> entries) {
  std::sort(entries.begin(), entries.end(), [](const Unnumbered& a, const Unnumbered& b) {
    return stands_before(a.place, a.kind, b.place, b.kind);
  });
  for (std::size_t begin = 0; begin < entries.size();) {
    const auto newer = newer_neighbour(writer, entries[begin]);
    const auto older = older_neighbour(writer, entries[begin]);
    std::size_t end = begin + 1;
    while (end < entries.size() && (!older || stands_before(entries[end].place, entries[end].kind,
                                                            older->place, older->kind))) {
      ++end;
    }
    const auto numbers = numbers_between(newer, older, static_cast<std::int64_t>(end - begin));
    for (std::size_t i = begin; i < end; ++i) {
      auto number = numbers[i - begin];
      if (number == 0) {
        Rows rows(writer.last_number);
        number =
            std::max<std::int64_t>(kFirstOverflowNumber, rows.next() ? rows.integer(0) + 1 : 0);
        if (number > kLastNumber)
          throw std::runtime_error("the catalog ran out of numbers: rebuild it");
      }
      writer.set_number.bind(number, entries[i].entry).run();
    }
    begin = end;
  }
}

void Catalog::assign_numbers() {
  auto& writer = state_->writing();
  // A text index of numbers that a power cut took back would be of no catalog.
  const DurableCommits durable(writer.connection);
  replica::sqlite::Transaction transaction(writer.connection);
  std::vector<std::int64_t> keys;
  static_assert(kAllMail == 8 && kAllFiles == 56);
  auto select = writer.connection.prepare(
      "SELECT entry FROM listing WHERE view IN (8, 56) ORDER BY key, view");
  for (Rows rows(select); rows.next();) keys.push_back(rows.integer(0));
  // Old numbers would be in the way of new ones.
  writer.connection.execute("UPDATE entries SET number = NULL WHERE number IS NOT NULL");
  std::int64_t number = kFirstNumber;
  for (const auto key : keys) {
    if (number >= kFirstOverflowNumber)
      throw std::runtime_error("the catalog holds more entries than it has numbers for");
    writer.set_number.bind(number, key).run();
    number += kNumberGap;
  }
  const auto meta = Meta::load(writer.select_meta);
  writer.set_meta("numbered", std::to_string(meta.numbered + 1));
  writer.set_meta("changes", std::to_string(meta.changes + 1));
  transaction.commit();
}

std::string Catalog::numbering() const {
  const auto reader = state_->readers.take();
  const auto meta = Meta::load(reader->meta);
  return fmt::format("{}-{}", meta.instance, meta.numbered);
}

std::uint32_t Catalog::number_after(const OrderKey& place) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  std::int64_t first = kFirstOverflowNumber;
  auto from = reader->connection.prepare(kNumberedFrom);
  for (const auto& [view, kind] : kAllEntries) {
    const auto found = nearest(from, view, kind, {place.date, place.id + ' '});
    if (found) first = std::min(first, found->number);
  }
  if (first < kFirstOverflowNumber) return static_cast<std::uint32_t>(first);
  auto last = reader->connection.prepare("SELECT max(number) FROM entries WHERE number < ?");
  Rows rows(last, kFirstOverflowNumber);
  return rows.next() ? static_cast<std::uint32_t>(rows.integer(0) + 1) : 1;
}

EntryNumbers Catalog::numbers(const MessageFilter& filter) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  const auto now = Meta::load(reader->meta).state();
  {
    const std::lock_guard lock(state_->numbers_mutex);
    const auto kept = state_->kept_numbers.find(filter);
    if (kept != state_->kept_numbers.end() && kept->second.state == now)
      return kept->second.numbers;
  }
  auto numbers = std::make_shared<const std::vector<std::uint32_t>>(read_numbers(*reader, filter));
  const std::lock_guard lock(state_->numbers_mutex);
  if (state_->kept_numbers.size() >= State::kMaxKeptNumbers) state_->kept_numbers.clear();
  state_->kept_numbers[filter] = {now, numbers};
  return numbers;
}

std::vector<TextEntry> Catalog::entries(std::uint32_t from, std::size_t limit) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  std::vector<TextEntry> entries;
  for (Rows rows(reader->text_from_number, from, static_cast<std::int64_t>(limit)); rows.next();)
    entries.push_back(reader->text_entry(rows));
  return entries;
}

}  // namespace indexer
