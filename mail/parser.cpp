#include "mail/parser.hpp"
