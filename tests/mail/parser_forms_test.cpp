// Messages as the world sends them: line ends, nested messages, closed content, invitations, reports.
#include <ctime>

#include "mail/parser.hpp"
#include "tests/mail/parser_fixture.hpp"

namespace mail {
namespace {

class ParserForms : public ParserTest {
 protected:
  static std::string body_of(const ParsedMessage& parsed, std::string_view type) {
    for (const auto& body : parsed.bodies) {
      if (body.type == type) return body.content;
    }
    return "none";
  }
};

constexpr std::string_view kMixed =
    "From ada@x Mon May 14 16:39:00 2001\n"
    "Subject: s\n"
    "Content-Type: multipart/mixed; boundary=b\n"
    "\n"
    "--b\n"
    "\n"
    "text\n"
    "lines\n"
    "--b\n"
    "Content-Type: application/pdf; name=a.pdf\n"
    "\n"
    "xyz\n"
    "--b--\n";

TEST_F(ParserForms, LineEnds) {
  for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
    std::string raw;
    for (const char c : kMixed) raw.append(c == '\n' ? line_end : std::string_view(&c, 1));
    const auto parsed = parse(raw);
    EXPECT_EQ(parsed.metadata.subject, "s") << line_end;
    EXPECT_EQ(body_of(parsed, "text/plain"), "text\nlines") << line_end;
    ASSERT_EQ(parsed.metadata.attachments.size(), 1U) << line_end;
    EXPECT_EQ(parsed.metadata.attachments[0].part_id, "2");
    EXPECT_EQ(extract_part(raw, "2")->bytes, "xyz");
  }
}

TEST_F(ParserForms, FlowedText) {
  EXPECT_EQ(body_of(parse("Content-Type: text/plain; format=flowed\n\none \ntwo\n> a \n> b\n"),
                    "text/plain"),
            "one two\n> a b\n");
  EXPECT_EQ(body_of(parse("Content-Type: text/plain; format=Flowed; delsp=yes\n\none \ntwo\n"),
                    "text/plain"),
            "onetwo\n");
  EXPECT_EQ(body_of(parse("Content-Type: text/plain\n\none \ntwo\n"), "text/plain"), "one \ntwo\n");
}

TEST_F(ParserForms, LabelsThatLie) {
  struct Case {
    std::string charset, bytes, expected;
  };
  const Case cases[] = {
      {"us-ascii", "\xC3\xA4", "\xC3\xA4"},
      {"iso-8859-1", "\xC3\xA4", "\xC3\xA4"},
      {"iso-8859-1", "\x93quoted\x94", "\xE2\x80\x9Cquoted\xE2\x80\x9D"},
      {"gb2312", "\x81\x40", "\xE4\xB8\x82"},  // GBK only
      {"iso-8859-9", "\x80", "\xE2\x82\xAC"},
      {"utf-8", "caf\xE9", "caf\xC3\xA9"},
      {"x-nothing", "\xC3\xA4", "\xC3\xA4"},
      {"utf-8", "\xEF\xBB\xBFmark", "mark"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(body_of(parse("Content-Type: text/plain; charset=" + c.charset + "\n\n" + c.bytes),
                      "text/plain"),
              c.expected)
        << c.charset;
  }
}

TEST_F(ParserForms, RawEightBitHeaders) {
  const std::string russian =
      "\xCF\xF0\xE8\xE2\xE5\xF2, \xEC\xE8\xF0! \xCA\xE0\xEA \xE4\xE5\xEB\xE0?";
  const std::string expected =
      "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82, \xD0\xBC\xD0\xB8\xD1\x80! "
      "\xD0\x9A\xD0\xB0\xD0\xBA \xD0\xB4\xD0\xB5\xD0\xBB\xD0\xB0?";
  EXPECT_EQ(parse("Subject: " + russian + "\nContent-Type: text/plain; charset=windows-1251\n\n")
                .metadata.subject,
            expected);
  // Nothing is declared: the body says more than the subject.
  std::string body;
  for (int i = 0; i < 20; ++i) body += russian + " ";
  EXPECT_EQ(parse("Subject: " + russian + "\n\n" + body).metadata.subject, expected);
  EXPECT_EQ(parse("Subject: caf\xE9\n\n").metadata.subject, "caf\xC3\xA9");
}

TEST_F(ParserForms, AttachedMessagesAreNamedByTheirSubject) {
  const std::string inner = "Subject: =?utf-8?Q?J=C3=BCrgen?= says\n\ninner words\n";
  const auto parsed = parse(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nouter\n--b\n"
      "Content-Type: message/rfc822\n\n" +
      inner + "--b--\n");
  EXPECT_EQ(body_of(parsed, "text/plain"), "outer");
  ASSERT_EQ(parsed.metadata.attachments.size(), 1U);
  EXPECT_EQ(parsed.metadata.attachments[0].name, "J\xC3\xBCrgen says");
  EXPECT_EQ(parsed.metadata.attachments[0].type, "message/rfc822");
  EXPECT_TRUE(parsed.metadata.has_attachment);
  // A message that is nothing but another one.
  const auto forwarded = parse("Content-Type: message/rfc822\n\n" + inner);
  ASSERT_EQ(forwarded.metadata.attachments.size(), 1U);
  EXPECT_EQ(forwarded.metadata.attachments[0].part_id, "1");
}

TEST_F(ParserForms, SignedContentIsOpen) {
  const auto parsed = parse(
      "Content-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\n\n"
      "--b\nContent-Type: text/plain\n\nsigned words\n--b\n"
      "Content-Type: application/pgp-signature; name=signature.asc\n\nsig\n--b--\n");
  EXPECT_EQ(body_of(parsed, "text/plain"), "signed words");
  EXPECT_FALSE(parsed.metadata.has_attachment);
  EXPECT_TRUE(parsed.metadata.cut.empty());
}

TEST_F(ParserForms, EncryptedContentStaysClosedAndIsMarked) {
  const std::string_view cases[] = {
      "Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: "
      "application/pgp-encrypted\n"
      "\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n"
      "--b--\n",
      "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n"
      "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; "
      "filename=smime.p7m\n\nAAAA\n",
  };
  for (const auto raw : cases) {
    const auto parsed = parse(raw);
    EXPECT_TRUE(parsed.bodies.empty()) << raw;
    EXPECT_FALSE(parsed.metadata.has_attachment) << raw;
    EXPECT_FALSE(parsed.metadata.attachments.empty()) << raw;
    ASSERT_EQ(parsed.metadata.headers.size(), 1U) << raw;
    EXPECT_EQ(parsed.metadata.headers[0].first, "Content-Type");
    EXPECT_EQ(parsed.metadata.cut, std::vector<std::string>{"encrypted content stays closed"})
        << raw;
  }
}

// `openssl cms -sign -binary -nodetach -nocerts -noattr`
TEST_F(ParserForms, WhatIsOnlySignedIsRead) {
  const std::string raw =
      "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"
      "Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=smime.p7m\n\n"
      "MIIBYwYJKoZIhvcNAQcCoIIBVDCCAVACAQExDTALBglghkgBZQMEAgEwgakGCSqGSIb3DQEHAaCB\n"
      "mwSBmENvbnRlbnQtVHlwZTogbXVsdGlwYXJ0L21peGVkOyBib3VuZGFyeT1iDQoNCi0tYg0KQ29u\n"
      "dGVudC1UeXBlOiB0ZXh0L3BsYWluDQoNCnNpZ25lZCB3b3Jkcw0KLS1iDQpDb250ZW50LVR5cGU6\n"
      "IGFwcGxpY2F0aW9uL3BkZjsgbmFtZT1hLnBkZg0KDQp4DQotLWItLQ0KMYGPMIGMAgEBMCQwDDEK\n"
      "MAgGA1UEAwwBYQIUV0NnQ1LlHnqboE3tEM15QlLjkqMwCwYJYIZIAWUDBAIBMAoGCCqGSM49BAMC\n"
      "BEgwRgIhAOasWshOywbz37dC6o9ucucG9E1v8zELyYCHTvVFD+/FAiEAn4Pjw9o1KTWL15rBsiLC\n"
      "YWvrk+6NO/ZjhGdLzaFlT9c=\n";
  const auto parsed = parse(raw);
  EXPECT_EQ(body_of(parsed, "text/plain"), "signed words");
  EXPECT_TRUE(parsed.metadata.cut.empty());
  EXPECT_TRUE(parsed.metadata.has_attachment);
  ASSERT_EQ(parsed.metadata.attachments.size(), 2U);
  EXPECT_EQ(parsed.metadata.attachments[0].name, "smime.p7m");
  EXPECT_EQ(parsed.metadata.attachments[1].name, "a.pdf");
  const auto part = extract_part(raw, parsed.metadata.attachments[1].part_id);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->bytes, "x");
}

TEST_F(ParserForms, ThePreviewIsOfTheFormThatHasText) {
  for (const auto* blank : {"", " \n \n", "\u00A0\n", "\u200B", "[cid:logo.png@1]\n"}) {
    const auto parsed =
        parse(std::string("Content-Type: multipart/alternative; boundary=b\n\n--b\n"
                          "Content-Type: text/plain; charset=utf-8\n\n") +
              blank + "\n--b\nContent-Type: text/html\n\n<p>Please <b>come</b></p>\n--b--\n");
    EXPECT_EQ(parsed.metadata.preview, "Please come") << blank;
  }
}

TEST_F(ParserForms, RawNamesOfFilesAreInTheCharsetOfTheText) {
  const auto parsed = parse(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; "
      "charset=koi8-r\n\n"
      "\xF4\xC5\xCB\xD3\xD4\n--b\nContent-Type: application/pdf; "
      "name=\"\xF3\xFE\xA3\xD4.pdf\"\n\nx\n"
      "--b\nContent-Disposition: attachment; filename=\"\xF3\xFE\xA3\xD4.txt\"\n\nx\n--b--\n");
  ASSERT_EQ(parsed.metadata.attachments.size(), 2U);
  EXPECT_EQ(parsed.metadata.attachments[0].name, "\u0421\u0427\u0451\u0442.pdf");
  EXPECT_EQ(parsed.metadata.attachments[1].name, "\u0421\u0427\u0451\u0442.txt");
}

TEST_F(ParserForms, FieldsInOddEncodings) {
  const auto parsed = parse(
      "Subject: \x1B$B$3$s$K$A$O\x1B(B\nDate: =?utf-8?q?Tue,_5_Jan_2021_10:00:00_+0100?=\n\nx\n");
  EXPECT_EQ(parsed.metadata.subject, "\u3053\u3093\u306B\u3061\u306F");
  ASSERT_TRUE(parsed.metadata.sent_at);
  EXPECT_EQ(to_rfc3339(*parsed.metadata.sent_at), "2021-01-05T10:00:00+01:00");
}

TEST_F(ParserForms, InvitationsAndReports) {
  const auto invitation = parse(
      "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nPlease come\n--b\n"
      "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--b--\n");
  EXPECT_EQ(body_of(invitation, "text/plain"), "Please come");
  ASSERT_EQ(invitation.metadata.attachments.size(), 1U);
  EXPECT_EQ(invitation.metadata.attachments[0].type, "text/calendar");
  const auto report = parse(
      "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n"
      "It failed\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b\n"
      "Content-Type: message/rfc822\n\nSubject: lost\n\nx\n--b--\n");
  EXPECT_EQ(body_of(report, "text/plain"), "It failed");
  ASSERT_EQ(report.metadata.attachments.size(), 2U);
  EXPECT_EQ(report.metadata.attachments[1].name, "lost");
}

// RFC 8621 section 4.1.4: media between texts are bodies for those who show them; here they can be had
// as attachments.
TEST_F(ParserForms, MediaBetweenTexts) {
  const auto parsed = parse(
      "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png\n\nx\n"
      "--b\n\ntwo\n--b\nContent-Type: text/enriched\n\nrich\n--b--\n");
  EXPECT_EQ(body_of(parsed, "text/plain"), "one\ntwo");
  ASSERT_EQ(parsed.metadata.attachments.size(), 2U);
  EXPECT_EQ(parsed.metadata.attachments[0].type, "image/png");
  EXPECT_EQ(parsed.metadata.attachments[1].type, "text/enriched");
  EXPECT_EQ(body_of(parse("Content-Type: text/enriched\n\nrich"), "text/plain"), "rich");
}

TEST_F(ParserForms, BlanksBehindASoftLineBreakAreNoText) {
  const std::string header =
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n";
  EXPECT_EQ(bodies_of(parse(header + "Gr=C3=BC=  \n=C3=9Fe a =\t\r\nb= c =3D \nd")),
            "text/plain: Gr\u00FC\u00DFe a b= c = \nd");
  EXPECT_EQ(attachments_of(parse("Content-Type: application/x\nContent-Disposition: attachment\n"
                                 "Content-Transfer-Encoding: quoted-printable\n\na=  \nb")),
            "1 application/x  2");
}

TEST_F(ParserForms, AListsWordsAfterBase64AreNoPartOfIt) {
  EXPECT_EQ(
      body_of(parse("Content-Transfer-Encoding: base64\n\nSGVsbG8=\n_____\nA list's footer\n"),
              "text/plain"),
      "Hello");
}

TEST_F(ParserForms, HeadersThatDoNotEndBeforeAPart) {
  const auto parsed = parse(
      "Content-Type: multipart/mixed; boundary=b\nMIME-Version: 1.0\n--b\n"
      "Content-Type: text/html\n\nhtml\n--b--\n");
  EXPECT_EQ(body_of(parsed, "text/html"), "html");
}

TEST_F(ParserForms, LargePartsTakeLittleTime) {
  std::string raw =
      "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
      "Content-Type: application/x\nContent-Transfer-Encoding: base64\n\n";
  const std::string line = std::string(76, 'A') + "\n";
  while (raw.size() < 100'000'000) raw += line;
  raw += "--b--\n";
  const auto begin = std::clock();
  const auto parsed = parse(raw);
  EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 5);
  ASSERT_EQ(parsed.metadata.attachments.size(), 1U);
  EXPECT_GT(parsed.metadata.attachments[0].size, 70'000'000U);
}

}  // namespace
}  // namespace mail
