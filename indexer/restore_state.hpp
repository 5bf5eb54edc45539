// Which export an account has taken over: <account>/restored.json, {"state": "…", "applying": "…"}.
#pragma once

#include <filesystem>
#include <string>

#include "indexer/export_format.hpp"

namespace indexer {

struct RestoreState {
  std::string state;  // that the account was brought to; empty: it took over no export
  std::string applying;  // that it is being brought to; documents of it may be there already
};

[[nodiscard]] RestoreState read_restore_state(const std::filesystem::path& account_folder);
// Durable when it returns.
void write_restore_state(const std::filesystem::path& account_folder, const RestoreState& state);

// Throws ExportRefused unless that export is the next one. `is_empty`: the account holds no document.
void require_next(const RestoreState& known, const ExportHeader& header, bool is_empty);

}  // namespace indexer
