#include "api/http_server.hpp"
