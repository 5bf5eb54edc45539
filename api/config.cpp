#include "api/config.hpp"
