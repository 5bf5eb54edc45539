#include "mail/json_writer.hpp"
