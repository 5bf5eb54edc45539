// Which entries a query matches, by looking at every one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/oracle/entry.hpp"
#include "tests/oracle/query.hpp"
#include "tests/oracle/truth.hpp"

namespace oracle {

class Matcher {
 public:
  explicit Matcher(const Account& account);

  // One for each entry of the account, in its order.
  [[nodiscard]] std::vector<Truth> match(const Query& query) const;

 private:
  using Truths = std::vector<Truth>;
  template <typename Holds>
  [[nodiscard]] Truths each(const Holds& holds) const;
  [[nodiscard]] Truths in_threads(const Truths& matching) const;

  Truths match_node(const Everything& everything) const;
  Truths match_node(const Words& words) const;
  Truths match_node(const Part& part) const;
  Truths match_node(const Near& near) const;
  Truths match_node(const InMailbox& mailbox) const;
  Truths match_node(const InOtherMailbox& other) const;
  Truths match_node(const HasKeyword& keyword) const;
  Truths match_node(const InState& wanted) const;
  Truths match_node(const HasAttachment& has) const;
  Truths match_node(const OfKind& kind) const;
  Truths match_node(const InLanguage& language) const;
  Truths match_node(const Dated& date) const;
  Truths match_node(const Sized& size) const;
  Truths match_node(const WithMessageId& message) const;
  Truths match_node(const HasHeader& header) const;
  Truths match_node(const InThread& thread) const;
  Truths match_node(const ThreadOf& threads) const;
  Truths match_node(const All& all) const;
  Truths match_node(const Any& any) const;
  Truths match_node(const Not& negation) const;

  const Account& account_;
  std::map<std::string, std::vector<std::size_t>> threads_;  // positions of their messages
};

}  // namespace oracle
