#include "indexer/umlauts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace indexer {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST(Umlauts, EverySpellingOfAWord) {
  EXPECT_THAT(umlaut_spellings("mueller"), UnorderedElementsAre("m\u00FCller"));
  EXPECT_THAT(umlaut_spellings("aarhus"), UnorderedElementsAre("\u00E5rhus"));
  EXPECT_THAT(umlaut_spellings("koebenhavn"),
              UnorderedElementsAre("k\u00F6benhavn", "k\u00F8benhavn"));
  EXPECT_THAT(umlaut_spellings("ueberfaellig"),
              UnorderedElementsAre("\u00FCberfaellig", "\u00FCberf\u00E4llig", "ueberf\u00E4llig"));
  EXPECT_THAT(umlaut_spellings("haus"), IsEmpty());
  EXPECT_THAT(umlaut_spellings(""), IsEmpty());
}

TEST(Umlauts, AreBounded) {
  std::string word;
  for (int i = 0; i < 15; ++i) word += "ueoe";
  EXPECT_THAT(umlaut_spellings(word), SizeIs(16));
}

}  // namespace
}  // namespace indexer
