#include "mail/threads.hpp"
