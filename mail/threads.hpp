// Threads as a function of the messages present (RFC 8621 section 3): two messages are in one
// thread when they share a message id among Message-ID, In-Reply-To and References and have the
// same base subject, or are linked through other messages in this way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/documents.hpp"

namespace mail {

// The subject without reply and forward marks, list tags in brackets and white space, case folded
// (RFC 5256 section 2.1, with the marks of other languages: AW, SV, WG, RV, TR, …; of automatic
// answers and invitations: "Accepted:"; and of filters: "***SPAM***", "EXTERNAL:"). Catalogs keep
// it: when you change it, raise kProjectionVersion.
[[nodiscard]] std::string base_subject(std::string_view subject);

// A link between messages: hash of a message id together with the base subject. Messages that share
// one belong together.
using ThreadKey = std::uint64_t;

// The links of a message, sorted, without repeats; never empty (a message without any message id is
// linked by its own document id, so to itself alone).
[[nodiscard]] std::vector<ThreadKey> thread_keys(const MetadataDocument& message);

}  // namespace mail
