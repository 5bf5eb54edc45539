// Errors that say nothing of what files hold.
#pragma once

#include <exception>

namespace replica {

// True when the error says that no room is left: a full disk, a quota, a limit of a file's size.
[[nodiscard]] bool says_no_room(const std::exception& error);

// True also for what else a machine lacks, or forbids, for a while: file handles, memory, permission, a file that another
// program has locked.
[[nodiscard]] bool is_passing(const std::exception& error);

}  // namespace replica
