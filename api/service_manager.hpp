// Reports the server's state to systemd, or another service manager, as sd_notify(3) does. Does
// nothing without $NOTIFY_SOCKET.
#pragma once

#include <string_view>

namespace api {

// "READY=1", "RELOADING=1", "STOPPING=1"
void notify_manager(std::string_view state);

}  // namespace api
