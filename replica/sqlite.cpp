#include "replica/sqlite.hpp"
