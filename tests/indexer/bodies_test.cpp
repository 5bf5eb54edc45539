#include "indexer/bodies.hpp"

#include "indexer/texts.hpp"
#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDate = "2020-01-01T00:00:00Z";
constexpr const char* kOriginal =
    "From: Ada <ada@example.org>\r\nTo: bob@example.org\r\nSubject: From the original\r\n"
    "Message-ID: <1@example.org>\r\nDate: Wed, 1 Jan 2020 10:00:00 +0000\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9 original\r\n";

class BodiesTest : public CatalogFixture {
 protected:
  // A member `_attachments` of stubs: name, type, bytes.
  struct Stub {
    std::string name, type, bytes;
  };
  [[nodiscard]] static std::string stubs(const std::vector<Stub>& all) {
    std::string json;
    for (const auto& stub : all)
      json += fmt::format(R"({}"{}":{{"stub":true,"content_type":"{}","length":{},"digest":"{}"}})",
                          json.empty() ? "" : ",", stub.name, stub.type, stub.bytes.size(),
                          replica::blob_digest(stub.bytes));
    return fmt::format(R"("_attachments":{{{}}})", json);
  }
  void arrive(const std::string& bytes) {
    const std::vector<replica::Blobs::Blob> blobs = {{replica::blob_digest(bytes), bytes}};
    stores_.blobs().put(blobs);
  }
  void content(const std::string& id, const std::string& members) {
    put(Doctype::kContents, id, R"("email":"a",)" + members);
  }
  TextEntry entry() {
    project();
    catalog_.assign_numbers();
    return catalog_.entries(0, 1).at(0);
  }
  // Of the only message, as it is indexed.
  std::string body() { return Texts(stores_).read(entry())->body; }
  std::string level() {
    project();
    return member(row_of("a"), "level");
  }
  // Whether the text index is told of what came since.
  bool is_pending(const DerivedCheckpoint& since) {
    project();
    return !catalog_.text_changes(since, 100).changed.empty();
  }
};

TEST_F(BodiesTest, AnAttachmentOfTheMetadataDocumentIsABody) {
  const Stub text{"body.txt", "text/plain; charset=iso-8859-1", "caf\xe9"};
  const Stub html{"body.html", "text/html", "<p>rich</p>"};
  message("a", kDate, stubs({html, text}));
  EXPECT_EQ(body(), "");
  EXPECT_EQ(level(), R"("metadata")");
  arrive(text.bytes);
  arrive(html.bytes);
  message("a", kDate, stubs({html, text}));  // a document moves in the feed when its bytes come
  EXPECT_EQ(body(), "café");
  EXPECT_EQ(level(), R"("body")");
  EXPECT_EQ(member(row_of("a"), "preview"), R"("café")");
  EXPECT_EQ(Texts(stores_).snippet_text(entry()), "café");
}

TEST_F(BodiesTest, BytesThatCameAreAChangeOfText) {
  const Stub text{"body.txt", "text/plain", "words"};
  message("a", kDate, stubs({text}));
  project();
  const auto before = catalog_.checkpoint();
  message("a", kDate, stubs({text}) + R"(,"keywords":{"$seen":true})");
  EXPECT_FALSE(is_pending(before));
  arrive(text.bytes);
  message("a", kDate, stubs({text}));
  EXPECT_TRUE(is_pending(before));
}

TEST_F(BodiesTest, WhatTheMessageCallsAnAttachmentIsNoBody) {
  const Stub log{"log.txt", "text/plain", "log"};
  const Stub forwarded{"fwd.eml", "message/rfc822", kOriginal};
  arrive(log.bytes);
  arrive(forwarded.bytes);
  message(
      "a", kDate,
      stubs({log, forwarded}) +
          R"(,"attachments":[{"name":"log.txt","blob":"log.txt"},{"name":"x","blob":"fwd.eml"}])");
  EXPECT_EQ(body(), "");
  EXPECT_EQ(member(row_of("a"), "subject"), R"("")");
}

TEST_F(BodiesTest, AContentDocumentMayHaveItsTextAttached) {
  const Stub text{"content", "text/html", "<p>attached</p>"};
  message("a", kDate);
  content("a:1", R"("type":"text/html",)" + stubs({text}));
  EXPECT_EQ(body(), "");
  EXPECT_EQ(level(), R"("metadata")");
  arrive(text.bytes);
  const auto before = catalog_.checkpoint();
  content("a:1", R"("type":"text/html",)" + stubs({text}));
  EXPECT_TRUE(is_pending(before));
  EXPECT_THAT(body(), HasSubstr("attached"));
  EXPECT_EQ(level(), R"("body")");
  remove(Doctype::kContents, "a:1");
  EXPECT_EQ(body(), "");
  EXPECT_EQ(level(), R"("metadata")");
}

