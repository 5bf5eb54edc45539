// What became of a list since a state, told from the log of changes: see change_log.hpp.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "indexer/catalog_state.hpp"
#include "indexer/selection.hpp"

namespace indexer {
namespace {

// Flags and views of a message; empty: it was not there.
using Standing = std::vector<std::int64_t>;

bool is_in_list(const Condition& condition, const Standing& standing) {
  return !standing.empty() && condition.admits(standing.front(), std::span(standing).subspan(1));
}

// The messages that changed in the steps after one state and up to another.
class Span {
 public:
  Span(Reader& reader, std::int64_t since) : reader_(reader), since_(since) {}

  // Takes whole steps, until there are `limit` messages. The state that was reached: `now` when these were all.
  std::int64_t read(std::int64_t now, std::size_t limit);
  [[nodiscard]] const std::set<std::string>& ids() const { return ids_; }
  [[nodiscard]] Standing at_begin(const std::string& id) { return standing(before_, id); }
  [[nodiscard]] Standing at_end(const std::string& id) { return standing(after_, id); }

 private:
  void read_renamed(std::int64_t until);
  Standing standing(const std::map<std::string, Standing>& logged, const std::string& id);

  Reader& reader_;
  std::int64_t since_;
  std::set<std::string> ids_;
  std::map<std::string, Standing> before_, after_;  // as of the first change after the state
};

std::int64_t Span::read(std::int64_t now, std::size_t limit) {
  auto select = reader_.connection.prepare(
      "SELECT state, id, before FROM changes WHERE state > ? ORDER BY state, id");
  std::int64_t reached = since_;
  bool full = false;
  for (Rows rows(select, since_); rows.next();) {
    const auto state = rows.integer(0);
    full = full || (state != reached && ids_.size() >= limit);
    std::string id(rows.text(1));
    before_.try_emplace(id, unpack_integers(rows.blob(2)));
    if (full) {
      after_.try_emplace(std::move(id), unpack_integers(rows.blob(2)));
    } else {
      ids_.insert(std::move(id));
      reached = state;
    }
  }
  if (!full) reached = now;
  read_renamed(reached);
  return reached;
}

void Span::read_renamed(std::int64_t until) {
  auto select = reader_.connection.prepare(
      "SELECT e.id FROM renamed r JOIN entries e ON e.thread = r.thread "
      "WHERE r.state > ? AND r.state <= ?");
  for (Rows rows(select, since_, until); rows.next();) ids_.emplace(rows.text(0));
}

Standing Span::standing(const std::map<std::string, Standing>& logged, const std::string& id) {
  if (const auto known = logged.find(id); known != logged.end()) return known->second;
  Standing now;
  std::int64_t entry = 0;
  if (Rows rows(reader_.by_id, id, static_cast<int>(Kind::kMail)); rows.next())
    entry = rows.integer(0);
  if (Rows rows(reader_.list_entry, entry); rows.next()) now.push_back(rows.integer(2));
  if (Rows rows(reader_.views_of, entry); rows.next()) {
    for (const auto view : unpack_integers(rows.blob(0))) now.push_back(view);
  }
  return now;
}

// The number of a state of this catalog that the log goes back to.
std::optional<std::int64_t> known_state(const Meta& meta, std::string_view state) {
  const auto dash = state.rfind('-');
  if (dash == state.npos || state.substr(0, dash) != meta.instance) return {};
  const auto digits = state.substr(dash + 1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  if (number > meta.changes || number < meta.log_from) return {};
  return number;
}

}  // namespace

bool is_list_state(std::string_view text) {
  const auto dash = std::find(text.begin(), text.end(), '-');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_alphanumeric = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); };
  return dash != text.begin() && text.end() - dash > 1 &&
         std::all_of(text.begin(), dash, is_alphanumeric) &&
         std::all_of(dash + 1, text.end(), is_digit);
}

std::optional<ListChanges> Catalog::changes(std::string_view since, const MessageFilter& filter,
                                            std::size_t limit) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  auto meta = Meta::load(reader->list_meta);
  const auto from = known_state(meta, since);
  if (!from) return {};
  const auto condition = Condition::of(*reader, filter);
  Span span(*reader, *from);
  const auto reached = span.read(meta.changes, limit);
  ListChanges changes;
  changes.more = reached < meta.changes;
  for (const auto& id : span.ids()) {
    const bool was = is_in_list(condition, span.at_begin(id));
    const bool is = is_in_list(condition, span.at_end(id));
    if (was && is) changes.updated.push_back(id);
    if (!was && is) changes.added.push_back(id);
    if (was && !is) changes.removed.push_back(id);
  }
  meta.changes = reached;
  changes.state = meta.state();
  return changes;
}

}  // namespace indexer
