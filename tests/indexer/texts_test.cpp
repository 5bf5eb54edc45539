#include "indexer/texts.hpp"

#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;

class TextsTest : public CatalogFixture {
 protected:
  void content(const std::string& id, const std::string& type, const std::string& text) {
    put(Doctype::kContents, id,
        fmt::format(R"("email":"a","type":"{}","content":"{}")", type, text));
  }
  TextEntry entry() {
    project();
    catalog_.assign_numbers();
    return catalog_.entries(0, 1).at(0);
  }
  [[nodiscard]] std::uint64_t reads() const { return stores_.content_reads().index; }

  Texts texts_{stores_};
};

TEST_F(TextsTest, ReadsAllThatTheIndexAnalyses) {
  message("a", "2020-01-01T00:00:00Z",
          R"("subject":"S","from":[{"name":"F","email":"f@x"}],"to":[{"email":"t@x"}],
      "cc":[{"email":"c@x"}],"bcc":[{"email":"b@x"}],"attachments":[{"partId":"2","name":"q.pdf"},{"partId":"3"}])");
  const auto text = texts_.read(entry()).value();
  EXPECT_EQ(text.subject, "S");
  EXPECT_THAT(text.from, ElementsAre(mail::Address{"F", "f@x"}));
  EXPECT_THAT(text.to, ElementsAre(mail::Address{"", "t@x"}));
  EXPECT_THAT(text.cc, ElementsAre(mail::Address{"", "c@x"}));
  EXPECT_THAT(text.bcc, ElementsAre(mail::Address{"", "b@x"}));
  EXPECT_THAT(text.attachment_names, ElementsAre("q.pdf"));
  EXPECT_EQ(text.body, "");
}

TEST_F(TextsTest, PlainTextStandsForItsHtml) {
  message("a", "2020-01-01T00:00:00Z");
  content("a:1", "text/html", "<p>rich</p>");
  content("a:2", "text/plain", "plain");
  content("a:3", "text/plain", "more");
  const auto found = entry();
  const auto before = reads();
  EXPECT_EQ(texts_.read(found)->body, "plain\n\nmore");
  EXPECT_EQ(reads(), before + 2) << "the HTML need not be read";
  EXPECT_EQ(stores_.content_reads().snippet, 0U);
  EXPECT_EQ(texts_.snippet_text(found), "plain");
  EXPECT_EQ(stores_.content_reads().snippet, 1U);
}

TEST_F(TextsTest, HtmlIsReadWhereThereIsNoPlainTextWithContent) {
  message("a", "2020-01-01T00:00:00Z");
  content("a:1", "text/plain", " \\n ");
  content("a:2", "text/html", "<p>rich</p>");
  const auto found = entry();
  EXPECT_THAT(texts_.read(found)->body, testing::HasSubstr("rich"));
  EXPECT_THAT(texts_.read(found)->body, testing::Not(testing::HasSubstr("<p>")));
  auto untyped = found;
  untyped.content_types.clear();
  EXPECT_EQ(texts_.read(untyped)->body, texts_.read(found)->body);
}

TEST_F(TextsTest, InlineBodiesAreBodies) {
  message("a", "2020-01-01T00:00:00Z", R"("text":"inside","html":"<b>inside</b>")");
  const auto found = entry();
  EXPECT_EQ(texts_.read(found)->body, "inside");
  EXPECT_EQ(texts_.snippet_text(found), "inside");
}

TEST_F(TextsTest, AFileIsItsNameTagsAndContent) {
  put(Doctype::kFiles, "f",
      R"("type":"file","name":"plan.txt","mime":"text/plain","tags":["x","y"],"path":"/docs/plan.txt")");
  const auto text = texts_.read(entry()).value();
  EXPECT_EQ(text.subject, "plan.txt");
  EXPECT_EQ(text.path, "/docs/plan.txt");
  EXPECT_THAT(text.tags, ElementsAre("x", "y"));
}

TEST_F(TextsTest, GivesWhatItCan) {
  message("a", "2020-01-01T00:00:00Z", R"("subject":"S","contents":["a:1"])");
  content("a:1", "text/plain", "words");
  const auto found = entry();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(folder_ / (std::string("store/io-cozy-email-contents.db") + suffix));
  }
  const Stores without(folder_.path(), replica::sqlite::Access::kReadOnly);
  const auto text = Texts(without).read(found).value();
  EXPECT_EQ(text.subject, "S");
  EXPECT_EQ(text.body, "");
  EXPECT_EQ(Texts(without).snippet_text(found), "");
  auto gone = found;
  gone.doc_id = "gone";
  EXPECT_FALSE(texts_.read(gone));
}

}  // namespace
}  // namespace indexer
