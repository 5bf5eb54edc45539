#include "indexer/account.hpp"
