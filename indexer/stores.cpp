#include "indexer/stores.hpp"
