// Which export was imported into an account: <account>/restored.json, {"state": "…", "applying":
// "…"}.
#pragma once

#include <filesystem>
#include <string>

#include "indexer/export_format.hpp"

namespace indexer {

struct RestoreState {
  std::string state;  // state of the last imported export; empty: none was imported
  // State of the export being applied; some of its documents may be here already.
  std::string applying;
};

[[nodiscard]] RestoreState read_restore_state(const std::filesystem::path& account_folder);
// Durable when it returns.
void write_restore_state(const std::filesystem::path& account_folder, const RestoreState& state);

// Throws ExportRefused unless that export is the next one. `is_empty`: the account holds no
// document.
void require_next(const RestoreState& known, const ExportHeader& header, bool is_empty);

}  // namespace indexer
