#include "replica/page_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/fetch_plan.hpp"
#include "replica/tuning.hpp"

namespace replica {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

RevId rev(const std::string& text) { return RevId::parse(text).value(); }

FeedRow row(const std::string& id, const std::string& leaf, const std::string& document) {
  FeedRow result;
  result.id = id;
  result.leaves = {rev(leaf)};
  result.document = document;
  result.document_bytes = document.size();
  return result;
}

TEST(PagePlan, TakesOnlyCompleteDocumentsFromThePage) {
  ChangesPage page;
  page.rows = {row("known", "1-a", "{}"),    row("first", "1-a", "{}"),
               row("later", "2-b", "{}"),    row("dropped", "1-a", ""),
               row("conflict", "1-b", "{}"), row("_design/x", "1-a", "{}"),
               row("bad", "1-a", "")};
  page.rows[4].leaves.push_back(rev("1-a"));
  page.rows[6].problem = "cannot be read";
  EXPECT_THAT(revisions_of(page), SizeIs(5));  // without the design document and the bad one

  PagePlan plan = plan_page(page,
                            {{"conflict", {rev("1-b"), rev("1-a")}},
                             {"dropped", {rev("1-a")}},
                             {"first", {rev("1-a")}},
                             {"later", {rev("2-b")}}},
                            {tuning::kBatchBytes, 100});
  ASSERT_THAT(plan.batch.revisions, SizeIs(1));
  EXPECT_EQ(plan.batch.revisions[0].id, "first");
  ASSERT_THAT(plan.batch.quarantined, SizeIs(1));
  EXPECT_EQ(plan.batch.quarantined[0].id, "bad");
  ASSERT_THAT(plan.fetches, SizeIs(1));
  EXPECT_THAT(plan.fetches[0].wanted, SizeIs(3));

  // What the source has of a document is said together with what is missing of it.
  add_exact(plan, revisions_of(page));
  EXPECT_THAT(plan.fetches[0].exact, SizeIs(3));
  EXPECT_EQ(plan.fetches[0].exact[0].id, "conflict");
  EXPECT_THAT(plan.fetches[0].exact[0].revs, SizeIs(2));
  ASSERT_THAT(plan.batch.exact, SizeIs(2));
  EXPECT_EQ(plan.batch.exact[0].id, "first");
  EXPECT_EQ(plan.batch.exact[1].id, "known");
}

TEST(PagePlan, TakesTheLaterRowOfADocument) {
  ChangesPage page;
  page.rows = {row("b", "1-a", "{}"), row("a", "2-a", "{}"), row("b", "2-b", "{}")};
  const auto revisions = revisions_of(page);
  ASSERT_THAT(revisions, SizeIs(2));
  EXPECT_EQ(revisions[0].id, "a");
  EXPECT_EQ(revisions[1].id, "b");
  EXPECT_THAT(revisions[1].revs, ElementsAre(rev("2-b")));
}

TEST(PagePlan, TellsWhetherDocumentsShouldComeWithTheFeed) {
  ChangesPage page;
  EXPECT_TRUE(is_mostly_complete(page));
  page.rows = {row("a", "1-a", ""), row("b", "2-b", "")};
  EXPECT_TRUE(is_mostly_complete(page));
  page.rows.push_back(row("c", "1-c", ""));
  page.rows.back().leaves.push_back(rev("1-b"));
  EXPECT_FALSE(is_mostly_complete(page));
}

TEST(PagePlan, BoundsAFetchInBytesAndRevisions) {
  ChangesPage page;
  std::vector<RevisionsOfDocument> missing;
  for (int i = 0; i < 7; ++i) {
    page.rows.push_back(row("d" + std::to_string(i), "2-b", ""));
    page.rows.back().document_bytes = tuning::kBatchBytes / 3;
    missing.push_back({page.rows.back().id, page.rows.back().leaves});
  }
  page.rows[3].document_bytes = 2 * tuning::kBatchBytes;
  std::vector<std::size_t> sizes;
  for (const Fetch& fetch : plan_page(page, missing, {tuning::kBatchBytes, 100}).fetches)
    sizes.push_back(fetch.wanted.size());
  EXPECT_THAT(sizes, ElementsAre(3, 1, 3));

  // Of a page without documents their usual size is taken.
  for (FeedRow& each : page.rows) each.document_bytes = 0;
  EXPECT_THAT(plan_page(page, missing, {700, 100}).fetches, SizeIs(1));
  EXPECT_THAT(plan_page(page, missing, {699, 100}).fetches, SizeIs(2));
  missing[0].revs.assign(tuning::kMaxRevisionsPerFetch, rev("2-b"));
  EXPECT_THAT(plan_page(page, missing, {tuning::kBatchBytes, 1}).fetches, SizeIs(2));
}

TEST(FetchPlan, BoundsARequestInRevisionsAndBytes) {
  std::vector<RevisionsOfDocument> wanted;
  for (std::size_t i = 0; i <= 2 * tuning::kMaxRevisionsPerFetch; ++i)
    wanted.push_back({std::to_string(i), {rev("2-b")}});
  wanted.push_back({"", {}});
  EXPECT_THAT(FetchPlan(wanted).parts(), SizeIs(3));

  wanted.assign(4, {std::string(tuning::kMaxFetchRequestBytes / 2 - 100, 'x'), {rev("2-b")}});
  EXPECT_THAT(FetchPlan(wanted).parts(), SizeIs(2));
  EXPECT_THAT(FetchPlan({}).parts(), IsEmpty());
}

}  // namespace
}  // namespace replica
