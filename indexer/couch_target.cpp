#include "indexer/couch_target.hpp"
