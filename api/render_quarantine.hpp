// Renders documents in quarantine, for status and for the quarantine's own routes.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "api/accounts.hpp"
#include "api/layout.hpp"
#include "mail/json_writer.hpp"
#include "replica/store.hpp"

namespace api {

// "alice/io-cozy-emails": the database that the store of that name is the replica of.
[[nodiscard]] std::string database_of(const std::string& account, const Layout& layout,
                                      const std::string& store);

void write_quarantined(mail::JsonWriter& json, const std::string& database,
                       const replica::Quarantined& document);

// The quarantine of these accounts. Ignored documents are included and marked. An account that
// cannot be opened is listed with its error.
[[nodiscard]] std::string render_quarantine(Accounts& accounts, std::span<const std::string> names);

}  // namespace api
