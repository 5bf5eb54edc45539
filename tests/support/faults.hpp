// What networks, proxies and clusters do to requests, and how often a test has them do it.
#pragma once

#include <map>
#include <string>

namespace support {

enum class Fault {
  kCutRequest,  // the connection ends in the middle of the request
  kCutAnswer,  // or of the answer, at any byte
  kTooMany,  // 429
  kRetryAfter,  // 429 with Retry-After
  kServerError,  // 500
  kBadGateway,  // 502, with an HTML page
  kTooLarge,  // 413 to a request with a payload; the connection is closed
  kUnauthorized,  // 401
  kDelay,
  kTrickle,  // a few bytes at a time
  kTruncated,  // the payload ends early, the HTTP message as it should
  kLongLength,  // Content-Length says more than comes
  kShortLength,  // or less
  kHtml,  // status 200 and a page of HTML
  // Pages of `_changes` (normal feed); all keep to the limit that was asked for:
  kRepeatRows,  // rows come twice in a page
  kOldRows,  // rows of earlier pages come again before the page's own
  kReorderRows,
  kRewind,  // the page that belongs to an earlier `since`
  kEarlyLastSeq,  // `last_seq` is that of a row in the middle
  // No rows; `last_seq` moves as far as there is no row, perhaps not at all. Only where `pending` says that there is more.
  kEmptyPage,
  kNullSeqs,
};

[[nodiscard]] std::string name_of(Fault fault);

// How often a fault meets a request that it can meet, 0 to 1; those left out never do. One request meets one fault at most.
using FaultRates = std::map<Fault, double>;
[[nodiscard]] FaultRates usual_rates();

// The answer that stands in for the source's; empty for a fault that is no refusal.
[[nodiscard]] std::string refusal(Fault fault);

}  // namespace support
