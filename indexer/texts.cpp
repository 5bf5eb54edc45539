#include "indexer/texts.hpp"
