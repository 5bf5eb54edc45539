#include "replica/replicator.hpp"
