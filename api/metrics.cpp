#include "api/metrics.hpp"
