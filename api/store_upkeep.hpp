// An operator's actions on the stores of an account: retry or ignore documents in quarantine, and
// compare with the source again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "indexer/account.hpp"

namespace api {

// Makes documents in quarantine due at the next pull: the one with that id, or all that are not
// ignored. Returns their number.
std::int64_t retry_quarantined(indexer::Account& account, const std::optional<std::string>& id);
// Ignores a document in quarantine until it changes at its source. Returns the number of its rows.
std::int64_t ignore_quarantined(indexer::Account& account, const std::string& id);

// Makes the next pull compare the store with its source. Must not be called while the store is
// being pulled. A store that was filled by an import is left as it is: it is no replica, and a
// comparison would delete what the source lacks.
void begin_sweep(indexer::Account& account, mail::Doctype doctype);
void begin_sweeps(indexer::Account& account);  // of all stores
// The message for an account none of whose databases is at its source, so that nothing can be
// compared.
[[nodiscard]] std::string nothing_to_compare_with(std::string_view account);

}  // namespace api
