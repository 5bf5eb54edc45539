#include "api/routes.hpp"
