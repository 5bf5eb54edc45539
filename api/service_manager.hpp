// Tells systemd, or whoever started the server so, how far it is (sd_notify(3)); without $NOTIFY_SOCKET nothing is told.
#pragma once

#include <string_view>

namespace api {

// "READY=1", "RELOADING=1", "STOPPING=1"
void notify_manager(std::string_view state);

}  // namespace api
