#include "indexer/completion.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "indexer/address_tables.hpp"
#include "indexer/address_words.hpp"
#include "indexer/catalog_state.hpp"

namespace indexer {
namespace {

constexpr std::size_t kFew = 300;  // addresses: so many are read in less than a millisecond
constexpr std::size_t kSoon = 1'500;  // rows
constexpr std::size_t kEverything = std::size_t{1} << 40;

struct Candidate {
  std::int64_t address = 0;
  std::int64_t score = 0;
  Completion completion;
};

class Completer {
 public:
  Completer(const Connection& connection, std::vector<std::string> words, std::size_t limit);
  [[nodiscard]] std::vector<Completion> run();

 private:
  struct First {
    std::vector<Candidate> found;
    bool complete = false;  // there are no better ones
  };
  [[nodiscard]] std::vector<Candidate> best_of(AddressClass rank, std::size_t limit);
  // Those of the first keys that begin so, at most that many; ascending.
  [[nodiscard]] std::vector<std::int64_t> addresses_with(AddressClass rank, const std::string& word,
                                                         std::size_t keys);
  [[nodiscard]] std::vector<std::int64_t> addresses_with_all(AddressClass rank);
  [[nodiscard]] std::vector<Candidate> best_among(const std::vector<std::int64_t>& addresses,
                                                  std::size_t limit);
  [[nodiscard]] First first_in_order(AddressClass rank, std::size_t limit, std::size_t rows_read);
  [[nodiscard]] std::optional<Candidate> match(const Rows& row) const;
  [[nodiscard]] std::int64_t last_seen(std::int64_t address);

  std::vector<std::string> words_;
  std::size_t limit_;
  Statement with_key_, by_address_, in_order_, last_;
};

Completer::Completer(const Connection& connection, std::vector<std::string> words,
                     std::size_t limit)
    : words_(std::move(words)),
      limit_(limit),
      with_key_(connection.prepare(
          "SELECT address FROM address_keys WHERE class = ? AND key >= ? AND key < ? LIMIT ?")),
      by_address_(connection.prepare(
          "SELECT address, email, name, text, score, count FROM addresses WHERE address = ?")),
      in_order_(
          connection.prepare("SELECT address, email, name, text, score, count FROM addresses WHERE "
                             "class = ? ORDER BY score DESC, email")),
      last_(connection.prepare("SELECT max(date) FROM address_dates WHERE address = ?")) {}

std::vector<Completion> Completer::run() {
  std::vector<Completion> found;
  for (const auto rank :
       {AddressClass::kWrittenTo, AddressClass::kSeen, AddressClass::kAutomated}) {
    for (auto& candidate : best_of(rank, limit_ - found.size())) {
      candidate.completion.last_seen = last_seen(candidate.address);
      found.push_back(std::move(candidate.completion));
    }
    if (found.size() == limit_) break;
  }
  return found;
}

// If few addresses begin so, all of them are read. Otherwise addresses are read best first, and
// matches are usually met soon. The expensive case is what remains: two words that are common but
// seldom occur together.
std::vector<Candidate> Completer::best_of(AddressClass rank, std::size_t limit) {
  if (words_.empty()) return first_in_order(rank, limit, kEverything).found;
  for (const auto& word : words_) {
    auto addresses = addresses_with(rank, word, kFew + 1);
    if (addresses.size() <= kFew) return best_among(addresses, limit);
  }
  auto first = first_in_order(rank, limit, kSoon);
  return first.complete ? std::move(first.found) : best_among(addresses_with_all(rank), limit);
}

std::vector<std::int64_t> Completer::addresses_with(AddressClass rank, const std::string& word,
                                                    std::size_t keys) {
  const std::string key(cut_to_key(word));
  const auto beyond = key + '\xff';  // no UTF-8 has that
  std::vector<std::int64_t> addresses;
  Rows rows(with_key_, static_cast<int>(rank), key, beyond, keys);
  while (rows.next()) addresses.push_back(rows.integer(0));
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::vector<std::int64_t> Completer::addresses_with_all(AddressClass rank) {
  auto all = addresses_with(rank, words_.front(), kEverything);
  for (std::size_t i = 1; i < words_.size(); ++i) {
    const auto more = addresses_with(rank, words_[i], kEverything);
    std::vector<std::int64_t> both;
    std::set_intersection(all.begin(), all.end(), more.begin(), more.end(),
                          std::back_inserter(both));
    all = std::move(both);
  }
  return all;
}

std::vector<Candidate> Completer::best_among(const std::vector<std::int64_t>& addresses,
                                             std::size_t limit) {
  std::vector<Candidate> found;
  for (const auto address : addresses) {
    Rows rows(by_address_, address);
    if (!rows.next()) continue;
    if (auto candidate = match(rows)) found.push_back(std::move(*candidate));
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.completion.email < b.completion.email;
  });
  found.resize(std::min(found.size(), limit));
  return found;
}

Completer::First Completer::first_in_order(AddressClass rank, std::size_t limit,
                                           std::size_t rows_read) {
  First first;
  Rows rows(in_order_, static_cast<int>(rank));
  for (; first.found.size() < limit; --rows_read) {
    if (rows_read == 0) return first;
    if (!rows.next()) break;
    if (auto candidate = match(rows)) first.found.push_back(std::move(*candidate));
  }
  first.complete = true;
  return first;
}

std::optional<Candidate> Completer::match(const Rows& row) const {
  const auto text = row.text(3);
  const bool all = std::all_of(words_.begin(), words_.end(),
                               [&](const std::string& word) { return has_word(text, word); });
  if (!all) return {};
  return Candidate{row.integer(0),
                   row.integer(4),
                   {std::string(row.text(2)), std::string(row.text(1)), row.integer(5), 0}};
}

std::int64_t Completer::last_seen(std::int64_t address) {
  Rows rows(last_, address);
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace

std::vector<Completion> complete_address(const Connection& connection, std::string_view typed,
                                         std::size_t limit) {
  return Completer(connection, typed_words(typed), std::min(limit, kMaxCompletions)).run();
}

std::vector<Completion> Catalog::complete(std::string_view typed, std::size_t limit) const {
  const auto reader = state_->readers.take();
  const replica::sqlite::ReadTransaction transaction(reader->connection);
  return complete_address(reader->connection, typed, limit);
}

}  // namespace indexer
