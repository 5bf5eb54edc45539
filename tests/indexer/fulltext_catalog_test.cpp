// The text index on a real catalog: built, searched by mailbox, state and date, followed.
#include "indexer/fulltext.hpp"
#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class FulltextCatalogTest : public CatalogFixture {
 protected:
  void SetUp() override {
    put(Doctype::kMailboxes, "inbox", R"("name":"Inbox","role":"inbox")");
    for (int i = 0; i < 20; ++i) {
      const auto id = fmt::format("m{:02}", i);
      // Two each day, so that some are of the same second.
      message(
          id, fmt::format("2020-01-{:02}T12:00:00Z", 1 + i / 2),
          fmt::format(
              R"("subject":"number {}","size":{},"mailboxIds":{{"{}":true}},"keywords":{{{}}},"contents":["{}:text"])",
              i, i * 100, i % 2 == 0 ? "inbox" : "other", i % 4 == 0 ? "" : R"("$seen":true)", id));
      put(Doctype::kContents, id + ":text",
          fmt::format(R"("email":"{}","type":"text/plain","content":"common text {}")", id, i % 3));
    }
    project();
    catalog_.assign_numbers();
    Progress progress;
    (void)build_fulltext(index(), catalog_, Texts(stores_), catalog_.checkpoint(), 1, progress);
  }

  [[nodiscard]] std::filesystem::path index() const { return folder_ / "derived/1/index"; }

  // Document ids of all hits, two a page.
  std::vector<std::string> search(std::string_view text) {
    FulltextReader reader(index());
    const auto query = parse_query(text).value();
    SearchRequest request;
    request.query = &query;
    request.limit = 2;
    std::vector<std::string> ids;
    for (bool more = true; more;) {
      const auto page = reader.search(request, catalog_).value();
      for (const auto& hit : page.hits)
        ids.push_back(catalog_.document_id(hit.kind, hit.id).value_or(hit.id));
      more = page.more;
      if (more) request.after = page.hits.back().place;
    }
    return ids;
  }

  // Brings catalog and index up to what was put.
  void follow() {
    project();
    FulltextWriter writer(index());
    const Texts texts(stores_);
    const auto changes = catalog_.text_changes(writer.checkpoint(), 1'000);
    for (const auto& entry : changes.changed) writer.replace(entry, texts.read(entry).value());
    for (const auto& [kind, id] : changes.removed) writer.remove(kind, id);
    writer.commit(changes.reached);
  }

  std::map<std::string, std::int64_t> count(Facet facet, bool is_one_of_several = false) {
    FulltextReader reader(index());
    const Query all;
    SearchRequest request;
    request.query = &all;
    request.facets = {facet};
    request.is_one_of_several = is_one_of_several;
    const auto facets = reader.search(request, catalog_).value().facets;
    return {facets.at(0).values.begin(), facets.at(0).values.end()};
  }
};

TEST_F(FulltextCatalogTest, FacetsCountStatesAsKeywords) {
  message("n", "2020-03-01T12:00:00Z",
          R"("keywords":{"$flagged":true,"$answered":true,"$draft":true,"$forwarded":true})");
  message("o", "2020-03-01T12:00:00Z", R"("keywords":{"$flagged":true})");
  follow();
  EXPECT_THAT(count(Facet::kKeyword),
              UnorderedElementsAre(Pair("$seen", 15), Pair("$flagged", 2), Pair("$answered", 1),
                                   Pair("$draft", 1), Pair("$forwarded", 1)));
}

TEST_F(FulltextCatalogTest, FacetsOfOneOfSeveralAccountsHaveAllValues) {
  for (int i = 0; i < 30; ++i)
    message(fmt::format("n{}", i), "2020-03-01T12:00:00Z",
            fmt::format(R"("from":[{{"email":"{}@example.org"}}])", i));
  follow();
  EXPECT_EQ(count(Facet::kSender).size(), kMaxFacetValues);
  EXPECT_EQ(count(Facet::kSender, true).size(), 30U);
}

TEST_F(FulltextCatalogTest, FindsNewestFirst) {
  EXPECT_EQ(search(""), listed());
  EXPECT_EQ(search("common"), listed());
  EXPECT_THAT(search("subject:7"), ElementsAre("m07"));
  EXPECT_THAT(search("in:Inbox is:unread after:2020-01-07"), ElementsAre("m16", "m12"));
  EXPECT_THAT(search("after:2020-01-03 before:2020-01-04"), ElementsAre("m04", "m05"));
  EXPECT_THAT(search("\"text 1\" before:2020-01-03 -in:inbox"), ElementsAre("m01"));
  EXPECT_THAT(search("has:attachment"), IsEmpty());
  EXPECT_THAT(search("larger:1700"), ElementsAre("m18", "m19"));
}

TEST_F(FulltextCatalogTest, FollowsTheCatalog) {
  put(Doctype::kContents, "m03:text", R"("email":"m03","type":"text/plain","content":"rewritten")");
  message("new", "2020-01-05T13:00:00Z", R"("subject":"rewritten too")");
  message("m10", "2020-02-01T00:00:00Z", R"("subject":"rewritten and moved")");
  remove(Doctype::kEmails, "m00");
  follow();
  EXPECT_THAT(search("rewritten"), ElementsAre("m10", "new", "m03"));
  EXPECT_EQ(search(""), listed());
}

}  // namespace
}  // namespace indexer
