// Address lists in header fields (RFC 5322 section 3.4, its obsolete forms, and broken ones).
#pragma once

#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace mail {

// Appends the mailboxes of `line` (one line of UTF-8) to `out`, at most until `out` holds `max`.
// Members of groups are mailboxes as others; names of groups and routes are left out. A mailbox
// without a name takes its comment as name. Several words without an address become a mailbox with
// a name only; a single word becomes the address of a local user. Linear in the line.
void read_addresses(std::string_view line, std::size_t max, std::vector<Address>& out);

}  // namespace mail
