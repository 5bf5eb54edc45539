#include <algorithm>
#include <ctime>
#include <random>
#include <set>

#include "mail/threads.hpp"
#include "tests/indexer/catalog_fixture.hpp"
#include "tests/support/threads.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;

class CatalogThreadsTest : public CatalogFixture {
 protected:
  void reply(const std::string& id, int day, const std::string& references,
             const std::string& more = "") {
    message(
        id, fmt::format("2020-01-{:02}T00:00:00Z", day),
        fmt::format(
            R"("messageId":["{}@x"],"references":[{}],"from":[{{"name":"N{}","email":"n@x"}}]{}{})",
            id, references, day % 3, more.empty() ? "" : ",", more));
  }
  [[nodiscard]] std::vector<std::string> thread_of(const std::string& id) const {
    return doc_ids(catalog_.thread(id, {}));
  }
};

TEST_F(CatalogThreadsTest, ALateMessageJoinsThreads) {
  reply("a", 1, "");
  reply("c", 3, R"("b@x")");
  project();
  EXPECT_THAT(thread_of("a"), ElementsAre("a"));
  EXPECT_EQ(member(row_of("c"), "threadId"), '"' + public_id("c") + '"');
  reply("b", 2, R"("a@x")");
  project();
  EXPECT_THAT(thread_of("a"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(thread_of(public_id("a")), ElementsAre("a", "b", "c"));
  EXPECT_EQ(member(row_of("c"), "threadId"), '"' + public_id("a") + '"');
  remove(Doctype::kEmails, "b");
  project();
  EXPECT_THAT(thread_of("a"), ElementsAre("a"));
  EXPECT_THAT(thread_of("c"), ElementsAre("c"));
  EXPECT_TRUE(catalog_.thread("b", {}).empty());
}

TEST_F(CatalogThreadsTest, AnyOrderOfArrivalGivesTheSameThreads) {
  struct Mail {
    std::string id, references;
  };
  const std::vector<Mail> mails = {{"a", ""},
                                   {"b", R"("a@x")"},
                                   {"c", R"("a@x","b@x")"},
                                   {"d", R"("missing@x")"},
                                   {"e", R"("missing@x","c@x")"}};
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  do {
    const auto name = fmt::format("{}", fmt::join(order, ""));
    for (const auto i : order) {
      reply(mails[i].id, static_cast<int>(i) + 1, mails[i].references);
      project();
    }
    ASSERT_THAT(thread_of("a"), ElementsAre("a", "b", "c", "d", "e")) << name;
    for (const auto& mail : mails) {
      ASSERT_EQ(member(row_of(mail.id), "threadId"), '"' + public_id("a") + '"') << name;
      remove(Doctype::kEmails, mail.id);
    }
    project();
    ASSERT_EQ(catalog_.message_count(), 0);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(CatalogThreadsTest, AnEarlierMessageGivesTheThreadItsName) {
  reply("b", 2, R"("a@x")");
  project();
  EXPECT_EQ(member(row_of("b"), "threadId"), '"' + public_id("b") + '"');
  reply("a", 1, "");
  project();
  EXPECT_EQ(member(row_of("b"), "threadId"), '"' + public_id("a") + '"');
  remove(Doctype::kEmails, "a");
  project();
  EXPECT_EQ(member(row_of("b"), "threadId"), '"' + public_id("b") + '"');
}

// A reply to another message under a new subject begins a thread of its own, and cannot pull others
// in.
TEST_F(CatalogThreadsTest, ASubjectDoesNotHijackAThread) {
  reply("a", 1, "", R"("subject":"Lunch")");
  reply("b", 2, R"("a@x")", R"("subject":"Re: Lunch")");
  reply("c", 3, R"("a@x","b@x")", R"("subject":"Cheap pills")");
  reply("d", 4, R"("a@x","b@x","c@x")", R"("subject":"AW: Cheap pills")");
  reply("e", 5, "", R"("subject":"Lunch")");
  project();
  EXPECT_THAT(thread_of("a"), ElementsAre("a", "b"));
  EXPECT_THAT(thread_of("c"), ElementsAre("c", "d"));
  EXPECT_THAT(thread_of("e"), ElementsAre("e"));
}

TEST_F(CatalogThreadsTest, AChangedSubjectMovesTheMessage) {
  reply("a", 1, "", R"("subject":"Lunch")");
  reply("b", 2, R"("a@x")", R"("subject":"Dinner")");
  project();
  EXPECT_THAT(thread_of("a"), ElementsAre("a"));
  reply("b", 2, R"("a@x")", R"("subject":"Re: Lunch")");
  project();
  EXPECT_THAT(thread_of("a"), ElementsAre("a", "b"));
}

TEST_F(CatalogThreadsTest, AListOfThreadsShowsTheNewestMatchOfEach) {
  reply("a1", 1, "", R"("mailboxIds":{"inbox":true},"keywords":{"$seen":true})");
  reply("b1", 2, "", R"("mailboxIds":{"inbox":true})");
  reply("a2", 3, R"("a1@x")", R"("mailboxIds":{"inbox":true})");
  reply("a3", 4, R"("a1@x")", R"("mailboxIds":{"sent":true},"keywords":{"$seen":true})");
  project();
  ListQuery query;
  query.threads = true;
  EXPECT_THAT(listed(query), ElementsAre("a3", "b1"));
  const auto page = catalog_.list(query, {});
  EXPECT_EQ(page.total, 2);
  EXPECT_EQ(page.unread, 2);
  EXPECT_EQ(member(page.rows[0], "thread"), R"({"count":3,"participants":["N1","N0"],"unread":1})");
  query.filter.mailbox = "inbox";
  EXPECT_THAT(listed(query), ElementsAre("a2", "b1"));
  query.ascending = true;
  EXPECT_THAT(listed(query), ElementsAre("b1", "a2"));
  query.limit = 1;
  query.after = catalog_.list(query, {}).next;
  EXPECT_THAT(listed(query), ElementsAre("a2"));
  query.ascending = false;
  EXPECT_EQ(catalog_.list(query, {}).refused, ListRefusal::kBadCursor) << "of the other order";
}

TEST_F(CatalogThreadsTest, ALongThreadStaysCheap) {
  constexpr int kMessages = 10'000;
  const auto reply_to_the_one_before = [this](int number) {
    put(Doctype::kEmails, fmt::format("m{}", number),
        fmt::format(R"("messageId":["m{}@x"],"inReplyTo":["m{}@x"])", number, number - 1));
  };
  for (int i = 0; i < kMessages; ++i) reply_to_the_one_before((i * 1009) % kMessages);
  flush();
  const auto begin = std::clock();
  project(catalog_, 100);
  EXPECT_EQ(catalog_.thread("m0", {}).size(), static_cast<std::size_t>(kMessages));
  // One goes in the middle, and comes back: each time the thread is looked at as a whole, once.
  remove(Doctype::kEmails, "m5000");
  project();
  EXPECT_EQ(catalog_.thread("m0", {}).size(), 5'000U);
  EXPECT_EQ(catalog_.thread("m9999", {}).size(), 4'999U);
  reply_to_the_one_before(5'000);
  project();
  EXPECT_EQ(catalog_.thread("m9999", {}).size(), static_cast<std::size_t>(kMessages));
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  RecordProperty("cpu_milliseconds", static_cast<int>(seconds * 1'000));
  EXPECT_LT(seconds, 20);
}

// Messages come, change and go at random; after each step threads, counts and lists are those of a
// catalog made at once, and threads are those that support::threads_of finds.
TEST_F(CatalogThreadsTest, ThreadsAreAFunctionOfTheMessagesPresent) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    std::mt19937 engine(seed);
    const auto random = [&engine] { return static_cast<unsigned>(engine()); };
    const auto name = [&](unsigned i) { return fmt::format("s{}m{}", seed, i); };
    std::map<std::string, std::string> present;
    for (int step = 0; step < 25; ++step) {
      for (unsigned i = 0; i < 1 + random() % 12; ++i) {
        const auto id = name(random() % 40);
        if (random() % 4 == 0) {
          remove(Doctype::kEmails, id);
          present.erase(id);
          continue;
        }
        std::string references;
        for (unsigned r = 0; r < random() % 3; ++r) {
          references += fmt::format(R"({}"{}@x")", r == 0 ? "" : ",", name(random() % 40));
        }
        const char* mailboxes[] = {R"("mailboxIds":{"inbox":true})",
                                   R"("mailboxIds":{"work":true,"inbox":true})",
                                   R"("mailboxIds":{})"};
        reply(id, 1 + static_cast<int>(random() % 28), references,
              fmt::format(R"({},"keywords":{{{}}})", mailboxes[random() % 3],
                          random() % 2 == 0 ? R"("$seen":true)" : ""));
        present.try_emplace(id);
      }
      flush();
      for (auto& [id, body] : present) body = stores_.find(Doctype::kEmails)->read(id)->body;
      project(catalog_, 1 + random() % 9);

      Catalog fresh(folder_ / fmt::format("fresh/{}-{}/catalog.db", seed, step),
                    replica::sqlite::Access::kReadWrite);
      project(fresh);
      for (const bool threads : {false, true}) {
        for (const char* mailbox : {"", "inbox", "work"}) {
          const ListQuery query{
              {mailbox, "", random() % 2 == 0 ? std::optional(true) : std::nullopt, {}, {}},
              threads,
              false,
              1000,
              {}};
          const auto page = catalog_.list(query, catalog_.checkpoint());
          const auto expected = fresh.list(query, fresh.checkpoint());
          ASSERT_EQ(page.rows, expected.rows) << seed << " " << step << " " << mailbox << threads;
          ASSERT_EQ(page.total, expected.total);
          ASSERT_EQ(page.unread, expected.unread);
          ASSERT_EQ(static_cast<std::size_t>(page.total), page.rows.size());
        }
      }
      std::vector<std::vector<mail::ThreadKey>> keys;
      std::vector<std::string> ids;
      for (const auto& [id, body] : present) {
        auto message = mail::read_metadata(body).value();
        message.id = id;
        keys.push_back(mail::thread_keys(message));
        ids.push_back(id);
      }
      const auto connected = support::threads_of(keys);
      std::map<std::string, std::size_t> numbers;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto thread = member(row_of(ids[i]), "threadId");
        ASSERT_EQ(numbers.try_emplace(thread, connected[i]).first->second, connected[i])
            << ids[i] << " " << step;
      }
      ASSERT_EQ(numbers.size(), std::set(connected.begin(), connected.end()).size())
          << seed << " " << step;
    }
    for (unsigned i = 0; i < 40; ++i) remove(Doctype::kEmails, name(i));
    project();
    ASSERT_EQ(catalog_.message_count(), 0);
  }
}

}  // namespace
}  // namespace indexer
