// The pipe protocol of an index walk: frames of a head and as many octets as the head says.
#pragma once

#include <cstdint>

namespace indexer {

enum class WalkFrame : std::uint32_t {
  kTables,  // no content: tables are checked from here on, with no frame while one is checked
  kLists,  // no content: lists are walked from here on
  kAlive,  // no content: sent every second of a walk
  kFault,  // what is damaged, in words
  kRevision,  // WalkedIndex::revision
  kEntries,  // WalkedIndex::Entry, one after the other
  kEnd,  // no content: the last frame
};

struct WalkFrameHead {
  WalkFrame frame = WalkFrame::kAlive;
  std::uint32_t size = 0;  // octets that follow
};

inline constexpr std::uint32_t kMaxWalkFrame = 1U << 20;  // octets

}  // namespace indexer
