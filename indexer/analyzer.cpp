#include "indexer/analyzer.hpp"
