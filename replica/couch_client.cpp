#include "replica/couch_client.hpp"
