// What an operator sets about how text is indexed (`[index]` of the configuration).
#pragma once

#include <string>
#include <vector>

namespace indexer {

// Part of a generation's identity: when they change, a new one is built.
struct IndexOptions {
  // The account's own language: its stems are in every entry, whatever language that is in.
  std::string language = "en";
  // Names, in lower case, of the header fields that `header:` finds, if documents have them.
  std::vector<std::string> headers = {"auto-submitted", "importance"};

  // Letters and digits that differ for different options.
  [[nodiscard]] std::string identity() const;
};

}  // namespace indexer
