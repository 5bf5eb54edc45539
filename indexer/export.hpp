// An account as a tar for other programs and for another davenport: mail byte for byte, documents
// with their revisions, and the bytes of attachments, whole or what changed since an earlier
// export. data/EXPORT.md describes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "indexer/account.hpp"

namespace indexer {

struct ExportSummary {
  std::string state;  // the next export can go on from here
  std::uint64_t documents = 0;  // deleted and purged ones too
  std::uint64_t messages = 0;  // messages whose original is in it
  std::uint64_t files = 0;  // other attachments
  std::uint64_t missing = 0;  // attachments whose bytes are not here
};

// Writes the account in `folder` as it is when this begins; it may be written to meanwhile.
// `doctype_member` as for Stores; `since` is the state of an earlier export, or empty. Memory does
// not grow with the account. Throws std::runtime_error when `since` is not of this account,
// Cancelled when `progress` says so; `progress` counts documents.
[[nodiscard]] ExportSummary export_account(const std::filesystem::path& folder,
                                           const std::string& name,
                                           const std::optional<std::string>& doctype_member,
                                           const std::string& since, int descriptor,
                                           Progress& progress);

}  // namespace indexer
