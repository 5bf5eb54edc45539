#include "indexer/import.hpp"
