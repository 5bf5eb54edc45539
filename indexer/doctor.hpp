// The doctor checks an account. It looks at the files first, then brings lists and index up to the
// stores, as any start of the program does, and compares stores, catalog and index document by
// document. Memory is bounded except for some 70 octets per entry. A repair rebuilds derived data,
// and fetches again what a source has.
//
// Only derived data is deleted; a damaged store or blob is moved aside. The account may be read and
// written meanwhile.
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
  // How many were examined: live documents of the source and of the stores, entries of catalog and
  // text index. Nothing: not examined.
  std::optional<std::int64_t> source, store, catalog, index;
  Findings findings;
  std::vector<std::string> notes;  // remarks that are no differences
  std::vector<std::string> repairs;  // what was done, in words
  std::int64_t repaired = 0;  // differences that were found and are gone now
};

// The account to examine, and what the doctor needs from outside.
struct DoctorTarget {
  std::filesystem::path folder;
  std::string name;
  // Opens the account for writing. Not called while its files are damaged.
  std::function<std::shared_ptr<Account>()> open;
  // Which attachments' bytes should be in the account. Null: all that documents name.
  std::function<bool(std::string_view content_type, std::uint64_t length)> keeps_bytes;
  // Compares the stores with the source. Null: not asked for.
  std::function<void(Account&, DoctorReport&)> compare_source;
  // Fetches missing documents from the source, and purges those that it does not have. Null: there
  // is no source, or it is not to be asked.
  std::function<void(Account&)> refetch;
  // Whether the source has the database of that store ("io-cozy-emails"). Throws SourceError when it
  // does not answer. Null only where `refetch` is.
  std::function<bool(const std::string& store)> is_at_source;
};

// Throws Cancelled, and errors that prevent the examination: AccountBusy, sqlite::Error (such as a
// full disk), SourceError.
[[nodiscard]] DoctorReport examine(const DoctorTarget& target, Progress& progress);
// Examines, repairs the differences and examines again: the report says what is left.
[[nodiscard]] DoctorReport examine_and_repair(const DoctorTarget& target, Progress& progress);

}  // namespace indexer
