#include "indexer/query.hpp"
