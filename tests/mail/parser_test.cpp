#include "mail/parser.hpp"

#include "tests/mail/parser_fixture.hpp"

namespace mail {
namespace {

class Parser : public ParserTest {};

constexpr std::string_view kHtml = "Content-Type: text/html\n\n<p>html";
constexpr std::string_view kFooter = "\nfooter";
constexpr std::string_view kPdf =
    "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: "
    "base64\nContent-Disposition: attachment\n\nAAAA\nAA==";
constexpr std::string_view kInlinePdf =
    "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: "
    "base64\nContent-Disposition: inline\n\nAAAA\nAA==";
constexpr std::string_view kHtmlWithImage = "Content-Type: text/html\n\n<img src=\"cid:i%40x\">";
constexpr std::string_view kImage =
    "Content-Type: image/png\nContent-ID: <i@x>\nContent-Disposition: inline; filename=i.png\n\nxx";
constexpr std::string_view kSignature = "Content-Type: application/pgp-signature\n\nsig";

TEST_F(Parser, BodiesAndAttachments) {
  struct Case {
    std::string message, bodies, attachments;
    bool has_attachment;
  };
  const Case cases[] = {
      {std::string(kPlain), "text/plain: plain", "", false},
      {std::string(kHtml), "text/html: <p>html", "", false},
      {std::string(kPdf), "", "1 application/pdf a.pdf 4", true},
      {multipart("alternative", {kPlain, kHtml}), "text/plain: plain | text/html: <p>html", "",
       false},
      {multipart("mixed", {kPlain, kFooter}), "text/plain: plain\nfooter", "", false},
      {multipart("mixed", {kPlain, kPdf}), "text/plain: plain", "2 application/pdf a.pdf 4", true},
      {multipart("mixed", {multipart("alternative", {kPlain, kHtml}), kPdf, kImage}),
       "text/plain: plain | text/html: <p>html", "2 application/pdf a.pdf 4, 3 image/png i.png 2",
       true},
      {multipart("mixed", {multipart("alternative", {kPlain, kHtml}), kFooter}),
       "text/plain: plain\nfooter | text/html: <p>html\n<pre>footer</pre>", "", false},
      // The footer that a list adds must not stand for the text.
      {multipart("mixed", {kHtml, kFooter}),
       "text/plain: html\nfooter | text/html: <p>html\n<pre>footer</pre>", "", false},
      {multipart("alternative", {kPlain, multipart("related", {kHtml, kImage})}),
       "text/plain: plain | text/html: <p>html", "2.2 image/png i.png 2", false},
      {multipart("alternative", {multipart("mixed", {kHtml, kPdf})}), "text/html: <p>html",
       "1.2 application/pdf a.pdf 4", true},
      // What Apple Mail makes: an attachment between texts of the HTML form; photos without HTML.
      {multipart("alternative", {kPlain, multipart("mixed", {kHtml, kInlinePdf, kFooter})}),
       "text/plain: plain | text/html: <p>html\n<pre>footer</pre>", "2.2 application/pdf a.pdf 4",
       true},
      {multipart("mixed", {kPlain, kImage}), "text/plain: plain", "2 image/png i.png 2", true},
      {multipart("mixed", {kHtml, kImage}), "text/html: <p>html", "2 image/png i.png 2", true},
      {multipart("mixed", {kHtmlWithImage, kImage}), "text/html: <img src=\"cid:i%40x\">",
       "2 image/png i.png 2", false},
      // Whatever form comes first, no text is lost.
      {multipart("alternative", {multipart("mixed", {kPlain, kHtml})}),
       "text/plain: plain\nhtml | text/html: <pre>plain</pre>\n<p>html", "", false},
      {multipart("signed", {kPlain, kSignature}), "text/plain: plain",
       "2 application/pgp-signature  3", false},
      {multipart("mixed", {kPlain, "Content-Type: text/plain; name=log.txt\n\nlog"}),
       "text/plain: plain", "2 text/plain log.txt 3", true},
      {multipart("mixed",
                 {kPlain, "Content-Type: text/plain\nContent-Disposition: attachment\n\nlog"}),
       "text/plain: plain", "2 text/plain  3", true},
      {multipart("mixed", {kPlain, "Content-Type: message/rfc822\n\nSubject: inner\n\ninner body"}),
       "text/plain: plain", "2 message/rfc822 inner 26", true},
      {multipart("digest", {"\nSubject: inner\n\nx"}), "", "1 message/rfc822 inner 17", true},
      {multipart("report", {kPlain, "Content-Type: message/delivery-status\n\nx"}),
       "text/plain: plain", "2 message/delivery-status  1", false},
      {multipart("alternative", {kPlain, "Content-Type: text/calendar\n\nBEGIN"}),
       "text/plain: plain", "2 text/calendar  5", false},
      {"Content-Type: text/x-patch\nContent-Disposition: inline; filename=a.patch\n\n+1",
       "text/plain: +1", "", false},
      {"Content-Type: multipart/mixed; boundary=b\n\nno delimiter", "text/plain: no delimiter", "",
       false},
      {"Content-Type: multipart/mixed\n\nno boundary", "text/plain: no boundary", "", false},
      {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnot closed", "text/plain: not closed",
       "", false},
      {"Content-Type: multipart/mixed; boundary=b\n\n--b \t\n\none\n--bb\ntwo\n--b\n\nthree\n--b--",
       "text/plain: one\n--bb\ntwo\nthree", "", false},
      {"Content-Type: text\n\nx", "text/plain: x", "", false},
      {"Content-Type: garbage;;;\n\nx", "text/plain: x", "", false},
      {"Content-Type: TEXT/HTML\n\nx", "text/html: x", "", false},
  };
  for (const auto& c : cases) {
    const auto parsed = parse("MIME-Version: 1.0\n" + c.message);
    EXPECT_EQ(bodies_of(parsed), c.bodies) << c.message;
    EXPECT_EQ(attachments_of(parsed), c.attachments) << c.message;
    EXPECT_EQ(parsed.metadata.has_attachment, c.has_attachment) << c.message;
    EXPECT_TRUE(parsed.metadata.cut.empty()) << c.message;
  }
}

TEST_F(Parser, NamesOfAttachments) {
  struct Case {
    std::string fields, expected;
  };
  const Case cases[] = {
      {"Content-Disposition: attachment; filename=a.txt", "a.txt"},
      {"Content-Disposition: attachment; filename*=utf-8''%C3%A4.txt", "\xC3\xA4.txt"},
      {"Content-Disposition: attachment; filename*0=lo; filename*1=ng.txt", "long.txt"},
      {"Content-Disposition: attachment; filename=\"=?utf-8?B?w6Q=?= =?utf-8?B?LnR4dA==?=\"",
       "\xC3\xA4.txt"},
      {"Content-Disposition: attachment; filename=\"\xE4.txt\"", "\xC3\xA4.txt"},
      {"Content-Type: application/x; name=\"b c.bin\"", "b c.bin"},
      {"Content-Type: application/x; name=n\nContent-Disposition: attachment; filename=f", "f"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse(c.fields + "\n\nx");
    ASSERT_EQ(parsed.metadata.attachments.size(), 1U) << c.fields;
    EXPECT_EQ(parsed.metadata.attachments[0].name, c.expected) << c.fields;
  }
}

TEST_F(Parser, TransferEncodings) {
  struct Case {
    std::string encoding, body, expected;
  };
  const Case cases[] = {
      {"7bit", "a=20b", "a=20b"},
      {"Quoted-Printable", "a=20b=\nc=C3=A4=ZZ", "a bc\xC3\xA4=ZZ"},
      {" BASE64 ", "SGVs\nbG8=\n", "Hello"},
      {"base64", "SGVsbG8=IHdvcmxk", "Hello world"},  // GMime's issue 150
      {"base64", "SGVsbG8", "Hello"},
      {"x-uuencode", "begin 644 f\n%2&5L;&\\ \n`\nend\n", "Hello"},
      {"unheard-of", "x", "x"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(bodies_of(parse("Content-Transfer-Encoding: " + c.encoding + "\n\n" + c.body)),
              "text/plain: " + c.expected)
        << c.encoding << c.body;
  }
}

TEST_F(Parser, ExtractPart) {
  const auto message = multipart("mixed", {multipart("alternative", {kPlain, kHtml}), kPdf});
  EXPECT_EQ(extract_part(message, "1.2")->bytes, "<p>html");
  const auto pdf = extract_part(message, "2");
  ASSERT_TRUE(pdf);
  EXPECT_EQ(pdf->type, "application/pdf");
  EXPECT_EQ(pdf->name, "a.pdf");
  EXPECT_EQ(pdf->bytes, std::string(4, '\0'));
  for (const std::string_view id : {"", "1", "3", "0", "1.3", "x", "2.1"})
    EXPECT_FALSE(extract_part(message, id)) << id;
  EXPECT_EQ(extract_part(kPlain, "1")->bytes, "plain");
}

TEST_F(Parser, ExtractPartOfAnAttachedMessage) {
  const std::string subject = "Subject: =?utf-8?Q?J=C3=BCrgen?=\n";
  const auto inner = subject + multipart("mixed", {kPlain, kPdf});
  const auto message = multipart("related", {kPlain, "Content-Type: message/rfc822\n\n" + inner});
  const auto attached = extract_part(message, "2");
  ASSERT_TRUE(attached);
  EXPECT_EQ(attached->name, "J\xC3\xBCrgen.eml");
  EXPECT_EQ(attached->bytes, inner);
  const auto pdf = extract_part(message, "2.2");
  ASSERT_TRUE(pdf);
  EXPECT_EQ(pdf->name, "a.pdf");
  EXPECT_EQ(pdf->bytes, std::string(4, '\0'));
  const auto twice = multipart("digest", {"Content-Type: message/rfc822\n\n" + message, kPlain});
  EXPECT_EQ(extract_part(twice, "1.2.1")->bytes, "plain");
  EXPECT_EQ(extract_part("Content-Type: message/rfc822\n\n" + inner, "1.1")->bytes, "plain");
  for (const std::string_view id : {"2.", "2.3", "2.2.1", "2.0", "1.1", "22"})
    EXPECT_FALSE(extract_part(message, id)) << id;
}

TEST_F(Parser, PreviewOfHtml) {
  EXPECT_EQ(parse("Content-Type: text/html\n\n<style>x</style><p>a</p><p>b").metadata.preview,
            "a b");
}

}  // namespace
}  // namespace mail
