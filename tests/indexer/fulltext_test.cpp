#include "indexer/fulltext.hpp"

#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <xapian.h>

#include "replica/transient_errors.hpp"
#include "tests/indexer/fulltext_random.hpp"
#include "tests/support/resource_limit.hpp"
#include "tests/support/support.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Fulltext, AgreesWithTheModel) {
  const support::TemporaryFolder folder;
  auto model = random_model(1, 300);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.entries(), 300);
  expect_agreement(reader, model, 2, 400);
}

// Xapian 1.4.22 compares weights that it never set in what is negated.
TEST(Fulltext, WhatIsNegatedMayHaveAccents) {
  const support::TemporaryFolder folder;
  const auto model = random_model(2, 300);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  for (int size = 0; size < 10'000; size += 250) {
    const auto text = fmt::format("NOT (smaller:{} caf\u00e9)", size);
    EXPECT_EQ(search(reader, model, text, SearchOrder::kRelevance).hits.size(),
              search(reader, model, text, SearchOrder::kDate).hits.size())
        << text;
  }
}

TEST(Fulltext, MergesTheOverflowRangeByDate) {
  const support::TemporaryFolder folder;
  auto model = random_model(3, 300);
  Random random(4);
  std::uint32_t next = kFirstOverflowNumber;
  std::vector<Entry*> shuffled;
  for (auto& entry : model.entries) shuffled.push_back(&entry);
  for (std::size_t i = 0; i < 60; ++i) {
    auto& entry = *shuffled[random.below(shuffled.size())];
    if (entry.entry.number < kFirstOverflowNumber) entry.entry.number = next++;
  }
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  expect_agreement(reader, model, 5, 200);
}

