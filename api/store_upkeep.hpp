// What an operator does to the stores of an account: try again what could not be taken over, or leave it; compare anew.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "indexer/account.hpp"

namespace api {

// They are due at the next pull: those of one document, or all that are not ignored. Returns their number.
std::int64_t retry_quarantined(indexer::Account& account, const std::optional<std::string>& id);
// They are not tried again before the document changes at its source. Returns their number.
std::int64_t ignore_quarantined(indexer::Account& account, const std::string& id);

// The next pull compares the store with its source. While it is being pulled it must not be called. A store that was filled
// by an import is no replica, and is left as it is: a comparison would take from it what the source lacks.
void begin_sweep(indexer::Account& account, mail::Doctype doctype);
void begin_sweeps(indexer::Account& account);  // of all stores
// Why an account is not compared of which no database is at its source.
[[nodiscard]] std::string nothing_to_compare_with(std::string_view account);

}  // namespace api
