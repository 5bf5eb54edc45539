#include "api/tasks.hpp"
