#include "mail/parser.hpp"
#include "tests/mail/parser_fixture.hpp"

namespace mail {
namespace {

using Strings = std::vector<std::string>;
using Addresses = std::vector<Address>;

class ParserHeaders : public ParserTest {};

constexpr std::string_view kReport =
    "Received: from a by b; Mon, 14 May 2001 16:39:12 -0700 (PDT)\r\n"
    "Received: from c by a; Mon, 14 May 2001 16:39:01 -0700\r\n"
    "Date: Mon, 14 May 2001 16:39:00 -0700 (PDT)\r\n"
    "Message-ID: <20010514@x>\r\n"
    "In-Reply-To: Your message of Monday <19990@x>\r\n"
    "References: <a@x> <b@\r\n x> <a@x>\r\n"
    "From: \"Ada L.\" <ada@example.org>\r\n"
    "To: bob@example.org, Team: <c@x>, D <d@x>;, e@x (nobody)\r\n"
    "Cc: =?utf-8?Q?J=C3=BCrgen?= <j@x>\r\n"
    "List-Id: <dev.example.org>\r\n"
    "X-Other: y\r\n"
    "Subject: Re: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n"
    "\r\n"
    "Hello,\r\nworld.\r\n";

TEST_F(ParserHeaders, Envelope) {
  const auto parsed = parse(kReport);
  const auto& m = parsed.metadata;
  EXPECT_EQ(to_rfc3339(m.sent_at.value()), "2001-05-14T16:39:00-07:00");
  EXPECT_EQ(to_rfc3339(m.received_at.value()), "2001-05-14T16:39:12-07:00");
  EXPECT_EQ(m.message_ids, Strings{"20010514@x"});
  EXPECT_EQ(m.in_reply_to, Strings{"19990@x"});
  EXPECT_EQ(m.references, (Strings{"a@x", "b@x"}));
  EXPECT_EQ(m.from, (Addresses{{"Ada L.", "ada@example.org"}}));
  EXPECT_EQ(m.to,
            (Addresses{{"", "bob@example.org"}, {"", "c@x"}, {"D", "d@x"}, {"nobody", "e@x"}}));
  EXPECT_EQ(m.cc, (Addresses{{"J\xC3\xBCrgen", "j@x"}}));
  EXPECT_EQ(m.subject,
            "Re: Gr\xC3\xBC\xC3\x9F"
            "e");
  EXPECT_EQ(m.headers,
            (std::vector<std::pair<std::string, std::string>>{{"List-Id", "<dev.example.org>"}}));
  EXPECT_EQ(m.size, kReport.size());
  EXPECT_EQ(m.preview, "Hello, world.");
  EXPECT_FALSE(m.has_attachment);
  EXPECT_EQ(bodies_of(parsed), "text/plain: Hello,\nworld.\n");
  EXPECT_TRUE(parsed.metadata.cut.empty());
}

TEST_F(ParserHeaders, ReceiptIsTheNewestReceivedThatHasADate) {
  const std::string older = "Received: from c by a; Mon, 14 May 2001 16:39:01 -0700\n";
  const struct {
    std::string newest, received;
  } rows[] = {
      {"Received: from a by b; Mon, 14 May 2001 16:39:12 -0700 (PDT)", "2001-05-14T16:39:12-07:00"},
      {"Received: from a by b; Mon, 14 May 2001 16:39:12 +0000 (GMT; summer)",
       "2001-05-14T16:39:12Z"},
      {"Received: from a by b", "2001-05-14T16:39:01-07:00"},
      {"Received: from a by b; some day", "2001-05-14T16:39:01-07:00"},
      {"Received: " + std::string(100'000, ';'), "2001-05-14T16:39:01-07:00"},
  };
  for (const auto& row : rows) {
    const auto received = parse(row.newest + "\n" + older + "\nx\n").metadata.received_at;
    EXPECT_EQ(received ? to_rfc3339(*received) : "none", row.received) << row.newest.substr(0, 100);
  }
  EXPECT_FALSE(parse("Received: from a by b\n\nx\n").metadata.received_at);
}

TEST_F(ParserHeaders, SubjectsAreDecoded) {
  struct Case {
    std::string header, expected;
  };
  const Case cases[] = {
      {"Subject: plain", "plain"},
      {"Subject: folded\n\twords\n here", "folded\twords here"},
      {"SUBJECT:x", "x"},
      {"Subject : blank before the colon", "blank before the colon"},
      // GMime's issue 133: the second word was lost.
      {"Subject: =?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=", "Hello world"},
      {"Subject: =?UTF-8?B?SGVsbG8=?=\n =?utf-8?b?IHdvcmxk?= =?UTF-8?B?IQ==?= and =?utf-8?q?more?=",
       "Hello world! and more"},
      {"Subject: a =?UTF-8?B?4oI=?= =?UTF-8?B?rA==?= b", "a \xE2\x82\xAC b"},
      {"Subject: =?iso-8859-1?B?5A==?= =?utf-8?B?w6Q=?=", "\xC3\xA4\xC3\xA4"},
      {"Subject: =?utf-8?Q?a=C3?= =?utf-8?Q?=A4b?=",
       "a\xC3\xA4"
       "b"},
      {"Subject: =?utf-8*de?Q?=C3=A4?=", "\xC3\xA4"},
      {"Subject: =?unknown-charset?Q?=E4?=", "\xC3\xA4"},
      {"Subject: =?utf-8?B?not closed", "=?utf-8?B?not closed"},
      {"Subject: raw \xC3\xA4", "raw \xC3\xA4"},
      {"Subject: raw \xE4 \x80", "raw \xC3\xA4 \xE2\x82\xAC"},
      {"Content-Type: text/plain; charset=koi8-r\nSubject: \xF0\xD2\xC9\xD7\xC5\xD4",
       "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
      {"Content-Type: text/plain; charset=iso-2022-jp\nSubject: \x1B$B$3\x1B(B", "\xE3\x81\x93"},
      {"Subject:", ""},
      {"Subject: first\nSubject: second", "first"},
      {std::string("Subject: nul \0 x", 16), "nul   x"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(parse(c.header + "\n\nbody").metadata.subject, c.expected) << c.header;
}

TEST_F(ParserHeaders, AddressesAsTheyAreWritten) {
  struct Case {
    std::string value;
    Addresses expected;
  };
  const Case cases[] = {
      {"a@x", {{"", "a@x"}}},
      {"A B <a@x>", {{"A B", "a@x"}}},
      {"a@x, <b@x>,, C <c@x>,", {{"", "a@x"}, {"", "b@x"}, {"C", "c@x"}}},
      {"undisclosed-recipients:;", {}},
      {"=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?= <a@x>", {{"Hello world", "a@x"}}},
      {"\"B, A\" <a@x>", {{"B, A", "a@x"}}},
      {"Fran\xE7ois <f@x>", {{"Fran\xC3\xA7ois", "f@x"}}},
      {"root", {{"", "root"}}},
      {"A <a@x", {{"A", "a@x"}}},
      {"", {}},
      {"   ", {}},
  };
  for (const auto& c : cases)
    EXPECT_EQ(parse("To: " + c.value + "\n\n").metadata.to, c.expected) << c.value;
  EXPECT_EQ(parse("To: a@x\nTo: b@x\nFrom: c@x\nFrom: d@x\n\n").metadata.to.size(), 2U);
  EXPECT_EQ(parse("From: c@x\nFrom: d@x\n\n").metadata.from.size(), 1U);
  // What is no address still says something.
  EXPECT_EQ(parse("To: <>\n\n").metadata.to.size() + parse("To: @\n\n").metadata.to.size() > 0,
            true);
}

TEST_F(ParserHeaders, NestedGroupsDoNotUseUpTheStack) {
  std::string value;
  for (int i = 0; i < 30'000; ++i) value += "a:";
  EXPECT_LE(parse("To: " + value + "b@x\n\n").metadata.to.size(), 1'000U);
}

TEST_F(ParserHeaders, MessageIds) {
  struct Case {
    std::string value;
    Strings expected;
  };
  const Case cases[] = {
      {"<a@x>", {"a@x"}},
      {"<a@x> <b@x>\n\t<c@x>", {"a@x", "b@x", "c@x"}},
      {"a@x", {"a@x"}},
      {"a@x, b@x", {"a@x", "b@x"}},
      {"noat", {"noat"}},
      {"your message of Monday", {}},
      {"<a@x", {"a@x"}},
      {"<<a@x>>", {"a@x"}},
      {"<>", {}},
      {"<a@ x>", {"a@x"}},
      {"<" + std::string(2'000, 'a') + ">", {}},
  };
  for (const auto& c : cases)
    EXPECT_EQ(parse("References: " + c.value + "\n\n").metadata.references, c.expected) << c.value;
}

TEST_F(ParserHeaders, ImpossibleDatesAreAbsent) {
  struct Case {
    std::string_view date, expected;
  };
  const Case cases[] = {
      {"Mon, 14 May 2001 16:39:00 -0700", "2001-05-14T16:39:00-07:00"},
      {"14 May 01 16:39 GMT", "2001-05-14T16:39:00Z"},
      {"Mon, 14 May 2001 16:39:00 +0530 (IST)", "2001-05-14T16:39:00+05:30"},
      {"Mon,\n 14 May 2001\n 16:39:00 EST", "2001-05-14T16:39:00-05:00"},
      {"Thu, 13 Feb 1969 23:32:54 -0330", "1969-02-13T23:32:54-03:30"},
      {"Mon, 30 Jun 3609 15:33:50 +0600", ""},
      {"Mon, 99 May 2001 16:39:00 -0700", ""},
      {"yesterday", ""},
      {"", ""},
  };
  for (const auto& c : cases) {
    const auto m = parse("Date: " + std::string(c.date) + "\n\n").metadata;
    EXPECT_EQ(m.sent_at ? to_rfc3339(*m.sent_at) : "", c.expected) << c.date;
    EXPECT_FALSE(m.received_at);
  }
}

TEST_F(ParserHeaders, WhereTheHeaderEnds) {
  EXPECT_EQ(bodies_of(parse("From ada@x Mon May 14 16:39:00 2001\nSubject: s\n\nbody")),
            "text/plain: body");
  EXPECT_EQ(parse("\xEF\xBB\xBF  \r\n\nSubject: s\n\nbody").metadata.subject, "s");
  EXPECT_EQ(bodies_of(parse("Subject: s\nno colon here\nnor here\n")),
            "text/plain: no colon here\nnor here\n");
  EXPECT_EQ(parse("Subject: s\nno colon here\nTo: a@x\n\nbody").metadata.to.size(), 1U);
  EXPECT_EQ(bodies_of(parse("Subject: s")), "");
  for (const std::string_view text :
       {"", "\n\n", "no message", "<xml>: x", ":\n\n", "From ada@x\n"}) {
    const auto refused = parse_message(text);
    if (text == "<xml>: x") continue;  // looks like a field
    EXPECT_FALSE(refused) << text;
  }
}

TEST_F(ParserHeaders, FieldsThatAreAskedForAreKept) {
  const std::vector<std::string> kept = {"x-label", "sender"};
  const auto parsed = parse_message(
      "X-Label: =?utf-8?q?=C3=A4?=\nX-Other: b\nSender: a@b\nImportance: high\n\n", {}, kept);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"X-Label", "ä"}, {"Sender", "a@b"}, {"Importance", "high"}};
  EXPECT_EQ(parsed->metadata.headers, expected);
}

TEST_F(ParserHeaders, MailIsToldFromOtherTexts) {
  for (const char* mail : {"Subject: x\n\n", "received: x", "From a@b 10:00\nX-A: b\nTo: c\n",
                           "X-Odd/Name: 1\rMessage-ID: <a>\r", "\n\nDate : x\r\n"})
    EXPECT_FALSE(why_no_mail(mail)) << mail;
  for (const char* other : {"", "text", "{\"a\": 1, \"b\":\n", "{\"a\": 1}\nSubject: x\n",
                            "Note: x\nTotal: 4\n\nTo: z\n", "<http://a.example>\nTo: x\n",
                            "source: x\n", "f(x): y\nDate: z\n", "---\ndate: x\n"})
    EXPECT_TRUE(why_no_mail(other)) << other;
}

}  // namespace
}  // namespace mail
