#include "indexer/address_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace indexer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(AddressWords, CaseAndAccentsAreOne) {
  struct Case {
    std::string text, folded;
  };
  const Case cases[] = {
      {"Ada LOVELACE", "ada lovelace"},
      {"Amélie Poulain", "amelie poulain"},
      {"Ame\u0301lie", "amelie"},
      {"Jürgen Groß", "jurgen gross"},
      {"Søren Łukasz Đoković", "soren lukasz dokovic"},
      {"İpek Işık", "ipek isik"},
      {"Ёлкин", "елкин"},
      {"ΣΊΣΥΦΟΣ", "σισυφοσ"},
      {"Ｗｉｄｅ", "wide"},
      {"山田太郎", "山田太郎"},
      {"\"Smith, John\" (work)", " smith  john   work "},
      {"a\x01\nb", "a  b"},
      {"bad \xff\xfe", ""},
      {"", ""},
  };
  for (const auto& each : cases) EXPECT_EQ(fold_address(each.text), each.folded) << each.text;
}

TEST(AddressWords, KeysBeginAtWordsAndAtPartsOfTheAddress) {
  EXPECT_THAT(
      address_keys(address_text("Ada King", "ada.king+x@mail.example.org")),
      ElementsAre("@mail.example.or", "ada king ada.kin", "ada.king+x@mail.", "example.org",
                  "king ada.king+x@", "king+x@mail.exam", "mail.example.org", "x@mail.example.o"));
  EXPECT_THAT(address_keys(address_text("Jean-Luc O'Brien", "jl@localhost")),
              ElementsAre("@localhost", "brien jl@localho", "jean-luc o'brien", "jl@localhost",
                          "localhost", "luc o'brien jl@l", "o'brien jl@local"));
  EXPECT_THAT(address_keys(address_text("山田太郎", "taro@example.jp")),
              Contains("太郎 taro@exam"));
  EXPECT_THAT(address_keys(address_text("", "a@b.org")), Not(Contains("org")));
}

TEST(AddressWords, KeysAreShortAndCutBetweenCharacters) {
  const std::string name = "жжжжжжжжжжжжж";
  const auto text = address_text("x" + name, "a@b.org");
  EXPECT_THAT(address_keys(text), Contains("xжжжжжжж")) << "byte 16 is inside a letter";
  for (const auto& key : address_keys(text)) EXPECT_LE(key.size(), kMaxKey) << key;
  EXPECT_TRUE(has_word(text, "x" + name));
  EXPECT_FALSE(has_word(text, "x" + name + "ж")) << "what is typed counts to its end";
}

TEST(AddressWords, WordsAreFoundByTheirBeginnings) {
  const auto text = address_text("Ada King", "ada.king@mail.example.org");
  for (const char* typed :
       {"a", "ada", "ada.k", "king", "mail", "example.o", "@mail", "ada.king@ma"})
    EXPECT_TRUE(has_word(text, typed)) << typed;
  for (const char* typed : {"da", "ing", "org", "o", "@example", "king@example", "b"})
    EXPECT_FALSE(has_word(text, typed)) << typed;
}

TEST(AddressWords, TypedWordsBeginWithALetter) {
  EXPECT_THAT(typed_words("  Ada  Éx "), ElementsAre("ada", "ex"));
  EXPECT_THAT(typed_words("\"Ada <ada@ex"), ElementsAre("ada", "ada@ex"));
  EXPECT_THAT(typed_words("@Example.ORG"), ElementsAre("@example.org"));
  EXPECT_THAT(typed_words("- . ... 'o"), ElementsAre("o"));
  EXPECT_THAT(typed_words("\xff"), IsEmpty());
  EXPECT_THAT(typed_words("a b c d e f g h i j"), SizeIs(8));
}

TEST(AddressWords, AutomatedAddressesAreKnownByTheirNames) {
  for (const char* email :
       {"noreply@shop.example", "no-reply@shop.example", "do_not_reply.news@x.org",
        "mailer-daemon@x.org", "bounces+82719-ab=example.org@mail.x.org", "notifications@github.x",
        "reply-fe8f1c7271620c7d@x.org"})
    EXPECT_TRUE(is_automated(email)) << email;
  for (const char* email : {"ada@example.org", "ada.lovelace@noreply.org", "info@x.org",
                            "nora.eply@x.org", "bartholomew.featherstonehaugh@x.org"})
    EXPECT_FALSE(is_automated(email)) << email;
}

}  // namespace
}  // namespace indexer
