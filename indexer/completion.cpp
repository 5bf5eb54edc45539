#include "indexer/completion.hpp"

#include <algorithm>
#include <optional>

#include "indexer/account_state.hpp"
#include "indexer/address_tables.hpp"
#include "indexer/address_words.hpp"
#include "indexer/catalog_state.hpp"

namespace indexer {
namespace {

// What begins a key of more than so many addresses is common: reading addresses best first meets enough of them soon.
constexpr std::size_t kCommon = 1'000;

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
  [[nodiscard]] std::vector<Candidate> best_of(AddressClass rank, std::size_t limit);
  [[nodiscard]] std::optional<std::vector<std::int64_t>> addresses_with(AddressClass rank,
                                                                        const std::string& word);
  [[nodiscard]] std::vector<Candidate> best_among(const std::vector<std::int64_t>& addresses,
                                                  std::size_t limit);
  [[nodiscard]] std::vector<Candidate> first_in_order(AddressClass rank, std::size_t limit);
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

std::vector<Candidate> Completer::best_of(AddressClass rank, std::size_t limit) {
  std::optional<std::vector<std::int64_t>> fewest;
  for (const auto& word : words_) {
    auto addresses = addresses_with(rank, word);
    if (addresses && (!fewest || addresses->size() < fewest->size())) fewest = std::move(addresses);
  }
  return fewest ? best_among(*fewest, limit) : first_in_order(rank, limit);
}

// Nothing when they are too many.
std::optional<std::vector<std::int64_t>> Completer::addresses_with(AddressClass rank,
                                                                   const std::string& word) {
  const auto beyond = word + '\xff';  // no UTF-8 has that
  std::vector<std::int64_t> addresses;
  for (Rows rows(with_key_, static_cast<int>(rank), word, beyond, kCommon + 1); rows.next();)
    addresses.push_back(rows.integer(0));
  if (addresses.size() > kCommon) return {};
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
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

std::vector<Candidate> Completer::first_in_order(AddressClass rank, std::size_t limit) {
  std::vector<Candidate> found;
  for (Rows rows(in_order_, static_cast<int>(rank)); found.size() < limit && rows.next();) {
    if (auto candidate = match(rows)) found.push_back(std::move(*candidate));
  }
  return found;
}

std::optional<Candidate> Completer::match(const Rows& row) const {
  const auto text = row.text(3);
  const bool all = std::all_of(words_.begin(), words_.end(),
                               [&](const std::string& word) { return has_key(text, word); });
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

std::vector<Completion> Account::complete(std::string_view typed, std::size_t limit) const {
  const auto live = state_->generation();
  return live ? live->catalog().complete(typed, limit) : std::vector<Completion>{};
}

}  // namespace indexer
