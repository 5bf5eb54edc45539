// What a metadata document says of its files in two places: `attachments` and `_attachments`.
#include <gmock/gmock.h>

#include "mail/documents.hpp"

namespace mail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

class AttachmentJoin : public testing::Test {
 protected:
  static MetadataDocument read(const std::string& attachments, const std::string& files = "") {
    const auto json = R"({"attachments":[)" + attachments + R"(],"_attachments":{)" + files + "}}";
    const auto document = read_metadata(json);
    EXPECT_TRUE(document) << json;
    return document ? *document : MetadataDocument{};
  }

  static std::string file(const std::string& name, const std::string& type) {
    return '"' + name + R"(":{"content_type":")" + type + R"(","digest":"md5-x","stub":true})";
  }

  static std::vector<std::string> parts(const std::string& attachments) {
    std::vector<std::string> ids;
    for (const auto& attachment : read(attachments).attachments) ids.push_back(attachment.part_id);
    return ids;
  }

  static std::vector<std::string> blobs(const MetadataDocument& document) {
    std::vector<std::string> names;
    for (const auto& attachment : document.attachments) names.push_back(attachment.blob);
    return names;
  }

  static std::vector<std::string> bodies(const MetadataDocument& document) {
    std::vector<std::string> names;
    for (const auto& body : document.attached_bodies) names.push_back(body.name);
    return names;
  }
};

TEST_F(AttachmentJoin, EveryAttachmentHasAnIdOfItsOwn) {
  EXPECT_THAT(parts(R"({"partId":"2"},{"partId":"1.3"},{"partId":"x/y"})"),
              ElementsAre("2", "1.3", "x/y"));
  EXPECT_THAT(parts(R"({"name":"q"},{"name":"r"})"), ElementsAre("a1", "a2"));
  EXPECT_THAT(parts(R"({"partId":"2"},{"partId":"2"},{"partId":""})"),
              ElementsAre("2", "a2", "a3"));
  EXPECT_THAT(parts(R"({"name":"q"},{"partId":"a1"},{"partId":"a1_"})"),
              ElementsAre("a1__", "a1", "a1_"));
  EXPECT_THAT(parts(R"({"partId":"."},{"partId":".."})"), ElementsAre("a1", "a2"))
      << "these have a meaning in a path";
}

TEST_F(AttachmentJoin, AFileIsNamedByBlobOrByItsName) {
  const auto files = file("q.txt", "text/plain") + "," + file("r.pdf", "application/pdf");
  const auto document = read(
      R"({"partId":"2","name":"q.txt"},{"name":"r.pdf"},{"name":"gone.txt"},{"name":"s","blob":"q.txt"})",
      files);
  EXPECT_THAT(blobs(document), ElementsAre("", "r.pdf", "", "q.txt")) << "a file is of one";
  EXPECT_THAT(blobs(read(R"({"partId":"2","name":"q.txt"})", files)), ElementsAre("q.txt"));
  EXPECT_THAT(bodies(document), IsEmpty());
  EXPECT_THAT(bodies(read(R"({"name":"r.pdf"})", files)), ElementsAre("q.txt"));
}

TEST_F(AttachmentJoin, CozyEmailsKeepsFilesUnderGeneratedNames) {
  const auto document = read(
      R"({"generatedFileName":"two-1.txt","fileName":"two.txt"},{"fileName":"two.txt","generatedFileName":"two.txt"})",
      file("two.txt", "text/plain") + "," + file("two-1.txt", "text/plain"));
  EXPECT_THAT(blobs(document), ElementsAre("two-1.txt", "two.txt"));
  EXPECT_EQ(document.attachments[0].name, "two.txt");
  EXPECT_THAT(bodies(document), IsEmpty());
}

TEST_F(AttachmentJoin, AnOriginalIsNoAttachment) {
  const auto part = R"({"partId":"2","name":"message.eml","type":"message/rfc822"})";
  const auto original = file("message.eml", "message/rfc822");
  ASSERT_TRUE(read(part, original).original);
  EXPECT_THAT(blobs(read(part, original)), ElementsAre(""));
  // Of two messages one may be the attachment.
  const auto two = read(R"({"partId":"2","name":"fwd.eml","type":"message/rfc822"})",
                        file("fwd.eml", "message/rfc822") + "," + original);
  EXPECT_THAT(blobs(two), ElementsAre("fwd.eml"));
  ASSERT_TRUE(two.original);
  EXPECT_EQ(two.original->name, "message.eml");
}

TEST_F(AttachmentJoin, ManyTakeLinearTime) {
  std::string attachments = R"({"name":"first"})";
  for (int i = 0; i < 20'000; ++i)
    attachments += R"(,{"partId":"a1)" + std::string(static_cast<std::size_t>(i % 50), '_') + "\"}";
  const auto ids = parts(attachments);
  ASSERT_EQ(ids.size(), 20'001U);
  EXPECT_THAT(ids.front(), StartsWith("a1____"));
}

}  // namespace
}  // namespace mail
