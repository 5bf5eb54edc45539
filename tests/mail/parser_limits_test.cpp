// Messages that were made to use up time, stack or memory.
#include <ctime>

#include "mail/parser.hpp"
#include "tests/mail/parser_fixture.hpp"

namespace mail {
namespace {

using Strings = std::vector<std::string>;

class ParserLimits : public ParserTest {};

TEST_F(ParserLimits, LimitsLeaveANote) {
  ParseLimits limits;
  limits.max_parts = 2;
  limits.max_depth = 1;
  limits.max_body_bytes = 5;
  limits.max_addresses = 1;
  limits.max_header_value_bytes = 20;
  const auto parsed =
      parse("Subject: " + std::string(30, 's') + "\nTo: a@x, b@x\n" +
                multipart("mixed", {"\n1234\xC3\xA4", multipart("alternative", {kPlain}), "\nx"}),
            limits);
  EXPECT_EQ(parsed.metadata.subject, std::string(20, 's'));
  EXPECT_EQ(parsed.metadata.to.size(), 1U);
  ASSERT_EQ(parsed.bodies.size(), 1U);
  EXPECT_EQ(parsed.bodies[0].content, "1234");
  EXPECT_TRUE(parsed.bodies[0].truncated);
  EXPECT_EQ(parsed.metadata.cut, (Strings{"parts after the first 2", "parts nested deeper than 1",
                                          "header Subject is longer than 20 bytes",
                                          "header To has more than 1 addresses",
                                          "text/plain body is longer than 5 bytes"}));
}

std::string repeat(std::string_view unit, std::size_t times) {
  std::string out;
  out.reserve(unit.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += unit;
  return out;
}

// A quadratic algorithm, or recursion, would not come through these.
TEST_F(ParserLimits, HostileInputTakesLinearTime) {
  std::string nested = "Subject: s\n";
  for (int i = 0; i < 10'000; ++i) {
    const auto name = std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=b" + name + "\n\n--b" + name + "\n";
  }
  std::string parameters = "Content-Type: text/plain";
  for (int i = 0; i < 50'000; ++i) parameters += "; a*" + std::to_string(i) + "*=b";
  std::vector<std::string> inputs = {
      "Content-Type: multipart/mixed; boundary=b\n\n" +
          repeat("--b\nContent-Type: text/plain\n\nhello\n", 10'000),
      "Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\n", 500'000),
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + repeat("--b x\n", 500'000),
      "X: " + std::string(10'000'000, 'a') + "\n\nbody",
      repeat("a:\n", 2'000'000) + "\nbody",
      "X: a\n" + repeat(" b\n", 2'000'000) + "\nbody",
      "Subject: " + repeat("=?utf-8?B?YQ==?= ", 300'000) + "\n\nbody",
      "Subject: x\0\n\n" + std::string(1'000'000, '\0'),
      parameters + "\n\nbody",
      nested,
      nested + repeat("--b\n", 200'000),
      "Content-Transfer-Encoding: quoted-printable\n\n" + std::string(5'000'000, '='),
      "Content-Type: text/plain; charset=gb2312\n\n" + std::string(200'000, '\xFF'),
  };
  for (const std::string_view unit : {"(", "\"", "<", "a:", ",", "@", "a <b@x>, ", "\\", "=?",
                                      "=?a?b?", "a:b@x;", "<@a,@b:", "[", "(\"", "\xFF"}) {
    const auto value = repeat(unit, 40'000 / unit.size());
    inputs.push_back("To: " + value + "\nReferences: " + value + "\nDate: " + value +
                     "\nSubject: " + value + "\nContent-Type: text/" + value +
                     "\nContent-Disposition: " + value + "\n\nbody");
  }
  for (const auto& input : inputs) {
    const auto begin = std::clock();  // of this process: the machine may be busy
    const auto parsed = parse_message(input);
    EXPECT_TRUE(parsed) << input.substr(0, 60);
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 5) << input.substr(0, 60);
  }
}

TEST_F(ParserLimits, WhatItSaysIsUtf8) {
  using namespace std::string_view_literals;
  constexpr auto kOctets = "abc\n\n:;=?-<>@\"\\ \t\r\xC3\xA4\xFF\0BQ/"sv;
  std::string bytes;
  std::uint32_t state = 7;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 1664525 + 1013904223;
    bytes += kOctets[(state >> 16) % kOctets.size()];
  }
  for (std::size_t at = 0; at + 500 < bytes.size(); at += 250) {
    const auto parsed = parse_message("Subject: " + bytes.substr(at, 500));
    if (!parsed) continue;
    EXPECT_TRUE(read_metadata(to_json(parsed->metadata))) << at;
  }
}

}  // namespace
}  // namespace mail
