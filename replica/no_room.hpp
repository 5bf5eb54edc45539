// Is it that the disk is full?
#pragma once

#include <exception>

namespace replica {

// True when the error says that no room is left: a full disk, a quota, a limit of a file's size.
[[nodiscard]] bool says_no_room(const std::exception& error);

}  // namespace replica
