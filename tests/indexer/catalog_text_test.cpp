// What the catalog tells the text index: bodies, levels, numbers and changes.
#include <random>

#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class CatalogTextTest : public CatalogFixture {
 protected:
  [[nodiscard]] std::vector<std::string> bodies(const std::string& id) const {
    std::vector<std::string> ids;
    for (const auto& part : catalog_.bodies(id)) ids.push_back(part.content_id + "=" + part.type);
    return ids;
  }
  void content(const std::string& id, const std::string& email,
               const std::string& type = "text/plain") {
    put(Doctype::kContents, id,
        fmt::format(R"("email":"{}","type":"{}","content":"words")", email, type));
  }
  [[nodiscard]] std::string level(const std::string& id, const DerivedCheckpoint& text) const {
    return member(*catalog_.message(id, text), "level");
  }
  [[nodiscard]] static std::vector<std::string> changed(const Catalog::TextChanges& changes) {
    std::vector<std::string> ids;
    for (const auto& entry : changes.changed) ids.push_back(entry.doc_id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // Follows to the end in steps of `limit`; what changed on the way.
  std::vector<std::string> follow(DerivedCheckpoint& text, std::size_t limit = 1000) const {
    std::vector<std::string> ids;
    for (bool more = true; more;) {
      const auto changes = catalog_.text_changes(text, limit);
      for (auto& id : changed(changes)) ids.push_back(id);
      for (const auto& gone : changes.removed) ids.push_back("-" + gone.second);
      text = changes.reached;
      more = changes.more;
    }
    EXPECT_EQ(text, catalog_.checkpoint());
    EXPECT_EQ(catalog_.text_pending(text), 0);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
};

TEST_F(CatalogTextTest, BodiesAreThoseNamedThenThoseThatNameTheMessage) {
  content("a:3", "a", "text/html");
  content("a:1", "a");
  content("x", "other", "text/html");
  project();
  message("a", "2020-01-01T00:00:00Z",
          R"("contents":["x","none","a:3","x"],"text":"inline words")");
  project();
  EXPECT_THAT(bodies("a"),
              ElementsAre("x=text/html", "a:3=text/html", "a:1=text/plain", "=text/plain"));
  content("a:0", "a");
  project();
  EXPECT_THAT(bodies("a"), ElementsAre("x=text/html", "a:3=text/html", "a:0=text/plain",
                                       "a:1=text/plain", "=text/plain"));
  EXPECT_THAT(bodies("none"), IsEmpty());
}

TEST_F(CatalogTextTest, ContentDocumentsComeMoveAndGo) {
  message("a", "2020-01-01T00:00:00Z");
  message("b", "2020-01-02T00:00:00Z");
  content("c", "a");
  project();
  DerivedCheckpoint text;
  EXPECT_THAT(follow(text), ElementsAre("a", "b"));
  EXPECT_EQ(level("a", text), R"("body")");
  EXPECT_EQ(level("b", text), R"("metadata")");
  content("c", "b");
  project();
  EXPECT_EQ(catalog_.text_pending(text), 2);
  EXPECT_THAT(bodies("a"), IsEmpty());
  EXPECT_EQ(level("b", text), R"("metadata")") << "the index does not have it yet";
  EXPECT_THAT(follow(text), ElementsAre("a", "b"));
  EXPECT_EQ(level("a", text), R"("metadata")");
  EXPECT_EQ(level("b", text), R"("body")");
  remove(Doctype::kContents, "c");
  project();
  EXPECT_THAT(follow(text), ElementsAre("b")) << "the tombstone does not say whose it was";
  EXPECT_EQ(level("b", text), R"("metadata")");
  content("c", "b");
  content("lonely", "nobody");
  project();
  EXPECT_THAT(follow(text), ElementsAre("b"));
  EXPECT_EQ(level("b", text), R"("body")");
  remove(Doctype::kEmails, "b");
  project();
  EXPECT_THAT(follow(text), ElementsAre("-" + public_id("b")));
  message("b", "2020-01-02T00:00:00Z");
  project();
  EXPECT_THAT(follow(text), ElementsAre("b"));
  EXPECT_EQ(level("b", text), R"("body")") << "the join outlives the message";
}

TEST_F(CatalogTextTest, KeywordsAndMailboxesAreNoText) {
  message("a", "2020-01-01T00:00:00Z", R"("subject":"one","mailboxIds":{"inbox":true})");
  project();
  DerivedCheckpoint text;
  follow(text);
  const char* no_text[] = {
      R"("subject":"one","mailboxIds":{"archive":true})",
      R"("subject":"one","keywords":{"$seen":true})",
      R"("subject":"one","preview":"p")",
  };
  for (const auto* members : no_text) {
    message("a", "2020-01-01T00:00:00Z", members);
    project();
    EXPECT_EQ(catalog_.text_pending(text), 0) << members;
    EXPECT_THAT(follow(text), IsEmpty()) << members;
  }
  const char* is_text[] = {
      R"("subject":"one","headers":[["A","b"]])",
      R"("subject":"two")",
      R"("subject":"two","from":[{"email":"a@x"}])",
      R"("subject":"two","to":[{"email":"a@x"}])",
      R"("subject":"two","contents":["c"])",
      R"("subject":"two","attachments":[{"partId":"1","name":"x"}])",
      R"("subject":"two","text":"body")",
      R"("subject":"two","size":3)",
  };
  for (const auto* members : is_text) {
    message("a", "2020-01-01T00:00:00Z", members);
    project();
    EXPECT_THAT(follow(text), ElementsAre("a")) << members;
  }
  message("a", "2020-01-02T00:00:00Z", is_text[6]);
  project();
  EXPECT_THAT(follow(text), ElementsAre("a")) << "date";
}

TEST_F(CatalogTextTest, ChangesAreToldInStepsThatLoseNothing) {
  for (int i = 0; i < 20; ++i) message(fmt::format("m{:02}", i), "2020-01-01T00:00:00Z");
  project();
  DerivedCheckpoint start;
  follow(start);
  for (int i = 0; i < 10; ++i)
    message(fmt::format("m{:02}", i), "2020-01-01T00:00:00Z", R"("subject":"new")");
  for (int i = 5; i < 10; ++i) remove(Doctype::kEmails, fmt::format("m{:02}", i));
  for (int i = 10; i < 15; ++i) content(fmt::format("c{}", i), fmt::format("m{}", i));
  // One content document that many messages name is one row of the feed.
  for (int i = 15; i < 20; ++i)
    message(fmt::format("m{}", i), "2020-01-01T00:00:00Z", R"("contents":["shared"])");
  content("shared", "");
  put(Doctype::kFiles, "f", R"("type":"file","name":"f")");
  project();
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i)
    expected.push_back(i >= 5 && i < 10 ? "-" + public_id(fmt::format("m{:02}", i))
                                        : fmt::format("m{:02}", i));
  expected.emplace_back("f");
  std::sort(expected.begin(), expected.end());
  for (const std::size_t limit : {1U, 2U, 3U, 7U, 100U}) {
    auto text = start;
    auto told = follow(text, limit);
    told.erase(std::unique(told.begin(), told.end()), told.end());
    EXPECT_EQ(told, expected) << limit;
  }
}

TEST_F(CatalogTextTest, EntriesComeInTheOrderOfTheirNumbers) {
  message("a", "2020-01-01T00:00:00Z", R"("contents":["a:t","a:h"],"size":12)");
  content("a:h", "a", "text/html");
  content("a:t", "a");
  message("b", "2020-01-03T00:00:00Z");
  put(Doctype::kFiles, "f", R"("type":"file","name":"f","updated_at":"2020-01-02T00:00:00Z")");
  project();
  EXPECT_THAT(catalog_.entries(0, 10), IsEmpty()) << "no numbers yet";
  catalog_.assign_numbers();
  const auto entries = catalog_.entries(0, 10);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].doc_id, "b");
  EXPECT_EQ(entries[1].doc_id, "f");
  EXPECT_EQ(entries[1].kind, Kind::kFile);
  EXPECT_EQ(entries[2].doc_id, "a");
  EXPECT_EQ(entries[2].size, 12U);
  EXPECT_THAT(entries[2].contents, ElementsAre("a:t", "a:h"));
  EXPECT_THAT(entries[2].content_types, ElementsAre("text/plain", "text/html"));
  EXPECT_THAT(catalog_.entries(entries[1].number, 1).at(0).doc_id, "f");
  EXPECT_EQ(catalog_.number_after({entries[0].date, entries[0].id}), entries[1].number);
  EXPECT_EQ(catalog_.number_after({entries[1].date, entries[1].id}), entries[2].number);
  EXPECT_GT(catalog_.number_after({entries[2].date, entries[2].id}), entries[2].number);
  EXPECT_EQ(catalog_.number_after({entries[0].date + 1, "zzz"}), entries[0].number);
}

