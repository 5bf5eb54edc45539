#include "indexer/extraction/extract.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/parser.hpp"
#include "tests/indexer/extraction/documents.hpp"

namespace indexer {
namespace {

using documents::zip;
using testing::HasSubstr;
using testing::Not;

std::string text_of(std::string_view bytes, FileType type) {
  const auto extract = extract_text(bytes, type);
  EXPECT_EQ(extract.failure, "");
  return extract.text;
}

TEST(Extract, TextInItsCharset) {
  EXPECT_EQ(text_of("caf\xC3\xA9", FileType::kText), "café");
  EXPECT_EQ(text_of("caf\xE9", FileType::kText), "café");
  EXPECT_EQ(text_of("<meta charset=shift_jis>\x93\x8C\x8B\x9E", FileType::kHtml), "東京");
  EXPECT_EQ(text_of("SUMMARY:tha\r\n t is\\nsecond\\, a\\\\b\r\nEND:X", FileType::kCalendar),
            "SUMMARY:that is\nsecond, a\\b\r\nEND:X");
  EXPECT_EQ(text_of(std::string_view("\xFF\xFEo\0k\0", 6), FileType::kText), "ok");
  EXPECT_EQ(text_of(std::string_view("\xFE\xFF\0o\0k", 6), FileType::kText), "ok");
}

TEST(Extract, Html) {
  const auto text = text_of("<p>seen<script>unseen</script>", FileType::kHtml);
  EXPECT_THAT(text, HasSubstr("seen"));
  EXPECT_THAT(text, Not(HasSubstr("unseen")));
}

TEST(Extract, AMessageGivesSubjectPeopleBodyAndNames) {
  mail::initialize();
  const auto text = text_of(
      "From: Ada <ada@example.org>\r\nSubject: Inner\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody words\r\n--b\r\n"
      "Content-Type: image/png\r\nContent-Disposition: attachment; "
      "filename=photo.png\r\n\r\nx\r\n--b--\r\n",
      FileType::kMessage);
  for (const char* expected : {"Inner", "Ada", "ada@example.org", "body words", "photo.png"})
    EXPECT_THAT(text, HasSubstr(expected));
}

TEST(Extract, Pdf) {
  const auto text = text_of(documents::pdf({"Quarterly results", "second line"}), FileType::kPdf);
  EXPECT_THAT(text, HasSubstr("Quarterly results"));
  EXPECT_THAT(text, HasSubstr("second line"));
  EXPECT_NE(extract_text("%PDF-1.4 nothing else", FileType::kPdf).failure, "");
}

TEST(Extract, WordsOfADocxAreWhole) {
  const auto package = zip(
      {{"docProps/core.xml",
        R"(<c:coreProperties xmlns:c="u:c" xmlns:d="u:d"><d:title>The title</d:title><d:creator>somebody</d:creator></c:coreProperties>)"},
       {"word/footnotes.xml",
        R"(<w:footnotes xmlns:w="u:w"><w:p><w:r><w:t>note</w:t></w:r></w:p></w:footnotes>)"},
       {"word/document.xml",
        R"(<w:document xmlns:w="u:w" xmlns:mc="u:m"><w:p><w:r><w:t>Hel</w:t></w:r><w:r><w:t>lo &amp; </w:t></w:r><w:r><w:tab/><w:t>you</w:t></w:r></w:p>
               <w:p><w:r><w:delText>deleted</w:delText><w:instrText>PAGEREF</w:instrText></w:r></w:p>
               <mc:AlternateContent><mc:Choice><w:t>once</w:t></mc:Choice><mc:Fallback><w:t>twice</w:t></mc:Fallback></mc:AlternateContent></w:document>)"}});
  EXPECT_EQ(text_of(package, FileType::kOffice), "The title\nHello & \tyou\nonce\nnote\n");
}

TEST(Extract, SlidesComeInTheirOrder) {
  const auto slide = [](const char* text) {
    return fmt::format(
        R"(<p:sld xmlns:p="u:p" xmlns:a="u:a"><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:sld>)", text);
  };
  EXPECT_EQ(text_of(zip({{"ppt/notesSlides/notesSlide1.xml", slide("note")},
                         {"ppt/slides/slide10.xml", slide("ten")},
                         {"ppt/slides/slide2.xml", slide("two")},
                         {"ppt/slides/_rels/slide2.xml.rels", "<Relationships/>"}}),
                    FileType::kOffice),
            "two\nten\nnote\n");
}

TEST(Extract, SheetsAreRowsOfCells) {
  const auto package = zip(
      {{"xl/worksheets/sheet1.xml",
        R"(<worksheet><sheetData><row><c t="s"><v>1</v></c><c><f>A1*2</f><v>12.5</v></c></row>
           <row><c t="inlineStr"><is><t>inline</t></is></c><c t="s"><v>0</v></c><c t="s"><v>7</v></c></row></sheetData></worksheet>)"},
       {"xl/workbook.xml", R"(<workbook><sheets><sheet name="Budget"/></sheets></workbook>)"},
       {"xl/sharedStrings.xml",
        R"(<sst><si><t>first</t></si><si><r><t>sec</t></r><r><t>ond</t></r><rPh><t>read</t></rPh></si></sst>)"}});
  EXPECT_EQ(text_of(package, FileType::kOffice), "Budget\nsecond\t12.5\t\ninline\tfirst\t\n");
}

TEST(Extract, OpenDocument) {
  const auto package = zip(
      {{"mimetype", "application/vnd.oasis.opendocument.text"},
       {"content.xml",
        R"(<o:document-content xmlns:o="u:o" xmlns:t="u:t" xmlns:b="u:b"><t:tracked-changes><t:p>deleted</t:p></t:tracked-changes>
           <t:h>Head</t:h><t:p>one<t:s/>two<t:span>three</t:span></t:p><b:table b:name="Sums"><b:table-cell><t:p>7</t:p></b:table-cell></b:table></o:document-content>)"},
       {"styles.xml",
        R"(<s:styles xmlns:s="u:s" xmlns:t="u:t"><t:p>unused</t:p><s:header><t:p>page head</t:p></s:header></s:styles>)"},
       {"meta.xml", R"(<m xmlns:d="u:d"><d:title>T</d:title></m>)"}});
  EXPECT_EQ(text_of(package, FileType::kOffice), "T\nHead\none twothree\nSums\n7\npage head\n");
}

TEST(Extract, Rtf) {
  const auto text = text_of(
      R"({\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset238 Arial;}}{\colortbl;\red0;}
{\info{\title hidden}}\pard caf\'e9 {\b bo}ld\par {\f1 \'e8} \u8364?{\*\unknown gone}{\field{\*\fldinst HYPERLINK}{\fldrslt link}}\'7d\})",
      FileType::kRtf);
  EXPECT_EQ(text, "café bold\nč €link}}");
}

TEST(Extract, SaysWhyThereIsNoText) {
  EXPECT_THAT(extract_text("\x89PNG", FileType::kUnknown).failure, HasSubstr("no type"));
  EXPECT_THAT(extract_text(zip({{"a.txt", "x"}}), FileType::kOffice).failure,
              HasSubstr("no document"));
  EXPECT_THAT(extract_text("PK\x03\x04 and no zip", FileType::kOffice).failure, HasSubstr("zip"));
  EXPECT_THAT(extract_text(zip({{"content.xml", "\x01\x02\x03"}}), FileType::kOffice).failure,
              HasSubstr("encrypted"));
}

TEST(Extract, EntitiesAreNotExpandedAndNothingIsFetched) {
  const std::string bomb =
      R"(<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
         <w:document xmlns:w="u:w"><w:p><w:t>begin &b;&f; end</w:t></w:p></w:document>)";
  const auto text = text_of(zip({{"word/document.xml", bomb}}), FileType::kOffice);
  EXPECT_THAT(text, HasSubstr("begin"));
  EXPECT_THAT(text, Not(HasSubstr("aaaa")));
  EXPECT_THAT(text, Not(HasSubstr("root")));
}

TEST(Extract, DeepXmlIsLeftAtItsLimit) {
  std::string deep = "<w><p><t>before</t></p>";
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  EXPECT_THAT(text_of(zip({{"word/document.xml", deep}}), FileType::kOffice), HasSubstr("before"));
}

TEST(Extract, WhatInflatesWithoutEndIsCutOrRefused) {
  std::string words = "<w><p><t>";
  for (int i = 0; i < 1'000'000; ++i) words += "word word ";
  const auto cut = extract_text(zip({{"word/document.xml", words}}), FileType::kOffice);
  EXPECT_TRUE(cut.truncated);
  EXPECT_LE(cut.text.size(), kMaxExtractBytes);
  EXPECT_GT(cut.text.size(), kMaxExtractBytes - 8);

  documents::Files files;
  const std::string empty(std::size_t{40} << 20, ' ');
  for (int i = 1; i <= 15; ++i)
    files.emplace_back(fmt::format("ppt/slides/slide{}.xml", i), "<x>" + empty);
  EXPECT_THAT(extract_text(zip(files), FileType::kOffice).failure, HasSubstr("inflates"));
}

TEST(Extract, RtfGroupsWithoutEnd) {
  EXPECT_THAT(extract_text("{\\rtf1" + std::string(1'000'000, '{'), FileType::kRtf).failure,
              HasSubstr("deep"));
  EXPECT_EQ(text_of("{\\rtf1 a" + std::string(1'000'000, '}'), FileType::kRtf), "a");
}

}  // namespace
}  // namespace indexer
