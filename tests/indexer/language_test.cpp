#include "indexer/language.hpp"

#include <gtest/gtest.h>

namespace indexer {
namespace {

TEST(Language, IsKnownFromAFewSentences) {
  EXPECT_EQ(language_of("Please find the report of last week below, and tell me what you think."),
            "en");
  EXPECT_EQ(language_of("Veuillez trouver ci-dessous le compte rendu de la semaine dernière, et "
                        "dites-moi ce que vous en pensez."),
            "fr");
  EXPECT_EQ(language_of("Im Anhang findest du den Bericht der letzten Woche; sag mir bitte, was du "
                        "davon hältst."),
            "de");
  EXPECT_EQ(
      language_of("Пожалуйста, посмотрите отчёт за прошлую неделю и скажите, что вы думаете."),
      "ru");
  EXPECT_EQ(language_of("先週の報告書をご覧になって、ご意見をお聞かせください。"), "ja");
  EXPECT_EQ(language_of("אנא קראו את הדוח של השבוע שעבר וספרו לי מה דעתכם עליו."), "he");
}

TEST(Language, IsUnknownWhereThereIsLittleToGoBy) {
  EXPECT_EQ(language_of(""), "");
  EXPECT_EQ(language_of("ok"), "");
  EXPECT_EQ(language_of("1234 5678 :-) 0x1f"), "");
  EXPECT_EQ(language_of("\xff\xfe\x80\x81"), "");
}

TEST(Language, CodesAreThoseThatItGives) {
  for (const char* code : {"en", "fr", "he", "jv", "zh", "zh-hant", "ceb"})
    EXPECT_TRUE(is_detected_language(code)) << code;
  for (const char* code : {"", "xx", "xx-latn", "un", "zzp", "z", "zh-", "iw", "klingon", "EN"})
    EXPECT_FALSE(is_detected_language(code)) << code;
}

TEST(Language, LooksAtTheBeginningOnly) {
  std::string text;
  while (text.size() < 5'000)
    text += "This is a sentence of a letter that was written in English. ";
  const std::string german(100'000, 'x');
  EXPECT_EQ(language_of(text + german), "en");
  // Cut in the middle of a character.
  std::string greek;
  while (greek.size() < 10'000) greek += "Αυτή είναι μια πρόταση σε ένα γράμμα. ";
  EXPECT_EQ(language_of(" " + greek), "el");
}

}  // namespace
}  // namespace indexer