TEST_F(BodiesTest, AnOriginalGivesMetadataAndBodies) {
  const Stub original{"message.eml", "message/rfc822", kOriginal};
  put(Doctype::kEmails, "a", R"("mailboxIds":{"inbox":true},)" + stubs({original}));
  project();
  EXPECT_EQ(member(row_of("a"), "subject"), R"("")");
  arrive(original.bytes);
  put(Doctype::kEmails, "a", R"("mailboxIds":{"inbox":true},)" + stubs({original}));
  EXPECT_THAT(body(), HasSubstr("café original"));
  const auto row = row_of("a");
  EXPECT_EQ(member(row, "subject"), R"("From the original")");
  EXPECT_EQ(member(row, "from"), R"([{"email":"ada@example.org","name":"Ada"}])");
  EXPECT_EQ(member(row, "sentAt"), R"("2020-01-01T10:00:00Z")");
  EXPECT_EQ(member(row, "mailboxIds"), R"({"inbox":true})");
  EXPECT_EQ(member(row, "preview"), R"("café original")");
  EXPECT_EQ(level(), R"("body")");
  EXPECT_EQ(Texts(stores_).read(entry())->subject, "From the original");
  EXPECT_THAT(Texts(stores_).snippet_text(entry()), HasSubstr("café original"));
}

TEST_F(BodiesTest, WhatWasLeftOutOfAnOriginalIsSaid) {
  const Stub original{"message.eml", "message/rfc822",
                      "Subject: " + std::string(70'000, 's') + "\n\nx"};
  arrive(original.bytes);
  put(Doctype::kEmails, "a", R"("mailboxIds":{"inbox":true},)" + stubs({original}));
  put(Doctype::kEmails, "b", R"("subject":"whole","cut":["all of it"])");
  project();
  EXPECT_THAT(member(row_of("a"), "cut"), HasSubstr("header Subject is longer than 65536 bytes"));
  EXPECT_EQ(member(row_of("b"), "cut"), R"(["all of it"])");
}

TEST_F(BodiesTest, AnOriginalStandsInForContentsThatDoNotCome) {
  const Stub original{"message.eml", "message/rfc822", kOriginal};
  const std::string named = R"("subject":"Own","contents":["a:1"],)";
  message("a", kDate, named + stubs({original}));
  EXPECT_EQ(body(), "");
  auto before = catalog_.checkpoint();
  arrive(original.bytes);
  message("a", kDate, named + stubs({original}));
  EXPECT_TRUE(is_pending(before));
  EXPECT_THAT(body(), HasSubstr("café original"));
  before = catalog_.checkpoint();
  message("a", kDate, named.substr(0, named.size() - 1));  // another revision, without it, wins
  EXPECT_TRUE(is_pending(before));
  EXPECT_EQ(body(), "");
}

TEST_F(BodiesTest, TheOriginalStandsBackForOtherHomes) {
  const Stub original{"message.eml", "message/rfc822", kOriginal};
  arrive(original.bytes);
  message("a", kDate, R"("subject":"Own","contents":["a:1"],)" + stubs({original}));
  content("a:1", R"("type":"text/plain","content":"from the document")");
  EXPECT_EQ(body(), "from the document");
  EXPECT_EQ(member(row_of("a"), "subject"), R"("Own")");
  EXPECT_EQ(member(row_of("a"), "from"), "[]");
}

TEST_F(BodiesTest, OneAccountMayHaveAllHomes) {
  const Stub text{"t", "text/plain", "attached text"};
  arrive(text.bytes);
  message("a", kDate, R"("text":"inline text",)" + stubs({text}));
  content("a:2", R"("type":"text/plain","content":"second")");
  content("a:1", R"("type":"text/plain","content":"first")");
  content("a:3", R"("type":"text/html","content":"<p>rich</p>")");
  EXPECT_EQ(body(), "inline text\n\nattached text\n\nfirst\n\nsecond");
}

TEST_F(BodiesTest, TheOrderOfArrivalDoesNotMatter) {
  content("a:1", R"("type":"text/plain","content":"before")");
  project();
  message("a", kDate);
  EXPECT_EQ(body(), "before");
  EXPECT_EQ(level(), R"("body")");
  remove(Doctype::kEmails, "a");
  project();
  EXPECT_THAT(listed(), IsEmpty());
  message("a", kDate);
  EXPECT_EQ(body(), "before");
}

TEST_F(BodiesTest, ABodyIsReplacedAndGoes) {
  message("a", kDate);
  content("a:1", R"("type":"text/plain","content":"one")");
  EXPECT_EQ(body(), "one");
  auto before = catalog_.checkpoint();
  content("a:1", R"("type":"text/plain","content":"two")");
  EXPECT_TRUE(is_pending(before));
  EXPECT_EQ(body(), "two");
  before = catalog_.checkpoint();
  remove(Doctype::kContents, "a:1");
  EXPECT_TRUE(is_pending(before));
  EXPECT_EQ(body(), "");
}

TEST_F(BodiesTest, DamagedBytesHarmNobodyElse) {
  const Stub text{"t", "text/plain", "words"};
  const std::vector<replica::Blobs::Blob> damaged = {{replica::blob_digest("words"), "other"}};
  stores_.blobs().put(damaged);
  message("a", kDate, stubs({text}));
  EXPECT_EQ(body(), "");
  EXPECT_THAT(listed(), ElementsAre("a"));
}

}  // namespace
}  // namespace indexer
