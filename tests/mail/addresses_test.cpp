#include "mail/addresses.hpp"

#include <ctime>
#include <gtest/gtest.h>

#include "tests/mail/print_address.hpp"

namespace mail {
namespace {

using Addresses = std::vector<Address>;

Addresses read(std::string_view line) {
  Addresses out;
  read_addresses(line, 1'000, out);
  return out;
}

TEST(Addresses, AsTheyAreWritten) {
  struct Case {
    std::string line;
    Addresses expected;
  };
  const Case cases[] = {
      {"Ada <ada@x>, bob@x", {{"Ada", "ada@x"}, {"", "bob@x"}}},
      {"\"Q., A.\" <a@x>", {{"Q., A.", "a@x"}}},
      {"\"a \\\"b\\\" c\" <a@x>", {{"a \"b\" c", "a@x"}}},
      {"a@x (Ada L.)", {{"Ada L.", "a@x"}}},
      {"Ada (at home (not work)) <a@x>", {{"Ada (at home (not work))", "a@x"}}},
      {"Ada (Office) King <a@x> (away)", {{"Ada (Office) King", "a@x"}}},
      {"(Office) <a@x>", {{"Office", "a@x"}}},
      {"\"a b\"@x", {{"", "\"a b\"@x"}}},
      {"\"a@x\" <a@x>", {{"a@x", "a@x"}}},
      {"a@[IPv6:2001:db8::1]", {{"", "a@[IPv6:2001:db8::1]"}}},
      // Groups (RFC 5322 section 3.4, RFC 6854).
      {"Team: a@x, B <b@x>;, c@x", {{"", "a@x"}, {"B", "b@x"}, {"", "c@x"}}},
      {"undisclosed-recipients:;", {}},
      {"\"A, B\": a@x; C: ;", {{"", "a@x"}}},
      {"A: a@x, B: b@x", {{"", "a@x"}, {"", "b@x"}}},
      // Obsolete forms (section 4.4).
      {"<@a,@b:c@x>", {{"", "c@x"}}},
      {"a . b @ x . org, ,, c@x", {{"", "a.b@x.org"}, {"", "c@x"}}},
      {"Pete(A nice \\) chap) <pete(his account)@x.org(his host)>",
       {{"Pete (A nice ) chap)", "pete@x.org"}}},
      // Encoded words, also where they should not be.
      {"=?utf-8?Q?J=C3=BCrgen?= <j@x>", {{"J\xC3\xBCrgen", "j@x"}}},
      {"\"=?utf-8?Q?J=C3=BCrgen?=\" <j@x>", {{"J\xC3\xBCrgen", "j@x"}}},
      {"=?utf-8?Q?Smith, J. :)?= <j@x>", {{"Smith, J. :)", "j@x"}}},
      {"=?utf-8?Q?Smith=2C_J=2E?= <j@x>", {{"Smith, J.", "j@x"}}},
      {"=?utf-8?Q?\"J=C3=BCrgen\"?= <j@x>", {{"J\xC3\xBCrgen", "j@x"}}},
      {"j@x (=?utf-8?Q?J=C3=BCrgen?=)", {{"J\xC3\xBCrgen", "j@x"}}},
      // RFC 6532.
      {"J\xC3\xBCrgen <j\xC3\xBC@\xC3\xBC.org>", {{"J\xC3\xBCrgen", "j\xC3\xBC@\xC3\xBC.org"}}},
      // Broken.
      {"A <a@x", {{"A", "a@x"}}},
      {"A <a@x, B <b@x>", {{"A", "a@x"}, {"B", "b@x"}}},
      {"A <a@x> B <b@x>", {{"A", "a@x"}, {"B", "b@x"}}},
      {"a@x b@x", {{"", "a@x"}, {"", "b@x"}}},
      {"a@x; b@x;", {{"", "a@x"}, {"", "b@x"}}},
      {"Ada a@x", {{"Ada", "a@x"}}},
      {"<a@x> Ada", {{"Ada", "a@x"}}},
      {"\"not closed <a@x>", {{"not closed", "a@x"}}},
      {"(not closed <a@x>", {{"(not closed", "a@x"}}},
      {"mailto:a@x", {{"", "a@x"}}},
      {"root", {{"", "root"}}},
      {"Some words", {{"Some words", ""}}},
      {"<>", {}},
      {"Ada <>", {{"Ada", ""}}},
      {"  ", {}},
      {",;:,", {}},
  };
  for (const auto& c : cases) EXPECT_EQ(read(c.line), c.expected) << c.line;
}

TEST(Addresses, AreCountedAndCut) {
  std::string line;
  while (line.size() < 40'000) line += "Somebody Else <somebody@example.org>, ";
  EXPECT_EQ(read(line).size(), 1'000U);
}

TEST(Addresses, TakeLinearTime) {
  for (const std::string_view unit :
       {"(", "\"", "<", "a:", "=?", "=?a?q?", "\\", "<(", "<\"", "( ", "[", "a (b) ", "\"a\" "}) {
    std::string line;
    while (line.size() < 200'000) line += unit;
    const auto begin = std::clock();
    EXPECT_LE(read(line).size(), 1'000U) << unit;
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 3) << unit;
  }
}

}  // namespace
}  // namespace mail
