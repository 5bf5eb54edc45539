// Text indexes built in bulk: in parts that are merged, gone on with after an end that came early.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "indexer/fulltext.hpp"
#include "tests/indexer/fulltext_random.hpp"
#include "tests/support/support.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FulltextBuild, BuiltInBulkIsAsWrittenOneByOne) {
  const support::TemporaryFolder folder;
  auto model = random_model(6, 1'300);
  Progress progress;
  const auto built =
      build_fulltext(folder / "index", model.source(), checkpoint_at(7), 2, progress);
  EXPECT_EQ(built, checkpoint_at(7));
  EXPECT_EQ(progress.done, 1'300);
  EXPECT_FALSE(std::filesystem::exists(folder / "index.parts"));
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.checkpoint(), checkpoint_at(7));
  expect_agreement(reader, model, 8, 60);

  // And it can be followed.
  model.entries[3].text.body = "rewritten";
  FulltextWriter writer(folder / "index");
  EXPECT_EQ(writer.checkpoint(), checkpoint_at(7));
  writer.replace(model.entries[3].entry, model.entries[3].text);
  writer.commit(checkpoint_at(8));
  reader.refresh();
  EXPECT_EQ(reader.checkpoint(), checkpoint_at(8));
  EXPECT_THAT(ids_of(search(reader, model, "rewritten")), ElementsAre(model.entries[3].entry.id));
}

TEST(FulltextBuild, ManyPartsAreMergedInSteps) {
  const support::TemporaryFolder folder;
  auto model = random_model(15, 700);
  auto source = model.source();
  const auto entries = source.entries;
  source.entries = [&](std::uint32_t from, std::size_t) {
    return entries(from, 10);
  };  // so 70 parts
  Progress progress;
  (void)build_fulltext(folder / "index", source, {}, 2, progress);
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.entries(), 700);
  expect_agreement(reader, model, 16, 20);
}

TEST(FulltextBuild, AnEmptyCatalogGivesAnEmptyIndex) {
  const support::TemporaryFolder folder;
  const Model model;
  Progress progress;
  (void)build_fulltext(folder / "index", model.source(), checkpoint_at(1), 2, progress);
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.entries(), 0);
  EXPECT_EQ(reader.checkpoint(), checkpoint_at(1));
  for (const auto* query : {"", "word", "-word", "after:2000", "in:inbox", "larger:1"}) {
    EXPECT_THAT(search(reader, model, query).hits, IsEmpty()) << query;
  }
}

TEST(FulltextBuild, WhatCannotBeReadIsListed) {
  const support::TemporaryFolder folder;
  auto model = random_model(9, 20);
  auto source = model.source();
  const auto read = source.text;
  source.text = [&](const TextEntry& entry) -> mail::Result<EntryText> {
    if (entry.number % 64 == 0) return mail::Malformed{"no JSON"};
    return read(entry);
  };
  Progress progress;
  (void)build_fulltext(folder / "index", source, {}, 2, progress);
  FulltextReader reader(folder / "index");
  EXPECT_EQ(search(reader, model, "").total, 20);
}

// How many entries a source was asked for, which ends the build after so many.
struct Interrupted {
  std::atomic<std::size_t> read{0};
  std::size_t most = 0;

  EntrySource of(const Model& model, std::string numbering, Progress& progress) {
    auto source = model.source();
    source.numbering = std::move(numbering);
    source.text = [this, &progress, text = source.text](const TextEntry& entry) {
      if (++read >= most) progress.cancelled = true;
      return text(entry);
    };
    return source;
  }
};

TEST(FulltextBuild, ABuildThatEndedEarlyGoesOn) {
  const support::TemporaryFolder folder;
  auto model = random_model(10, 1'900);
  {
    Progress progress;
    Interrupted early{0, 1'200};
    EXPECT_THROW((void)build_fulltext(folder / "index", early.of(model, "a-1", progress),
                                      checkpoint_at(3), 1, progress),
                 Cancelled);
    EXPECT_FALSE(std::filesystem::exists(folder / "index"));
    EXPECT_TRUE(is_build_begun(folder / "index", "a-1"));
    EXPECT_FALSE(is_build_begun(folder / "index", "a-2"));
  }
  // What a killed program was writing is in nobody's way.
  support::write_file(folder / "index.parts/7.new/postlist.glass", "half");
  Progress progress;
  Interrupted whole{0, 10'000};
  const auto built = build_fulltext(folder / "index", whole.of(model, "a-1", progress),
                                    checkpoint_at(9), 2, progress);
  EXPECT_EQ(built, checkpoint_at(3)) << "what changed since then is to be followed";
  EXPECT_EQ(whole.read, 900U) << "two runs of 500 were complete";
  EXPECT_EQ(progress.done, 1'900);
  EXPECT_FALSE(std::filesystem::exists(folder / "index.parts"));
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.entries(), 1'900);
  EXPECT_EQ(reader.checkpoint(), checkpoint_at(3));
  expect_agreement(reader, model, 11, 60);
}

TEST(FulltextBuild, ABuildOfOtherNumbersBeginsAnew) {
  const support::TemporaryFolder folder;
  const auto model = random_model(10, 1'100);
  {
    Progress progress;
    Interrupted early{0, 600};
    EXPECT_THROW(
        (void)build_fulltext(folder / "index", early.of(model, "a-1", progress), {}, 1, progress),
        Cancelled);
  }
  Progress progress;
  Interrupted whole{0, 10'000};
  (void)build_fulltext(folder / "index", whole.of(model, "a-2", progress), checkpoint_at(9), 2,
                       progress);
  EXPECT_EQ(whole.read, 1'100U);
  EXPECT_EQ(FulltextReader(folder / "index").checkpoint(), checkpoint_at(9));
  EXPECT_THROW((void)build_fulltext(folder / "index", model.source(), {}, 2, progress),
               std::runtime_error);
}

TEST(FulltextBuild, AFailedBuildHasNoIndex) {
  const support::TemporaryFolder folder;
  const auto model = random_model(10, 1'100);
  auto source = model.source();
  source.text = [](const TextEntry&) -> mail::Result<EntryText> {
    throw std::runtime_error("disk on fire");
  };
  Progress progress;
  EXPECT_THROW((void)build_fulltext(folder / "index", source, {}, 2, progress), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder / "index"));
  (void)build_fulltext(folder / "index", model.source(), {}, 2, progress);
  EXPECT_EQ(FulltextReader(folder / "index").entries(), 1'100);
}

TEST(FulltextBuild, ARateIsKept) {
  const support::TemporaryFolder folder;
  const auto model = random_model(10, 60);
  Progress progress;
  progress.rate = 200;
  const auto began = std::chrono::steady_clock::now();
  (void)build_fulltext(folder / "index", model.source(), {}, 2, progress);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(59 * 5));
}

}  // namespace
}  // namespace indexer
