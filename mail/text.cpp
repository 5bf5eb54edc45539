#include "mail/text.hpp"
