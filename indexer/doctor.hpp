// The doctor: is an account what it says it is? Looks at the files first, then brings lists and index up to the stores, as any
// start of the program does, and compares stores, catalog and index document by document. Memory is bounded but for some 70
// octets an entry. A repair mends what is derived by making it anew, and fetches again what a source has.
//
// Nothing is deleted but what is derived; a store or blob that is damaged is moved aside. Others may read and write the account
// meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/account.hpp"
#include "indexer/findings.hpp"

namespace indexer {

struct DoctorReport {
  std::string account;
  // What was compared: live documents of the source and of the stores, entries of catalog and index. Nothing: it was not.
  std::optional<std::int64_t> source, store, catalog, index;
  Findings findings;
  std::vector<std::string> notes;  // what is no difference, and good to know
  std::vector<std::string> repairs;  // what was done, in words
  std::int64_t repaired = 0;  // differences that are no more
};

// The account, and what can be done for it.
struct Patient {
  std::filesystem::path folder;
  std::string name;
  // Opens it for writing. Called when its files are known to be sound, or are to be mended.
  std::function<std::shared_ptr<Account>()> open;
  // Attachments whose bytes are kept here. Null: all that documents name.
  std::function<bool(std::string_view content_type, std::uint64_t length)> keeps_bytes;
  // Compares the stores with the source. Null: that was not asked for.
  std::function<void(Account&, DoctorReport&)> compare_source;
  // Fetches from the source what is missing, purges what it does not have. Null: there is no source, or it is not to be asked.
  std::function<void(Account&)> refetch;
};

// Throws Cancelled, and what keeps it from looking: AccountBusy, sqlite::Error of a full disk, SourceError.
[[nodiscard]] DoctorReport examine(const Patient& patient, Progress& progress);
// The same, mends what differs, and examines again: the report is of what is left.
[[nodiscard]] DoctorReport examine_and_repair(const Patient& patient, Progress& progress);

}  // namespace indexer
