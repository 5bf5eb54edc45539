#include <random>
#include <set>

#include "mail/threads.hpp"
#include "tests/indexer/catalog_fixture.hpp"

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
  query.after = OrderKey{0, ""};
  EXPECT_TRUE(listed(query).empty());
}

TEST_F(CatalogThreadsTest, ALongThreadStaysCheap) {
  constexpr int kMessages = 3000;
  replica::Batch batch;
  for (int i = 0; i < kMessages; ++i) {
    replica::IncomingRevision revision;
    revision.id = fmt::format("m{}", (i * 1009) % kMessages);
    revision.rev = {1, fmt::format("{:032x}", i)};
    revision.body = fmt::format(R"({{"_id":"{}","messageId":["{}@x"],"inReplyTo":["m{}@x"]}})",
                                revision.id, revision.id, (i * 1009) % kMessages - 1);
    batch.revisions.push_back(std::move(revision));
  }
  stores_.create(Doctype::kEmails).commit(batch);
  project(catalog_, 100);
  EXPECT_EQ(catalog_.thread("m0", {}).size(), static_cast<std::size_t>(kMessages));
}

// Messages come, change and go at random; after each step threads, counts and lists are those of a catalog made at once,
// and threads are those that mail::connect finds.
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
              {mailbox, "", random() % 2 == 0, false, false}, threads, false, 1000, {}};
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
      const auto connected = mail::connect(keys);
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
