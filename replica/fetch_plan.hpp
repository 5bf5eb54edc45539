// Which revisions a fetch asked for, in requests of bounded size, and what came of each.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "replica/couch_answers.hpp"

namespace replica {

class FetchPlan {
 public:
  // Documents without revisions are left out.
  explicit FetchPlan(const std::vector<RevisionsOfDocument>& wanted);

  // A run of the revisions asked for: [begin, end).
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  [[nodiscard]] std::vector<Part> parts() const;
  [[nodiscard]] std::string bulk_get_body(Part part) const;
  [[nodiscard]] std::vector<RevisionsOfDocument> documents(
      Part part) const;  // each short enough for a URL

  // Records what came as the result for the revision that was asked for: the same one, or an ancestor of it.
  void add_result(SentRevision sent);
  // One for each revision asked for, in order; what nothing came of has a problem.
  [[nodiscard]] std::vector<FetchedRevision> results();

 private:
  std::vector<FetchedRevision> asked_;
  std::vector<bool> answered_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_id_;  // positions in asked_
};

}  // namespace replica
