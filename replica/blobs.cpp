#include "replica/blobs.hpp"
