#include "mail/documents.hpp"
