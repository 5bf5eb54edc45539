// Errors of the machine, which say nothing about what files hold: what failed may succeed later.
#pragma once

#include <exception>

namespace replica {

// No room is left: a full disk, a quota, a limit of a file's size. `error_number` is an errno.
[[nodiscard]] bool is_out_of_space(int error_number);
[[nodiscard]] bool is_out_of_space(const std::exception& error);

// Out of space, or something else that the machine lacks or forbids for now: file handles, memory, permission, a file that
// another program has locked.
[[nodiscard]] bool is_transient(const std::exception& error);

}  // namespace replica
