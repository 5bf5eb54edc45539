#include "indexer/mbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The messages of an mbox, those that are too large as "too large".
std::vector<std::string> split(const std::string& mbox, std::size_t max_bytes = 1'000'000) {
  std::istringstream in(mbox);
  indexer::MboxReader reader(in, max_bytes);
  indexer::MboxReader::Message message;
  std::vector<std::string> messages;
  while (reader.next(message)) messages.push_back(message.too_large ? "too large" : message.raw);
  return messages;
}

TEST(Mbox, IsSplitAtItsFromLines) {
  const std::string from = "From a@b Mon Jan  1 00:00:00 2001\n";
  const struct {
    std::string mbox;
    std::vector<std::string> messages;
  } rows[] = {
      {"", {}},
      {from, {}},
      {from + "A: 1\n\nx\n\n" + from + "A: 2\n\ny\n\n", {"A: 1\n\nx\n", "A: 2\n\ny\n"}},
      {from + "A: 1\n\nx", {"A: 1\n\nx"}},
      {"From a@b 00:00:00\r\nA: 1\r\n\r\nx\r\n\r\nFrom a@b 00:00:00\r\nA: 2\r\n",
       {"A: 1\r\n\r\nx\r\n", "A: 2\r\n"}},
      {from + "A: 1\n\n>From here\n>>From there\n> From\n",
       {"A: 1\n\nFrom here\n>From there\n> From\n"}},
      {from + "A: 1\n\nx\nFrom b@c 10:00\nA: 2\n", {"A: 1\n\nx\nFrom b@c 10:00\nA: 2\n"}},
  };
  for (const auto& row : rows) EXPECT_EQ(split(row.mbox), row.messages) << row.mbox;
}

