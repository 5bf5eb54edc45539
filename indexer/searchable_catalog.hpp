// What a search asks of the catalog. Tests of searches have one in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/facets.hpp"

namespace indexer {

// Place in a list: (date, id), newest first. Dates are seconds since 1970.
struct OrderKey {
  std::int64_t date = 0;
  std::string id;
  friend bool operator==(const OrderKey&, const OrderKey&) = default;
};
// Newest first.
[[nodiscard]] inline bool comes_before(const OrderKey& a, const OrderKey& b) {
  return a.date != b.date ? a.date > b.date : a.id < b.id;
}

// Which messages. Everything set must hold; nothing set is all mail.
struct MessageFilter {
  std::string mailbox;  // id
  std::string keyword;
  std::optional<bool> unread{};  // neither seen nor a draft, as RFC 8621 counts
  std::optional<bool> flagged{};
  std::optional<bool> attachment{};
  std::optional<bool> seen{};
  std::optional<bool> answered{};
  std::optional<bool> draft{};
  friend auto operator<=>(const MessageFilter&, const MessageFilter&) = default;
};

// kFrom, kTo: the name of the first sender or recipient, else the address. kSubject: the base
// subject; for files the name. Values are stored (see sorted_view()): do not reorder.
enum class Sort : std::uint8_t { kReceived, kSent, kFrom, kTo, kSubject, kSize };

// Numbers of entries, ascending.
using EntryNumbers = std::shared_ptr<const std::vector<std::uint32_t>>;

// A number with its key in the order of a sort (sort_keys.hpp).
struct SortedNumber {
  std::string key;
  std::uint32_t number = 0;
};

// Numbers are those of entries: docids of the text index.
class SearchableCatalog {
 public:
  virtual ~SearchableCatalog() = default;

  // The id of the mailbox with that id, name (case folded) or role.
  [[nodiscard]] virtual std::optional<std::string> find_mailbox(std::string_view name) const = 0;
  [[nodiscard]] virtual std::vector<std::string> mailbox_ids() const = 0;  // of all mailboxes
  // Numbers of the messages that match.
  [[nodiscard]] virtual EntryNumbers numbers(const MessageFilter& filter) const = 0;
  // The first number after that place in newest-first order, for a cursor; beyond the last number
  // when there is none.
  [[nodiscard]] virtual std::uint32_t number_after(const OrderKey& place) const = 0;
  // Numbers of the messages of a thread (id of the thread or of a message in it), ascending; none
  // when there is none.
  [[nodiscard]] virtual std::vector<std::uint32_t> thread_numbers(std::string_view id) const = 0;
  // The thread of each number; 0 for an entry without one.
  [[nodiscard]] virtual std::vector<std::int64_t> threads_of(
      const std::vector<std::uint32_t>& numbers) const = 0;
  // Numbers of all messages in the threads of these, ascending.
  [[nodiscard]] virtual std::vector<std::uint32_t> same_threads(
      const std::vector<std::uint32_t>& numbers) const = 0;
  // The first of these numbers in the order of that sort, from after the key `after` on, at most
  // `limit`. `sort` is one that has keys of its own.
  [[nodiscard]] virtual std::vector<SortedNumber> sorted_numbers(
      const std::vector<std::uint32_t>& numbers, Sort sort, bool ascending,
      const std::string& after, std::size_t limit) const = 0;
  // Visits the values that facets count, of each of these entries that exists.
  virtual void facet_rows(const std::vector<std::uint32_t>& numbers,
                          const std::function<void(const FacetRow&)>& visit) const = 0;
};

}  // namespace indexer
