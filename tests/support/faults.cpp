#include "tests/support/faults.hpp"

#include <fmt/core.h>
#include <string_view>

namespace support {
namespace {

constexpr std::string_view kHtmlPage =
    "<html><head><title>Welcome</title></head><body><h1>Please log in</h1></body></html>\n";

}  // namespace

std::string name_of(Fault fault) {
  constexpr const char* kNames[] = {"cut request",
                                    "cut answer",
                                    "429",
                                    "429 Retry-After",
                                    "500",
                                    "502",
                                    "413",
                                    "401",
                                    "delay",
                                    "trickle",
                                    "truncated",
                                    "long length",
                                    "short length",
                                    "HTML",
                                    "repeated rows",
                                    "old rows",
                                    "reordered rows",
                                    "rewind",
                                    "early last_seq",
                                    "empty page",
                                    "null sequences"};
  return kNames[static_cast<std::size_t>(fault)];
}

FaultRates usual_rates() {
  return {{Fault::kCutRequest, 0.02},   {Fault::kCutAnswer, 0.06},     {Fault::kTooMany, 0.01},
          {Fault::kRetryAfter, 0.003},  {Fault::kServerError, 0.02},   {Fault::kBadGateway, 0.01},
          {Fault::kTooLarge, 0.01},     {Fault::kUnauthorized, 0.002}, {Fault::kDelay, 0.03},
          {Fault::kTrickle, 0.03},      {Fault::kTruncated, 0.02},     {Fault::kLongLength, 0.01},
          {Fault::kShortLength, 0.01},  {Fault::kHtml, 0.01},          {Fault::kRepeatRows, 0.06},
          {Fault::kOldRows, 0.06},      {Fault::kReorderRows, 0.06},   {Fault::kRewind, 0.05},
          {Fault::kEarlyLastSeq, 0.05}, {Fault::kEmptyPage, 0.04},     {Fault::kNullSeqs, 0.05}};
}

std::string refusal(Fault fault) {
  const auto answer = [](std::string_view status, std::string_view fields,
                         std::string_view payload) {
    return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields,
                       payload.size(), payload);
  };
  constexpr std::string_view kJson = "Content-Type: application/json\r\n";
  switch (fault) {
    case Fault::kTooMany:
      return answer("429 Too Many Requests", kJson,
                    R"({"error":"too_many_requests","reason":"slow down"})");
    case Fault::kRetryAfter:
      return answer("429 Too Many Requests", "Content-Type: application/json\r\nRetry-After: 1\r\n",
                    R"({"error":"too_many_requests","reason":"slow down"})");
    case Fault::kServerError:
      return answer(
          "500 Internal Server Error", kJson,
          R"({"error":"internal_server_error","reason":"No DB shards could be opened."})");
    case Fault::kBadGateway:
      return answer("502 Bad Gateway", "Content-Type: text/html\r\n", kHtmlPage);
    case Fault::kTooLarge:
      return answer("413 Request Entity Too Large",
                    "Content-Type: application/json\r\nConnection: close\r\n",
                    R"({"error":"too_large","reason":"the request entity is too large"})");
    case Fault::kUnauthorized:
      return answer("401 Unauthorized", kJson,
                    R"({"error":"unauthorized","reason":"Name or password is incorrect."})");
    case Fault::kHtml:
      return answer("200 OK", "Content-Type: text/html\r\n", kHtmlPage);
    default:
      return {};
  }
}

}  // namespace support
