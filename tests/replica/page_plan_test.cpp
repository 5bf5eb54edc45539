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

  const PagePlan plan = plan_page(page, {{"first", {rev("1-a")}},
                                         {"later", {rev("2-b")}},
                                         {"dropped", {rev("1-a")}},
                                         {"conflict", {rev("1-b"), rev("1-a")}}});
  ASSERT_THAT(plan.batch.revisions, SizeIs(1));
  EXPECT_EQ(plan.batch.revisions[0].id, "first");
  ASSERT_THAT(plan.batch.quarantined, SizeIs(1));
  EXPECT_EQ(plan.batch.quarantined[0].id, "bad");
  ASSERT_THAT(plan.fetches, SizeIs(1));
  EXPECT_THAT(plan.fetches[0], SizeIs(3));
}

TEST(PagePlan, BoundsAFetchInBytes) {
  ChangesPage page;
  std::vector<RevisionsOfDocument> missing;
  for (int i = 0; i < 7; ++i) {
    page.rows.push_back(row("d" + std::to_string(i), "2-b", ""));
    page.rows.back().document_bytes = tuning::kBatchBytes / 3;
    missing.push_back({page.rows.back().id, page.rows.back().leaves});
  }
  page.rows[3].document_bytes = 2 * tuning::kBatchBytes;
  std::vector<std::size_t> sizes;
  for (const auto& fetch : plan_page(page, missing).fetches) sizes.push_back(fetch.size());
  EXPECT_THAT(sizes, ElementsAre(3, 1, 3));
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
