#include <ctime>
#include <gtest/gtest.h>

#include "mail/text.hpp"
#include "tests/mail/repeated.hpp"

namespace mail {
namespace {

// What is new of it, runs joined by "|"; checks that the runs are the text and alternate.
std::string new_text(std::string_view text) {
  std::string all, out;
  const auto runs = split_quoted(text);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    EXPECT_FALSE(runs[i].text.empty());
    EXPECT_TRUE(i == 0 || runs[i].is_new != runs[i - 1].is_new);
    all += runs[i].text;
    if (!runs[i].is_new) continue;
    if (!out.empty()) out += '|';
    out += runs[i].text;
  }
  EXPECT_EQ(all, text);
  return out;
}

struct QuoteCase {
  std::string_view text, expected;
};

TEST(Quotes, MarkedLines) {
  const QuoteCase cases[] = {
      {"", ""},
      {"words\nmore\n", "words\nmore\n"},
      {"> old\nnew\n", "new\n"},
      {"one\n> old\n\n >> older\ntwo\n\n> old", "one\n|two\n\n"},
      {"AL> old\nnew", "new"},
      {"x > y\na->b\nVALUE>\nnew", "x > y\na->b\nVALUE>\nnew"},
      {">From here on\nnew", ">From here on\nnew"},
      {"> old\r\nnew\r\n", "new\r\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(new_text(c.text), c.expected) << c.text;
}

TEST(Quotes, AttributionsInManyLanguages) {
  for (const std::string attribution : {
           "On Monday Ada wrote:",
           "On Fri, Jan 3, 2020 at 12:00 PM Ada Lovelace <ada@example.org>\nwrote:",
           "On Fri, 3 Jan 2020 12:00:00 +0100,\nAda Lovelace\n<ada@example.org> wrote:",
           "Ada Lovelace <ada@example.org> writes:",
           "In article <1@example.org>, Ada said:",
           "Am 03.01.20 um 12:00 schrieb Ada Lovelace:",
           "Le ven. 3 janv. 2020 à 12:00, Ada <ada@example.org> a écrit\xC2\xA0:",
           "El vie., 3 ene. 2020 a las 12:00, Ada (<ada@example.org>) escribió:",
           "Il giorno ven 3 gen 2020 alle ore 12:00 Ada <ada@example.org> ha scritto:",
           "Em sex., 3 de jan. de 2020 às 12:00, Ada <ada@example.org> escreveu:",
           "Op vr 3 jan. 2020 om 12:00 schreef Ada <ada@example.org>:",
           "Den fre 3 jan. 2020 kl 12:00 skrev Ada <ada@example.org>:",
           "W dniu 03.01.2020 o 12:00, Ada pisze:",
           "пт, 3 янв. 2020 г. в 12:00, Ada <ada@example.org>:",
           "Ada <ada@example.org> 于2020年1月3日周五 下午12:00写道：",
           "2020年1月3日(金) 12:00 Ada <ada@example.org>:",
           "* Ada [2020-01-03 12:00]:",
       }) {
    EXPECT_EQ(new_text("Yes.\n" + attribution + "\n\n> old\n> old\nAnd more.\n"),
              "Yes.\n|And more.\n")
        << attribution;
  }
}

TEST(Quotes, MarksMayBeginAfterAnEllipsis) {
  EXPECT_EQ(new_text("On Friday, 3 May, Ada wrote:\n[...]\n> old\nnew\n"), "[...]\n|new\n");
}

TEST(Quotes, WhatOnlyEndsInAColonIsNew) {
  const QuoteCase cases[] = {
      {"Note:\nfirst", "Note:\nfirst"},
      {"My answer:\n> old\n", "My answer:\n"},
      {"Ada wrote:\nthis book", "Ada wrote:\nthis book"},
      {"I agree.\nOn Monday\nAda wrote:\n> old", "I agree.\n"},
      {"On the whole\nI like it\n", "On the whole\nI like it\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(new_text(c.text), c.expected) << c.text;
}

TEST(Quotes, MessagesBelow) {
  for (const std::string below : {
           "-----Original Message-----\nFrom: Ada\nSent: Monday\n",
           "-----Ursprüngliche Nachricht-----\nVon: Ada\n",
           "---------- Forwarded message ---------\nFrom: Ada <ada@example.org>\n",
           "--- Something in another language ---\nVan: Ada\n",
           "Begin forwarded message:\n\nFrom: Ada\n",
           "________________________________\nFrom: Ada\nSent: Monday\n",
           "From: Ada [mailto:ada@example.org]\nSent: Monday\nTo: Bob\n",
           "*From:* Ada\n*Date:* Monday\n",
           "De\xC2\xA0: Ada\nEnvoyé\xC2\xA0: lundi\n",
           "发件人： Ada\n发送时间： 2020年1月3日\n",
           "On Fri, Jan 3, 2020 at 12:00 PM Ada <ada@example.org> wrote:\n",
       }) {
    EXPECT_EQ(new_text("Yes.\n\n" + below + "\nold words\n\n> older\nold words\n"), "Yes.\n\n")
        << below;
  }
}

TEST(Quotes, HeadersThatBelongToTheTextAreNew) {
  const QuoteCase cases[] = {
      {"From: Ada <ada@example.org>\nDate: Monday\n\nFix it.\n",
       "From: Ada <ada@example.org>\nDate: Monday\n\nFix it.\n"},
      {"See:\nFrom: here\nTo: there\n", "See:\nFrom: here\nTo: there\n"},
      {"a\n----- results -----\nb\n", "a\n----- results -----\nb\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(new_text(c.text), c.expected) << c.text;
}

TEST(Quotes, Signatures) {
  const QuoteCase cases[] = {
      {"words\n-- \nAda\nPhone", "words\n"},
      {"words\r\n-- \r\nAda\r\n", "words\r\n"},
      {"words\n--\nAda", "words\n"},
      {"words\n-- \nAda\n\n> old\nmore\n", "words\n|more\n"},
      {"words\n\nSent from my iPhone\n", "words\n\n"},
      {"words\nVon meinem iPhone gesendet\n\n> old", "words\n"},
      {"words\n_______________________________________________\nA mailing list\nlist@example.org\n",
       "words\n"},
      {"Title\n==========\nwords\n", "Title\n==========\nwords\n"},
      {"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nwords\n-----BEGIN PGP "
       "SIGNATURE-----\nabc\n",
       "words\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(new_text(c.text), c.expected) << c.text;
  std::string long_ending = "words\n--\n";
  for (int i = 0; i < 30; ++i) long_ending += "more words\n";
  EXPECT_EQ(new_text(long_ending), long_ending);
}

// A quadratic algorithm would need minutes.
TEST(Quotes, HostileTextTakesLinearTime) {
  for (const std::string unit : {
           "\n",
           "x:\n",
           "x:\n\n\n",
           "> \n",
           ">\na\n",
           "--\n",
           "-- \n",
           "On 1\n",
           "On 1\n1@\nx wrote:\n",
           "From:\n",
           "From: a\n\n\n\n\n\n",
           "a\nFrom: a\nb\nc\nd\ne\n",
           "----------\n",
           "--a--\n",
           "__________\nunsubscribe\n>\n",
           "Sent from my \n",
           "----------",
           "AAAA",
           "wrote ",
           "On ",
           ">",
       }) {
    const auto text = repeated(unit, 1 << 20);
    const auto begin = std::clock();  // of this process: the machine may be busy
    const auto runs = split_quoted(text);
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 20) << unit;
    EXPECT_LE(runs.size(), 10'000U);
  }
}

}  // namespace
}  // namespace mail
