// The log that answers "what changed in this list since that state". For each message that a
// transaction changed it has the lists and the thread that the message was in before; what it is
// now, the catalog says. Only the newest changes are kept; a bulk load starts the log again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/catalog_writer.hpp"

namespace indexer {

// Tells which lists and which thread a message was in.
struct ListMembership {
  std::int64_t flags = 0;
  std::int64_t thread = 0;
  std::int64_t date = 0;
  std::vector<std::int64_t> views;
};
[[nodiscard]] std::string pack(const ListMembership& membership);
// Nothing when the message did not exist.
[[nodiscard]] std::optional<ListMembership> unpack_membership(std::string_view packed);

// Lives for one transaction.
class ChangeLog {
 public:
  // Without `enabled` nothing is logged, and the log is emptied.
  ChangeLog(Writer& writer, bool enabled) : writer_(writer), enabled_(enabled) {}

  // To be called before a message changes. Only the first call for a message in a transaction
  // counts.
  void changed(const std::string& id, const ListMembership& before);
  void added(const std::string& id);
  // The threadId of the thread's messages changes.
  void renamed(std::int64_t thread);
  // Writes the changes as the step that leads to `state`.
  void flush(std::int64_t state);

 private:
  void trim(std::int64_t state);

  Writer& writer_;
  bool enabled_;
  std::map<std::string, std::string> before_;
  std::set<std::int64_t> renamed_;
};

}  // namespace indexer
