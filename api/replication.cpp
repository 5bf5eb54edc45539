#include "api/replication.hpp"
