#include "replica/store.hpp"
