#include "indexer/fulltext.hpp"
