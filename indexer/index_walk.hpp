// Reads all of a text index, list by list, in a process of its own: on damaged files Xapian does
// not always throw (1.4.22 was seen to crash), and that must not end the server. The process is
// this program, started with the argument kIndexWalkArgument.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "indexer/entry_checksums.hpp"
#include "indexer/progress.hpp"

namespace indexer {

inline constexpr char kIndexWalkArgument[] = "index-walk";

// What an index holds.
struct WalkedIndex {
  struct Entry {
    std::uint32_t number = 0;
    EntryChecksums sums;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;  // by number, ascending
  // What is damaged, in words, the first of it; then `entries` may be incomplete.
  std::vector<std::string> faults;
  std::string revision;  // tells one state of the index from another
};

// If the index is written to meanwhile, the walk starts again, a few times; after that it is
// reported as a fault. Throws Cancelled, and std::system_error when no process can be started.
[[nodiscard]] WalkedIndex walk_index(const std::filesystem::path& folder, const Progress& progress);

// The revision of an index as it is now; empty where it cannot be read.
[[nodiscard]] std::string index_revision(const std::filesystem::path& folder);

// The main function of that process. Writes to standard output, which is a pipe. Does not return.
[[noreturn]] void run_index_walk(const std::filesystem::path& folder);

}  // namespace indexer
