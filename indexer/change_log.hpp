// The log by which "what changed in this list since that state" is answered: of each message that a transaction changed, in
// which lists and which thread it was before. What it is now, the catalog says. Newest changes only; a bulk load begins it anew.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/catalog_state.hpp"

namespace indexer {

// Where a message stood: what lists and threads it was in follows from it.
struct Standing {
  std::int64_t flags = 0;
  std::int64_t thread = 0;
  std::int64_t date = 0;
  std::vector<std::int64_t> views;
};
[[nodiscard]] std::string pack(const Standing& standing);
// Nothing where the message was not there.
[[nodiscard]] std::optional<Standing> unpack_standing(std::string_view packed);

// Lives for one transaction.
class ChangeLog {
 public:
  // Without `enabled` nothing is kept, and what is there goes.
  ChangeLog(Writer& writer, bool enabled) : writer_(writer), enabled_(enabled) {}

  // `before` is told of each change; the first in a transaction counts.
  void changed(const std::string& id, const Standing& before);
  void added(const std::string& id);
  // All its messages have another threadId.
  void renamed(std::int64_t thread);
  // Writes the step to `state`.
  void flush(std::int64_t state);

 private:
  void trim(std::int64_t state);

  Writer& writer_;
  bool enabled_;
  std::map<std::string, std::string> before_;
  std::set<std::int64_t> renamed_;
};

}  // namespace indexer
