// The log: one line for each event that matters. Lines name accounts, databases and document ids; never what mail says, what
// was searched for, or a secret.
//
// As text, or a JSON object a line. Where standard error is the journal, a line says its priority and no time, which the
// journal has. Any thread.
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

// `event` is a name of ours, in camelCase; `text` says it all to a person; `fields` are its parts for programs.
void log_event(Level level, std::string_view event, std::string_view text,
               const std::vector<std::pair<std::string_view, std::string>>& fields = {});

}  // namespace api
