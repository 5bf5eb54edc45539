// Parses raw messages, and writes what the parser made of them in a line.
#pragma once

#include <gtest/gtest.h>
#include <initializer_list>
#include <string>
#include <string_view>

#include "mail/parser.hpp"
#include "tests/mail/print_address.hpp"

namespace mail {

// The fields and the body of a multipart; the boundary is its subtype.
inline std::string multipart(std::string_view subtype,
                             std::initializer_list<std::string_view> parts) {
  std::string out = "Content-Type: multipart/" + std::string(subtype) + "; boundary=\"" +
                    std::string(subtype) + "\"\n\npreamble\n";
  for (const auto part : parts)
    out.append("--").append(subtype).append("\n").append(part).append("\n");
  return out.append("--").append(subtype).append("--\nepilogue\n");
}

inline constexpr std::string_view kPlain = "Content-Type: text/plain\n\nplain";

class ParserTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialize(); }

  static ParsedMessage parse(std::string_view raw, const ParseLimits& limits = {}) {
    auto parsed = parse_message(raw, limits);
    if (!parsed) {
      ADD_FAILURE() << parsed.error().reason << ": " << raw.substr(0, 200);
      return {};
    }
    return *std::move(parsed);
  }

  // "text/plain: … | text/html: …"
  static std::string bodies_of(const ParsedMessage& parsed) {
    std::string out;
    for (const auto& body : parsed.bodies) {
      if (!out.empty()) out += " | ";
      out.append(body.type).append(": ").append(body.content);
    }
    return out;
  }

  // "1.2 application/pdf a.pdf 3, …"
  static std::string attachments_of(const ParsedMessage& parsed) {
    std::string out;
    for (const auto& a : parsed.metadata.attachments) {
      if (!out.empty()) out += ", ";
      out += a.part_id + " " + a.type + " " + a.name + " " + std::to_string(a.size);
    }
    return out;
  }
};

}  // namespace mail
