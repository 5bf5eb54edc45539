#include "api/accounts.hpp"
