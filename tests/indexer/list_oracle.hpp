// Lists by brute force: messages are plain values, every list is made anew from all of them. Shares
// no code with the catalog.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "indexer/catalog.hpp"

namespace indexer {

struct OracleMessage {
  std::string id;  // of its document
  std::int64_t received = 0;
  std::optional<std::int64_t> sent;
  std::string from, to;  // as lists sort them
  std::string subject;  // the base subject, as lists sort it
  std::int64_t size = 0;
  std::set<std::string> mailboxes, keywords;
  bool attachment = false;
  int thread = 0;  // messages of the same number belong together

  [[nodiscard]] bool has(const char* keyword) const { return keywords.contains(keyword); }
  [[nodiscard]] bool unread() const { return !has("$seen") && !has("$draft"); }
};

class ListOracle {
 public:
  std::map<std::string, OracleMessage> messages;
  std::set<std::string> trash;  // mailboxes of that role

  [[nodiscard]] static bool matches(const OracleMessage& message, const MessageFilter& filter) {
    const auto agrees = [](const std::optional<bool>& wanted, bool is) {
      return !wanted || *wanted == is;
    };
    return (filter.mailbox.empty() || message.mailboxes.contains(filter.mailbox)) &&
           (filter.keyword.empty() || message.keywords.contains(filter.keyword)) &&
           agrees(filter.unread, message.unread()) && agrees(filter.seen, message.has("$seen")) &&
           agrees(filter.flagged, message.has("$flagged")) &&
           agrees(filter.answered, message.has("$answered")) &&
           agrees(filter.draft, message.has("$draft")) &&
           agrees(filter.attachment, message.attachment);
  }

  // Before the other in the order of dates; its id is the public one's, which sorts as the
  // document's where these are alike long.
  [[nodiscard]] static bool is_newer(const OracleMessage& a, const OracleMessage& b) {
    return a.received != b.received ? a.received > b.received : public_id(a.id) < public_id(b.id);
  }

  // -1, 0 or 1 by what is sorted by alone, ascending.
  [[nodiscard]] static int compare(const OracleMessage& a, const OracleMessage& b, Sort sort) {
    const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
    switch (sort) {
      case Sort::kReceived:
        return order(a.received, b.received);
      case Sort::kSent:
        return order(a.sent.value_or(a.received), b.sent.value_or(b.received));
      case Sort::kFrom:
        return order(a.from, b.from);
      case Sort::kTo:
        return order(a.to, b.to);
      case Sort::kSubject:
        return order(a.subject, b.subject);
      case Sort::kSize:
        return order(a.size, b.size);
    }
    return 0;
  }

  // Those that the list holds, in its order; equal ones newest first, or against that where it
  // descends (received: the other way round). What is equal in date as well stands in no order that
  // this knows.
  [[nodiscard]] std::vector<OracleMessage> list(const ListQuery& query) const {
    std::vector<OracleMessage> found;
    std::map<int, OracleMessage> newest;
    for (const auto& [id, message] : messages) {
      if (!matches(message, query.filter)) continue;
      if (!query.threads) {
        found.push_back(message);
        continue;
      }
      const auto [known, is_new] = newest.try_emplace(message.thread, message);
      if (!is_new && is_newer(message, known->second)) known->second = message;
    }
    for (auto& [thread, message] : newest) found.push_back(std::move(message));
    const bool by_date = query.sort == Sort::kReceived;
    const bool reversed = by_date ? query.ascending : !query.ascending;
    std::sort(found.begin(), found.end(), [&](const OracleMessage& a, const OracleMessage& b) {
      const auto& first = reversed ? b : a;
      const auto& second = reversed ? a : b;
      const int order = by_date ? 0 : compare(first, second, query.sort);
      return order != 0 ? order < 0 : is_newer(first, second);
    });
    return found;
  }

  struct Counts {
    std::int64_t total = 0, unread = 0, threads = 0, unread_threads = 0;
    friend bool operator==(const Counts&, const Counts&) = default;
  };
  // RFC 8621 section 2, word by word.
  [[nodiscard]] Counts count(const std::string& mailbox) const {
    Counts counts;
    std::set<int> threads, unread_threads;
    const bool is_trash = trash.contains(mailbox);
    const auto is_only_in_trash = [this](const OracleMessage& message) {
      return !message.mailboxes.empty() &&
             std::all_of(message.mailboxes.begin(), message.mailboxes.end(),
                         [this](const std::string& each) { return trash.contains(each); });
    };
    for (const auto& [id, message] : messages) {
      const bool is_here = message.mailboxes.contains(mailbox);
      if (is_here) {
        ++counts.total;
        counts.unread += message.unread();
        threads.insert(message.thread);
      }
      const bool counts_here = is_trash ? is_here : !is_only_in_trash(message);
      if (message.unread() && counts_here) unread_threads.insert(message.thread);
    }
    counts.threads = static_cast<std::int64_t>(threads.size());
    for (const auto thread : threads) counts.unread_threads += unread_threads.contains(thread);
    return counts;
  }
};

}  // namespace indexer
