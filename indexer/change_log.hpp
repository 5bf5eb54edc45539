// The log by which "what changed in this list since that state" is answered: of each message that a transaction changed, in
// which lists it was before. What it is now, the catalog says. Newest changes only; a bulk load begins it anew.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "indexer/catalog_state.hpp"

namespace indexer {

// Lives for one transaction.
class ChangeLog {
 public:
  // Without `enabled` nothing is kept, and what is there goes.
  ChangeLog(Writer& writer, bool enabled) : writer_(writer), enabled_(enabled) {}

  // `flags` and `views` are those before the transaction's first change of that message.
  void changed(const std::string& id, std::int64_t flags, const std::vector<std::int64_t>& views);
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