// Xapian 1.4.22 loses its way where a term is in every entry and numbers have gaps.
TEST(Fulltext, AWordThatIsInEveryEntryIsFoundInEach) {
  const support::TemporaryFolder folder;
  Model model;
  for (int i = 0; i < 3'000; ++i) {
    auto& entry = model.entries.emplace_back();
    entry.entry.id = fmt::format("id{:04}", i);
    entry.text.body = "everywhere";
  }
  model.number(16);
  Progress progress;
  (void)build_fulltext(folder / "built", model.source(), {}, 2, progress);
  write(folder / "written", model);
  for (const std::string name : {"built", "written"}) {
    FulltextReader reader(folder / name);
    EXPECT_EQ(reader.entries(), 3'000) << name;
    for (const std::string query : {"everywhere", "", "-nowhere", "everywhere OR nowhere"}) {
      EXPECT_EQ(search(reader, model, query).total, 3'000) << name << ": " << query;
      EXPECT_EQ(search(reader, model, query, SearchOrder::kRelevance).total, 3'000)
          << name << ": " << query;
    }
    EXPECT_EQ(search(reader, model, "-everywhere").total, 0) << name;
  }
}

TEST(Fulltext, LargeTotalsAreEstimates) {
  const support::TemporaryFolder folder;
  constexpr std::uint32_t kEntries = 2'100;
  {
    FulltextWriter writer(folder / "index");
    EntryText text;
    for (std::uint32_t number = 1; number <= kEntries; ++number) {
      TextEntry entry;
      entry.number = number + 16;
      entry.id = std::to_string(number);
      text.subject = number <= 100 ? "few many" : number % 2 == 0 ? "even many" : "odd many";
      writer.replace(entry, text);
    }
    writer.commit({});
  }
  const Model none;
  FulltextReader reader(folder / "index");
  const auto few = search(reader, none, "few", SearchOrder::kDate, 50);
  EXPECT_TRUE(few.total_is_exact);
  EXPECT_EQ(few.total, 100);
  EXPECT_TRUE(few.more);
  const auto half = search(reader, none, "many -odd", SearchOrder::kDate, 50);
  EXPECT_TRUE(half.total_is_exact);
  EXPECT_EQ(half.total, 1'100);
  const auto most = search(reader, none, "many -few", SearchOrder::kDate, 50);
  EXPECT_EQ(most.total, kEntries - 100);
  const auto nearly_all =
      search(reader, none, "(even OR odd OR few) -zero", SearchOrder::kDate, 50);
  EXPECT_FALSE(nearly_all.total_is_exact);
  EXPECT_GE(nearly_all.total, kExactTotal);
}

TEST(Fulltext, ANameAndItsAddressAreOnePhraseAndTwoAddressesAreNot) {
  const support::TemporaryFolder folder;
  auto model = random_model(11, 1);
  model.entries[0].text.from = {{"Ada King", "ada@example.org"}, {"Bo Li", "bo@example.net"}};
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  for (const char* found : {"from:\"Ada King <ada@example.org>\"", "\"king ada example\"",
                            "from:\"Bo Li <bo@example.net>\"", "from:*king*"})
    EXPECT_THAT(search(reader, model, found).hits, SizeIs(1)) << found;
  EXPECT_THAT(search(reader, model, "\"ada example org bo li\"").hits, IsEmpty());
}

TEST(Fulltext, AnEntryMovesWithItsNumber) {
  const support::TemporaryFolder folder;
  auto model = random_model(11, 3);
  for (auto& entry : model.entries) {
    entry.entry.kind = Kind::kMail;
    entry.text.body = "word";
  }
  write(folder / "index", model);
  FulltextReader reader(folder / "index");

  // The oldest becomes the newest.
  std::rotate(model.entries.begin(), model.entries.begin() + 2, model.entries.end());
  model.entries[0].entry.number = 5;
  model.entries[0].entry.date = 100 * kDay;
  FulltextWriter writer(folder / "index");
  writer.replace(model.entries[0].entry, model.entries[0].text);
  const auto before = ids_of(search(reader, model, "word"));
  EXPECT_THAT(before, ElementsAre(model.entries[1].entry.id, model.entries[2].entry.id,
                                  model.entries[0].entry.id));
  writer.commit(checkpoint_at(2));
  reader.refresh();
  EXPECT_THAT(
      ids_of(search(reader, model, "word")),
      ElementsAre(model.entries[0].entry.id, model.entries[1].entry.id, model.entries[2].entry.id));
  EXPECT_EQ(reader.entries(), 3);

  // Two change places.
  std::swap(model.entries[1].entry.number, model.entries[2].entry.number);
  for (const auto i : {1, 2}) writer.replace(model.entries[static_cast<std::size_t>(i)].entry, {});
  writer.commit(checkpoint_at(3));
  reader.refresh();
  EXPECT_EQ(reader.entries(), 3);

  writer.remove(Kind::kMail, model.entries[1].entry.id);
  writer.remove(Kind::kFile, model.entries[0].entry.id);
  writer.remove(Kind::kMail, "unknown");
  writer.commit(checkpoint_at(4));
  reader.refresh();
  EXPECT_EQ(reader.entries(), 2);
  EXPECT_THAT(ids_of(search(reader, model, "")),
              ElementsAre(model.entries[0].entry.id, model.entries[2].entry.id));
}

TEST(Fulltext, WhatIsNotCommittedDidNotHappen) {
  const support::TemporaryFolder folder;
  auto model = random_model(12, 50);
  write(folder / "index", model);
  {
    FulltextWriter writer(folder / "index");
    for (const auto& entry : model.entries) writer.remove(entry.entry.kind, entry.entry.id);
  }
  FulltextReader reader(folder / "index");
  EXPECT_EQ(reader.entries(), 50);
  EXPECT_EQ(reader.checkpoint(), checkpoint_at(1));
}

TEST(Fulltext, ACommitThatFindsNoRoomDidNotHappen) {
  const support::TemporaryFolder folder;
  auto model = random_model(12, 300);
  std::signal(SIGXFSZ, SIG_IGN);
  std::int64_t committed = 1;
  int failed = 0;
  const auto write_all = [&](std::optional<rlim_t> most) {
    FulltextWriter writer(folder / "index");
    const support::ResourceLimit limit(RLIMIT_FSIZE);
    if (most) limit.set(*most);
    for (const auto& entry : model.entries) writer.replace(entry.entry, entry.text);
    writer.commit(checkpoint_at(committed + 1));
    ++committed;
  };
  for (rlim_t room = 0; room < 400'000; room += 20'000) {
    try {
      write_all(room);
    } catch (const std::runtime_error& error) {
      ++failed;
      EXPECT_TRUE(replica::is_out_of_space(error)) << error.what();
    }
    write_all({});
    FulltextReader reader(folder / "index");
    ASSERT_EQ(reader.checkpoint(), checkpoint_at(committed)) << room;
    expect_agreement(reader, model, static_cast<unsigned>(room), 10);
  }
  EXPECT_GT(failed, 2);
  EXPECT_EQ(Xapian::Database::check((folder / "index").string(), 0, nullptr), 0U);
}

TEST(Fulltext, ReadsWhileOthersCommit) {
  const support::TemporaryFolder folder;
  auto model = random_model(13, 40);
  for (auto& entry : model.entries) entry.text.body = "common words";
  write(folder / "index", model);
  std::atomic<bool> done{false};
  const std::jthread writing([&] {
    FulltextWriter writer(folder / "index");
    for (std::int64_t seq = 2; seq < 40; ++seq) {
      for (const auto& entry : model.entries) writer.replace(entry.entry, entry.text);
      writer.commit(checkpoint_at(seq));
    }
    done = true;
  });
  FulltextReader reader(folder / "index");
  for (int i = 0; !done; ++i) {
    EXPECT_EQ(search(reader, model, "\"common words\"", SearchOrder::kDate, 100).hits.size(), 40U);
    if (i % 100 == 0) reader.refresh();
  }
}

TEST(Fulltext, RanksTheSubjectAboveTheBody) {
  const support::TemporaryFolder folder;
  Model model;
  for (int i = 0; i < 3; ++i) {
    Entry entry;
    entry.entry.id = std::to_string(i);
    entry.entry.date = 100 - i;
    entry.text.subject = i == 2 ? "budget" : "other";
    entry.text.body = i == 1 ? "the budget" : "nothing else";
    model.entries.push_back(entry);
  }
  model.number(16);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  const auto page = search(reader, model, "budgets after:1970", SearchOrder::kRelevance);
  EXPECT_THAT(ids_of(page), ElementsAre("2", "1"));
  EXPECT_GT(page.hits[0].score, page.hits[1].score);
  EXPECT_GT(page.hits[1].score, 0);

  const auto query = parse_query("budget");
  SearchRequest request;
  request.query = &*query;
  request.order = SearchOrder::kRelevance;
  request.limit = 1;
  auto first = reader.search(request, model).value();
  EXPECT_TRUE(first.more);
  request.after = first.hits.back().place;
  auto second = reader.search(request, model).value();
  EXPECT_FALSE(second.more);
  EXPECT_THAT(ids_of(second), ElementsAre("1"));
}

// Messages of nothing but these texts, numbered in their order.
Model model_of(const std::vector<std::string>& bodies) {
  Model model;
  for (const auto& body : bodies) {
    Entry entry;
    entry.entry.id = std::to_string(model.entries.size());
    entry.text.body = body;
    model.entries.push_back(entry);
  }
  model.number(16);
  return model;
}

// The place by relevance is behind a hit, not behind a number of them.
TEST(Fulltext, PagesByRelevanceGoOnWhateverComesBetween) {
  constexpr std::size_t kMessages = 30, kPage = 7;
  const auto body = [](std::size_t budgets) {
    std::string text;
    for (std::size_t i = 0; i < 60; ++i) text += i < budgets ? "budget " : "other ";
    return text;
  };
  for (const bool threads : {false, true}) {
    const support::TemporaryFolder folder;
    std::vector<std::string> bodies;
    for (std::size_t i = 0; i < kMessages; ++i) bodies.push_back(body(kMessages - i));
    Model model = model_of(bodies);
    for (std::size_t i = 0; i < kMessages; ++i)
      model.entries[i].thread = static_cast<std::int64_t>(i) + 1;
    write(folder / "index", model);
    FulltextReader reader(folder / "index");
    const auto query = parse_query("budget");
    SearchRequest request;
    request.query = &*query;
    request.order = SearchOrder::kRelevance;
    request.limit = kPage;
    request.threads = threads;
    std::vector<std::string> expected, found;
    for (std::size_t i = 0; i < kMessages; ++i) expected.push_back(std::to_string(i));
    FulltextWriter writer(folder / "index");
    for (std::uint32_t page_number = 1;; ++page_number) {
      const auto page = reader.search(request, model).value();
      for (const auto& hit : page.hits) found.push_back(hit.id);
      if (!page.more) break;
      request.after = page.hits.back().place;
      // Three that come before all that were read.
      for (std::uint32_t i = 1; i <= 3; ++i) {
        Entry late;
        late.entry.id = fmt::format("late{}-{}", page_number, i);
        late.entry.number = 3 * (page_number - 1) + i + 1;  // 1 is the empty entry
        late.text.body = body(60);
        writer.replace(late.entry, late.text);
        model.entries.push_back(late);
      }
      writer.commit(checkpoint_at(page_number));
      reader.refresh();
    }
    EXPECT_EQ(found, expected) << threads;
  }
}

// Page by page, to the end.
std::vector<std::string> ids_of_all_pages(FulltextReader& reader, SearchRequest request,
                                          const Model& model) {
  std::vector<std::string> ids;
  for (bool more = true; more;) {
    const auto page = reader.search(request, model).value();
    EXPECT_EQ(page.total, static_cast<std::int64_t>(model.entries.size()));
    for (const auto& hit : page.hits) ids.push_back(hit.id);
    more = page.more;
    if (more) request.after = page.hits.back().place;
  }
  return ids;
}

// Numbers of mail that found no gap are in no order.
TEST(Fulltext, EquallyRelevantIsNewestFirst) {
  const support::TemporaryFolder folder;
  Model model;
  for (std::uint32_t i = 0; i < 20; ++i) {
    auto& entry = model.entries.emplace_back();
    entry.entry.id = fmt::format("{:02}", i);
    entry.entry.date = 1'000 - i;
    entry.entry.number = i % 3 == 1 ? kFirstOverflowNumber + i * 7 % 20 : (i + 1) * 16;
  }
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  const auto query = parse_query("after:1970");
  SearchRequest request;
  request.query = &*query;
  request.order = SearchOrder::kRelevance;
  request.limit = 6;
  std::vector<std::string> expected;
  for (const auto& entry : model.entries) expected.push_back(entry.entry.id);
  EXPECT_EQ(ids_of_all_pages(reader, request, model), expected);
}

TEST(Fulltext, OldestFirstIsTheListFromItsEnd) {
  const support::TemporaryFolder folder;
  auto model = random_model(7, 300);
  for (std::size_t i = 0; i < 300; i += 17)
    model.entries[i].entry.number = kFirstOverflowNumber + static_cast<std::uint32_t>(300 - i);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  const auto query = parse_query("");
  SearchRequest request;
  request.query = &*query;
  request.order = SearchOrder::kSorted;
  request.ascending = true;
  request.limit = 7;
  std::vector<std::string> expected;
  for (const auto& entry : model.entries) expected.push_back(entry.entry.id);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(ids_of_all_pages(reader, request, model), expected);
}

TEST(Fulltext, RanksNewTextAboveQuotedText) {
  const support::TemporaryFolder folder;
  const Model model =
      model_of({"On Monday, Ada wrote:\n> the budget is here\n\nThank you, it is read.\n",
                "The budget is here, it is to be read.\n> thank you\n"});
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_THAT(ids_of(search(reader, model, "budget", SearchOrder::kRelevance)),
              ElementsAre("1", "0"));
  EXPECT_THAT(ids_of(search(reader, model, "thank", SearchOrder::kRelevance)),
              ElementsAre("0", "1"));
}

TEST(Fulltext, FindsByLanguage) {
  const support::TemporaryFolder folder;
  const Model model = model_of(
      {"Please find the report of last week below, and tell me what you think of it.",
       "Veuillez trouver le compte rendu de la semaine derni\u00e8re, et dites-moi ce que vous en "
       "pensez.\n"
       "> Please find the report of last week below, and tell me what you think of it. It is long "
       "and in English.\n",
       "\u8acb\u770b\u4e0a\u9031\u7684\u5831\u544a\uff0c\u4e26\u544a\u8a34\u6211\u4f60\u5c0d\u5b83"
       "\u7684\u770b"
       "\u6cd5\u3002\u9019\u500b\u5831\u544a\u5f88\u91cd\u8981\uff0c\u8acb\u4f60\u8a8d\u771f\u95b1"
       "\u8b80\u3002",
       "42"});
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  EXPECT_THAT(ids_of(search(reader, model, "lang:en")), ElementsAre("0"));
  EXPECT_THAT(ids_of(search(reader, model, "lang:fr")), ElementsAre("1"));
  EXPECT_THAT(ids_of(search(reader, model, "lang:zh-Hant")), ElementsAre("2"));
  EXPECT_THAT(ids_of(search(reader, model, "lang:zh")), ElementsAre("2"));
  EXPECT_THAT(ids_of(search(reader, model, "-lang:fr -lang:zh -lang:en")), ElementsAre("3"));
}

TEST(Fulltext, OfSeveralAccountsOneMayLackAName) {
  const support::TemporaryFolder folder;
  auto model = random_model(14, 3);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  SearchRequest request;
  request.is_one_of_several = true;
  const auto total_of = [&](const char* text) {
    const auto query = parse_query(text);
    request.query = &*query;
    const auto found = reader.search(request, model);
    EXPECT_TRUE(found) << text;
    return found ? found->total : -1;
  };
  EXPECT_EQ(total_of("in:nowhere"), 0);
  EXPECT_EQ(total_of("thread:nowhere"), 0);
  EXPECT_EQ(total_of("NOT in:nowhere"), total_of(""));
}

TEST(Fulltext, NamesWhatIsWrong) {
  const support::TemporaryFolder folder;
  auto model = random_model(14, 3);
  write(folder / "index", model);
  FulltextReader reader(folder / "index");
  const auto query = parse_query("word in:nowhere");
  SearchRequest request;
  request.query = &*query;
  const auto result = reader.search(request, model);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().position, 8U);
  EXPECT_THAT(result.error().message, HasSubstr("nowhere"));

  for (const char* text : {"header:subject:foo", "header:subject:(foo bar)", "header:subject:*",
                           "header:subject:foo NEAR header:subject:bar"}) {
    const auto of_header = parse_query(text);
    request.query = &*of_header;
    const auto refused = reader.search(request, model);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().position, 7U) << text << ": where the header's name stands";
  }

  EXPECT_THROW(FulltextReader(folder / "absent"), std::runtime_error);
  const FulltextWriter writer(folder / "index");
  EXPECT_THROW(FulltextWriter(folder / "index"), std::runtime_error);
  support::write_file(folder / "bad/iamglass", "no database");
  EXPECT_THROW(FulltextReader(folder / "bad"), std::runtime_error);
}

}  // namespace
}  // namespace indexer
