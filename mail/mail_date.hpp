// The dates of mail: RFC 5322 section 3.3, its obsolete forms, and what programs write instead.
#pragma once

#include <optional>
#include <string_view>

#include "mail/documents.hpp"

namespace mail {

// Also read: two and three digits of a year, seconds or a zone that are missing, named zones, the
// forms of ctime, RFC 850 and ISO 8601, months as numbers, AM and PM. Nothing when a part is
// missing or impossible (99 May, 25:00), or the year is before 1900 or after 2105. A zone that is
// unknown, or more than 14 hours off, is UTC.
[[nodiscard]] std::optional<DateTime> parse_mail_date(std::string_view value);

}  // namespace mail