TEST_F(CatalogTextTest, NumbersFallWithTheDateHoweverMessagesCome) {
  std::mt19937 random(7);
  message("first", "2020-06-15T00:00:00Z");
  project();
  catalog_.assign_numbers();
  int next = 0, ordered = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 1 + static_cast<int>(random() % 6); ++i, ++next) {
      message(fmt::format("m{}", next),
              fmt::format("2020-{:02}-{:02}T00:00:00Z", 1 + random() % 12, 1 + random() % 28));
      if (next % 3 == 0) {
        put(Doctype::kFiles, fmt::format("m{}", next / 2),
            fmt::format(R"("type":"file","name":"f","updated_at":"2020-{:02}-01T00:00:00Z")",
                        1 + random() % 12));
      }
      if (next % 4 == 0)
        message(fmt::format("m{}", random() % 10),
                fmt::format("2020-{:02}-03T00:00:00Z", 1 + random() % 12));
    }
    project();
    const auto entries = catalog_.entries(1, 1000);
    ASSERT_EQ(entries.size(), static_cast<std::size_t>(catalog_.entry_count()));
    EXPECT_EQ(entries.back().number >= kFirstOverflowNumber, catalog_.overflow_count() > 0);
    for (std::size_t i = 1; i < entries.size() && entries[i].number < kFirstOverflowNumber; ++i) {
      const auto place = [](const TextEntry& entry) {
        return std::tuple(-entry.date, entry.id, entry.kind);
      };
      EXPECT_LT(place(entries[i - 1]), place(entries[i])) << round;
      EXPECT_EQ(
          catalog_.number_after({entries[i - 1].date, entries[i - 1].id}) <= entries[i].number,
          true)
          << round;
      ++ordered;
    }
    if (catalog_.overflow_count() > 0) catalog_.assign_numbers();
  }
  EXPECT_GT(ordered, 100);
}

TEST_F(CatalogTextTest, WithoutAGapThereIsOverflow) {
  message("a", "2020-01-01T00:00:00Z");
  message("z", "2020-01-03T00:00:00Z");
  project();
  catalog_.assign_numbers();
  for (int i = 0; i < 20; ++i) {
    message(fmt::format("m{}", i), "2020-01-02T00:00:00Z");
  }
  project();
  EXPECT_GT(catalog_.overflow_count(), 0);
  EXPECT_EQ(catalog_.entries(0, 100).size(), 22U);
  EXPECT_EQ(catalog_.numbers({})->size(), 22U);
  catalog_.assign_numbers();
  EXPECT_EQ(catalog_.overflow_count(), 0);
  const auto entries = catalog_.entries(0, 100);
  EXPECT_EQ(entries.front().doc_id, "z");
  EXPECT_EQ(entries.back().doc_id, "a");
  EXPECT_EQ(entries[1].number - entries[0].number, 16U);
}

}  // namespace
}  // namespace indexer
