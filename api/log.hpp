// The log: one line for each event that matters. Lines name accounts, databases and document ids,
// but never the content of mail, a query or a secret.
//
// A line is text or a JSON object. Where standard error is the systemd journal, a line begins with
// its priority and has no time, since the journal adds it. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/config.hpp"

namespace api {

enum class Level { kDebug, kInfo, kWarning, kError };

// What commands log: warnings, as text.
void prepare_log();
// What a server logs.
void configure_log(const LogConfig& config);

// `event` is a name in camelCase that davenport defines; `text` is the message for people; `fields`
// are its parts for programs.
void log_event(Level level, std::string_view event, std::string_view text,
               const std::vector<std::pair<std::string_view, std::string>>& fields = {});

}  // namespace api
