#include "indexer/extraction/file_type.hpp"

#include <gtest/gtest.h>

namespace indexer {
namespace {

TEST(FileType, FollowsTheDeclaredTypeElseTheName) {
  struct Case {
    const char* declared;
    const char* name;
    FileType type;
  };
  const Case cases[] = {
      {"application/pdf", "", FileType::kPdf},
      {"Application/PDF; name=x", "x.txt", FileType::kPdf},
      {"application/octet-stream", "Q1 Report.PDF", FileType::kPdf},
      {"", "a.docx", FileType::kOffice},
      {"application/zip", "a.ods", FileType::kOffice},
      {"application/zip", "a.zip", FileType::kNone},
      {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "",
       FileType::kOffice},
      {"application/vnd.oasis.opendocument.text", "", FileType::kOffice},
      {"text/html", "x", FileType::kHtml},
      {"text/rtf", "x", FileType::kRtf},
      {"text/x-diff", "x", FileType::kText},
      {"message/rfc822", "", FileType::kMessage},
      {"image/png", "x.pdf", FileType::kNone},
      {"application/octet-stream", "photo.jpg", FileType::kNone},
      {"application/octet-stream", "noname", FileType::kUnknown},
      {"application/msword", "x.doc", FileType::kUnknown},
  };
  for (const auto& each : cases)
    EXPECT_EQ(file_type(each.declared, each.name), each.type) << each.declared << ' ' << each.name;
}

TEST(FileType, BelievesTheBytesMore) {
  EXPECT_EQ(file_type_of_bytes("%PDF-1.4 …", FileType::kOffice), FileType::kPdf);
  EXPECT_EQ(file_type_of_bytes("{\\rtf1 …", FileType::kUnknown), FileType::kRtf);
  EXPECT_EQ(file_type_of_bytes("PK\x03\x04 …", FileType::kUnknown), FileType::kOffice);
  EXPECT_EQ(file_type_of_bytes("<html><p>", FileType::kUnknown), FileType::kHtml);
  EXPECT_EQ(file_type_of_bytes("words and wörds\n", FileType::kUnknown), FileType::kText);
  EXPECT_EQ(file_type_of_bytes(std::string_view("\xD0\xCF\x11\xE0\0\0", 6), FileType::kUnknown),
            FileType::kNone);
  EXPECT_EQ(file_type_of_bytes("", FileType::kUnknown), FileType::kNone);
  EXPECT_EQ(file_type_of_bytes("words", FileType::kHtml), FileType::kHtml);
}

}  // namespace
}  // namespace indexer
