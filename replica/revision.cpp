#include "replica/revision.hpp"
