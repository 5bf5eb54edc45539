#include "indexer/renewal_mark.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/support.hpp"

namespace indexer {
namespace {

TEST(RenewalMark, IsReadByItsOwnTaskAlone) {
  const support::TemporaryFolder folder;
  const RenewalMark mark(folder.path(), "12"), other(folder.path(), "1"), none(folder.path(), "");
  EXPECT_FALSE(mark.read());
  Renewal written;
  written.entries = 1'500;
  written.after = OrderKey{-1'600'000'000, "bTE\"\\"};
  written.begun = {{mail::Doctype::kEmails, "m 1"}, {mail::Doctype::kFiles, "f\n2"}};
  mark.write(written);
  none.write({});
  const auto read = RenewalMark(folder.path(), "12").read();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entries, 1'500);
  EXPECT_EQ(read->after, written.after);
  EXPECT_EQ(read->begun, written.begun);
  EXPECT_FALSE(other.read());
  EXPECT_FALSE(none.read());
  mark.write({});
  EXPECT_EQ(mark.read()->after, std::nullopt);
  mark.remove();
  EXPECT_FALSE(mark.read());
}

TEST(RenewalMark, WhatCannotBeReadIsNone) {
  const support::TemporaryFolder folder;
  const RenewalMark mark(folder.path(), "12");
  for (const char* bytes :
       {"", "[", "[]", "{}", R"({"task":"12"})", R"({"task":12,"entries":1})",
        R"({"task":"12","entries":"x","after":null,"begun":[]})",
        R"({"task":"12","entries":1,"after":[1],"begun":[]})",
        R"({"task":"12","entries":1,"after":null,"begun":[["io.cozy.emails"]]})"}) {
    support::write_file(folder / "renewal.json", bytes);
    EXPECT_FALSE(mark.read()) << bytes;
  }
}

}  // namespace
}  // namespace indexer
