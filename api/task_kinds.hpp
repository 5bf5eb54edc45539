// What each kind of task does: the same in a server, and in a command where no server runs.
#pragma once

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"

namespace api {

// Arguments, by kind:
//   reindex  {"query": text} or {"failed": true}: only what it finds, in place; {"rate": entries a second};
//            {"unasked": true} (kUnaskedReindex): waits where there is no room
//   compact  {}
//   doctor   {"source": true, "repair": true}: also compares with the source, and mends; {"json": true}: the outcome is the report
//   backup   {"to": folder}
//   import   {"paths": [absolute path, …]}
//   sync     {}: only where there is a `replication`
[[nodiscard]] Tasks::Kinds task_kinds(const Config& config, Accounts& accounts,
                                      Replication* replication);

}  // namespace api
