// Addresses in messages of failed tests.
#pragma once

#include <ostream>

#include "mail/documents.hpp"

namespace mail {

inline void PrintTo(const Address& address, std::ostream* out) {
  *out << address.name << " <" << address.email << ">";
}

}  // namespace mail
