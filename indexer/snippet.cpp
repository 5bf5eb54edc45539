#include "indexer/snippet.hpp"
