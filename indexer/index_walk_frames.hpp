// The pipe protocol of an index walk: frames of a head and as many octets as the head says.
#pragma once

#include <cstdint>

namespace indexer {

enum class WalkFrame : std::uint32_t {
  kTables,  // nothing: whole tables are checked from here on, each without a word
  kLists,  // nothing: lists are walked from here on
  kAlive,  // nothing: the walk goes on
  kFault,  // words
  kRevision,  // text
  kEntries,  // WalkedIndex::Entry, one after the other
  kEnd,  // nothing: all was told
};

struct WalkFrameHead {
  WalkFrame frame = WalkFrame::kAlive;
  std::uint32_t size = 0;  // octets that follow
};

inline constexpr std::uint32_t kMaxWalkFrame = 1U << 20;  // octets

}  // namespace indexer
