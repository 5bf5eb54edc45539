// What each kind of task does, in a server or in a command that runs without one.
#pragma once

#include "api/accounts.hpp"
#include "api/config.hpp"
#include "api/replication.hpp"
#include "api/tasks.hpp"

namespace api {

// Arguments, by kind:
//   reindex  {"query": text} or {"failed": true}: only a part, in place; {"rate": entries a second};
//            {"unasked": "rules" or "damage"} (tasks.hpp): waits while there is no room; does nothing
//            when the rules are those of the program again
//   compact  {}
//   doctor   {"source": true}: also compares with the source; {"repair": true}: repairs;
//            {"json": true}: the outcome is the report
//   backup   {"to": folder}
//   import   {"paths": [absolute path, …]}
//   sync     {}: only where there is a `replication`
[[nodiscard]] Tasks::Kinds task_kinds(const Config& config, Accounts& accounts,
                                      Replication* replication);

}  // namespace api
