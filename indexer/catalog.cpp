#include "indexer/catalog.hpp"
