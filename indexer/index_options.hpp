// What an operator sets about how text is indexed (`[index]` of the configuration).
#pragma once

#include <string>
#include <vector>

namespace indexer {

// Part of a generation's identity: with others, a new one is built.
struct IndexOptions {
  // The account's own language: its stems are in every entry, whatever language that is in.
  std::string language = "en";
  // Names of header fields, in lower case, that `header:` finds; of those that documents bring along.
  std::vector<std::string> headers = {"auto-submitted", "importance"};

  // Letters and digits that differ where the options do.
  [[nodiscard]] std::string identity() const;
};

}  // namespace indexer