TEST(Mbox, SeparatorsHaveASenderAndADateAndAHeaderBehindThem) {
  const std::string first = "From a@b Mon Jan  1 00:00:00 2001\nA: 1\n\nx\n\n";
  for (const std::string separator :
       {"From - Tue Jan  5 10:00:00 2021", "From a@i.example", "From - ", "From x Tue Jan  5 2021",
        "From 1234567@xxx Tue Jan 05 10:00:00 +0000 2021",
        "From \"a b\"@x Tue Jan  5 10:00:00 2021", "From MAILER_DAEMON Tue Jan  5 10:00 2021",
        "From a@b Tue Jan  5 10:00:00 CET 2021", "From ???@??? Tue Jan  5 10:00:00 2021",
        "From a at b.c  Tue Jan  5 10:00:00 2021", "From    a@b   Tue, 05 Jan 2021 10:00:00 +0000",
        "From x Tue Jan  5 10:00:00 2021 remote from host", "From x 2021-01-05 10:00",
        "From a@b mar. 5 janv. 10:00:00 2021"}) {
    EXPECT_EQ(split(first + separator + "\nA: 2\n").size(), 2U) << separator;
    EXPECT_EQ(split(first + separator + "\n>From x@y\nA: 2\n").size(), 2U) << separator;
    EXPECT_EQ(split(first + separator + "\nand so on\n").size(), 1U) << separator;
    EXPECT_EQ(split(first + separator + "\n\n").size(), 1U) << separator;
  }
  const std::vector<std::string> texts = {"From 9:00 to 17:00 we are open.",
                                          "From here",
                                          "From Monday 10:00",
                                          "From a@b I heard that",
                                          "From 5 Jan 2021 until 7 Feb",
                                          "From the 5th of May 2021",
                                          "From " + std::string(2'000, '@')};
  for (const std::string& text : texts)
    EXPECT_EQ(split(first + text + "\nWhere: here\n").size(), 1U) << text;
}

TEST(Mbox, BlankLinesAndAByteOrderMarkMayComeFirst) {
  const std::string mbox =
      "From a@b Mon Jan  1 00:00:00 2001\nA: 1\n\nx\n\nFrom a@b Mon Jan  1 00:00:00 2001\nA: 2\n";
  for (const std::string beginning : {"\n", "\r\n \n\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n", ">"}) {
    EXPECT_TRUE(indexer::begins_as_mbox(beginning + mbox)) << beginning;
    EXPECT_THAT(split(beginning + mbox), ElementsAre("A: 1\n\nx\n", "A: 2\n")) << beginning;
  }
  for (const char* other : {"", "\n", "From: a@b\n", "\nFrom: a@b\n", "x\nFrom a@b 10:00\n"})
    EXPECT_FALSE(indexer::begins_as_mbox(other)) << other;
}

TEST(Mbox, ASeparatorWithACompleteDateNeedsNoEmptyLine) {
  const std::string first = "From a@b Mon Jan  1 00:00:00 2001\nA: 1\n\nx\n";
  for (const std::string separator :
       {"From ???@??? Tue Jan 05 10:00:00 2021", "From - Tue Jan  5 10:00:00 2021",
        "From x Tue Jan  5 10:00:00 2021", "From a at b@c Tue Jan  5 10:00:00 CET 2021",
        "From 1234567@xxx Tue Jan 05 10:00:00 +0000 2021",
        "From a@b Tue, 05 Jan 2021 10:00:00 +0000"}) {
    EXPECT_THAT(split(first + separator + "\nA: 2\n"), ElementsAre("A: 1\n\nx\n", "A: 2\n"))
        << separator;
    EXPECT_THAT(split("From x 10:00\nA: 1\n" + separator + "\nA: 2\n"),
                ElementsAre("A: 1\n", "A: 2\n"))
        << separator;
    EXPECT_THAT(split("From x 10:00\n" + separator + "\nA: 2\n"),
                ElementsAre(separator + "\nA: 2\n"))
        << separator;
    EXPECT_EQ(split(first + separator + "\nand so on\n").size(), 1U) << separator;
  }
  for (const std::string text :
       {"From a@b", "From a@b 10:00", "From a@b Jan  5 10:00:00 2021", "From a@b Tue Jan  5 2021",
        "From Tue Jan  5 10:00:00 2021", "From a@b Tue Jan 5 10:00",
        "From what I saw on Tue Jan  5 10:00:00 2021"})
    EXPECT_EQ(split(first + text + "\nA: 2\n").size(), 1U) << text;
}

TEST(Mbox, PatchesInAMessageAreText) {
  const std::string patch =
      "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nA: 1\n\nx\n\n";
  EXPECT_EQ(split("From a@b 10:00\nB: 1\n\n" + patch).size(), 1U);
  EXPECT_EQ(split(patch + patch + "From a@b 10:00\nB: 1\n").size(), 3U);
}

TEST(Mbox, MayHaveTheFormOfMmdf) {
  const std::string line = "\1\1\1\1\n";
  EXPECT_TRUE(indexer::begins_as_mbox(line + "A: 1\n"));
  const std::string text = "A: 1\n\nx\n\nFrom a@b Mon Jan  1 00:00:00 2001\nB: 1\n\n";
  EXPECT_THAT(split(line + text + line + line + "From a@b 10:00\nA: 2\n" + line),
              ElementsAre(text, "A: 2\n"));
  EXPECT_THAT(split(line + "A: 1\n\n" + line + "A: 2\n"), ElementsAre("A: 1\n\n", "A: 2\n"));
  EXPECT_THAT(split(line + line), IsEmpty());
}

TEST(Mbox, ContentLengthTellsTextFromSeparators) {
  const std::string from = "From a@b Mon Jan  1 00:00:00 2001\n";
  const std::string body = "x\n\n" + from + "B: 1\n\n" + from + "C: 1\n\nz\n";
  const auto message = [](const std::string& text, std::size_t length) {
    return "Content-Length: " + std::to_string(length) + "\n\n" + text;
  };
  const std::string right = message(body, body.size());
  const std::string next = "A: 2\n\ny\n";
  EXPECT_THAT(split(from + right + "\n" + from + next), ElementsAre(right, next));
  EXPECT_THAT(split(from + right + from + next), ElementsAre(right, next)) << "no empty line";
  EXPECT_THAT(split(from + right), ElementsAre(right));
  const std::string cut = message(body, body.size() - 1);  // without the end of its last line
  EXPECT_THAT(split(from + cut + "\n" + from + next), ElementsAre(cut, next));
  // At the edge of what is read at once.
  const std::string large =
      std::string(300'000, 'x') + "\n\n" + body + std::string(300'000, 'y') + "\n";
  const std::string whole = message(large, large.size());
  EXPECT_THAT(split(from + whole + "\n" + from + next), ElementsAre(whole, next));
  for (const std::size_t wrong : {std::size_t{0}, std::size_t{1}, body.size() - 3, body.size() + 7,
                                  std::size_t{17} << 20, std::size_t{1} << 62})
    EXPECT_EQ(split(from + message(body, wrong) + "\n" + from + next).size(), 4U) << wrong;
}

TEST(Mbox, LinesMayBeLongerThanTheBuffer) {
  const std::string line(1'000'000, 'x');
  EXPECT_THAT(split("From a@b 10:00\n" + line + "\n\nFrom b@c 10:00\nA: 2\n", 2'000'000),
              ElementsAre(line + "\n", "A: 2\n"));
}

TEST(Mbox, AMessageBeyondTheBoundIsSkipped) {
  const std::string line(1'000'000, 'x');
  EXPECT_THAT(split("From a@b 10:00\n" + line + "\n\nFrom b@c 10:00\nA: 2\n", 1'000),
              ElementsAre("too large", "A: 2\n"));
}

TEST(Mbox, StatusHeadersAreKeywords) {
  std::istringstream in(
      "From a@b 10:00\nStatus: RO\nX-Status: AF\nSubject: x\n\nStatus: D\n\nFrom b@c "
      "10:00\nSubject: "
      "y\n\n");
  indexer::MboxReader reader(in, 1'000);
  indexer::MboxReader::Message message;
  ASSERT_TRUE(reader.next(message));
  EXPECT_THAT(message.keywords, ElementsAre("$answered", "$flagged", "$seen"));
  ASSERT_TRUE(reader.next(message));
  EXPECT_THAT(message.keywords, IsEmpty());
  EXPECT_FALSE(reader.next(message));
}

TEST(Mbox, DataOfUwImapAreNoMail) {
  const std::string subject = "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n";
  std::istringstream in("From MAILER-DAEMON Tue Jan  5 10:00:00 2021\n" + subject +
                        "X-IMAP: 1 2\n\nThis text is part of the format of your folder.\n\n"
                        "From a@b Tue Jan  5 10:00:00 2021\n" +
                        subject + "\nWhat is this?\n");
  indexer::MboxReader reader(in, 1'000);
  indexer::MboxReader::Message message;
  ASSERT_TRUE(reader.next(message));
  EXPECT_TRUE(message.is_no_mail);
  ASSERT_TRUE(reader.next(message));
  EXPECT_FALSE(message.is_no_mail);
}

TEST(Mbox, FlagsOfThunderbirdAreKeywords) {
  std::istringstream in(
      "From - Tue Jan  5 10:00:00 2021\nX-Mozilla-Status: 1007\nX-Mozilla-Status2: 00000000\n\n\n"
      "From - Tue Jan  5 10:00:00 2021\nX-Mozilla-Status: 0009\n\n\n"
      "From - Tue Jan  5 10:00:00 2021\nX-Mozilla-Status: odd\n\n");
  indexer::MboxReader reader(in, 1'000);
  indexer::MboxReader::Message message;
  ASSERT_TRUE(reader.next(message));
  EXPECT_THAT(message.keywords, ElementsAre("$answered", "$flagged", "$forwarded", "$seen"));
  EXPECT_FALSE(message.is_no_mail);
  ASSERT_TRUE(reader.next(message));
  EXPECT_TRUE(message.is_no_mail);
  ASSERT_TRUE(reader.next(message));
  EXPECT_THAT(message.keywords, IsEmpty());
  EXPECT_FALSE(message.is_no_mail);
}

}  // namespace
