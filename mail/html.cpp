#include "mail/html.hpp"
