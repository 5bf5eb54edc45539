// "What changed in this list since that state": a client that applies nothing but that keeps up
// with the list.
#include <random>
#include <set>

#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CatalogChangesTest : public CatalogFixture {
 protected:
  using Rows = std::map<std::string, std::string>;  // by id

  [[nodiscard]] Rows rows(const MessageFilter& filter, bool threads) const {
    ListQuery query;
    query.filter = filter;
    query.threads = threads;
    query.limit = 10'000;
    Rows found;
    for (const auto& row : catalog_.list(query, {}).rows)
      found[nlohmann::json::parse(row).at("id")] = row;
    return found;
  }
  [[nodiscard]] std::optional<ListChanges> changes(std::string_view since,
                                                   const MessageFilter& filter, std::size_t limit,
                                                   bool threads = false) const {
    ListQuery query;
    query.filter = filter;
    query.threads = threads;
    query.limit = limit;
    return catalog_.changes(since, query);
  }
  [[nodiscard]] std::vector<std::string> ids(std::initializer_list<const char*> doc_ids) const {
    std::vector<std::string> ids;
    for (const auto* id : doc_ids) ids.push_back(public_id(id));
    return ids;
  }
  void reply(const std::string& id, int day, const std::string& references) {
    message(id, fmt::format("2020-01-{:02}T00:00:00Z", day),
            fmt::format(R"("messageId":["{}@x"],"references":[{}])", id, references));
  }
};

TEST_F(CatalogChangesTest, AddedUpdatedAndRemovedAreOfTheListThatIsAskedFor) {
  message("a", "2020-01-01T00:00:00Z", R"("mailboxIds":{"inbox":true})");
  message("b", "2020-01-02T00:00:00Z", R"("mailboxIds":{"inbox":true})");
  message("c", "2020-01-03T00:00:00Z", R"("mailboxIds":{"work":true})");
  project();
  const auto since = catalog_.state();
  MessageFilter inbox, unread;
  inbox.mailbox = "inbox";
  unread.unread = true;
  const auto nothing = changes(since, inbox, 100);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->state, since);
  EXPECT_FALSE(nothing->more);

  message("a", "2020-01-01T00:00:00Z", R"("mailboxIds":{"inbox":true},"keywords":{"$seen":true})");
  message("c", "2020-01-03T00:00:00Z", R"("mailboxIds":{"work":true,"inbox":true})");
  remove(Doctype::kEmails, "b");
  message("d", "2020-01-04T00:00:00Z");
  project();
  const auto of_inbox = changes(since, inbox, 100);
  ASSERT_TRUE(of_inbox);
  EXPECT_EQ(of_inbox->state, catalog_.state());
  EXPECT_EQ(of_inbox->added, ids({"c"}));
  EXPECT_EQ(of_inbox->updated, ids({"a"}));
  EXPECT_EQ(of_inbox->removed, ids({"b"}));
  const auto of_unread = changes(since, unread, 100);
  EXPECT_EQ(of_unread->added, ids({"d"}));
  EXPECT_EQ(of_unread->updated, ids({"c"}));
  EXPECT_EQ(of_unread->removed, ids({"a", "b"}));
}

TEST_F(CatalogChangesTest, MessagesWhoseThreadHasAnotherIdAreUpdated) {
  reply("a", 1, "");
  reply("c", 3, R"("b@x")");
  reply("x", 4, "");
  project();
  auto since = catalog_.state();
  reply("b", 2, R"("a@x")");
  project();
  auto told = changes(since, {}, 100);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->added, ids({"b"}));
  EXPECT_EQ(told->updated, ids({"c"})) << "moved into the thread of a";
  since = catalog_.state();
  remove(Doctype::kEmails, "b");
  project();
  told = changes(since, {}, 100);
  EXPECT_EQ(told->updated, ids({"c"})) << "and out of it";
  EXPECT_EQ(told->removed, ids({"b"}));
  since = catalog_.state();
  message("0", "2019-01-01T00:00:00Z", R"("messageId":["0@x"],"references":["a@x"])");
  project();
  told = changes(since, {}, 100);
  EXPECT_EQ(told->added, ids({"0"}));
  EXPECT_EQ(told->updated, ids({"a"})) << "an earlier message gives the thread its name";
}

TEST_F(CatalogChangesTest, WhatCannotBeToldIsNotGuessed) {
  message("a", "2020-01-01T00:00:00Z");
  project();
  const auto state = catalog_.state();
  const auto instance = state.substr(0, state.rfind('-'));
  const auto number = std::stol(state.substr(state.rfind('-') + 1));
  EXPECT_TRUE(changes(state, {}, 10));
  const std::vector<std::string> others = {"",
                                           "x",
                                           "-1",
                                           instance,
                                           instance + "-",
                                           instance + "-1x",
                                           instance + "--1",
                                           "0123456789abcdef-1",
                                           instance + "-99999999999999999999",
                                           fmt::format("{}-{}", instance, number + 1)};
  for (const auto& other : others) {
    EXPECT_FALSE(changes(other, {}, 10)) << other;
  }
  EXPECT_FALSE(changes(instance + "-0", {}, 10)) << "before the first load";
}

TEST_F(CatalogChangesTest, TheLogIsBounded) {
  message("a", "2020-01-01T00:00:00Z");
  project();
  const auto first = catalog_.state();
  // More changes than are kept, a thousand a step.
  for (int step = 0; step < 200; ++step) {
    for (int i = 0; i < 600; ++i) {
      message(fmt::format("m{}", i), "2020-01-01T00:00:00Z",
              fmt::format(R"("subject":"{} {}")", step, i));
    }
    project();
  }
  EXPECT_FALSE(changes(first, {}, 10'000));
  const auto state = catalog_.state();
  const auto dash = state.rfind('-');
  const auto recent =
      fmt::format("{}-{}", state.substr(0, dash), std::stol(state.substr(dash + 1)) - 100);
  const auto told = changes(recent, {}, 10'000);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->updated.size(), 600U);
}

TEST_F(CatalogChangesTest, OfThreadsTheMessageThatStandsForEachIsTold) {
  reply("a", 1, "");
  reply("b", 2, R"("a@x")");
  reply("x", 9, "");
  project();
  const auto list_of_threads = [this](const std::string& since) {
    return changes(since, {}, 100, true);
  };
  auto since = catalog_.state();
  reply("c", 3, R"("a@x")");
  project();
  auto told = list_of_threads(since);
  EXPECT_EQ(told->added, ids({"c"}));
  EXPECT_EQ(told->removed, ids({"b"})) << "c stands for the thread now";
  EXPECT_THAT(told->updated, IsEmpty());

  since = catalog_.state();
  message("a", "2020-01-01T00:00:00Z",
          R"("messageId":["a@x"],"references":[],"keywords":{"$seen":true})");
  project();
  told = list_of_threads(since);
  EXPECT_EQ(told->updated, ids({"c"})) << "the thread has another count of unread messages";
  EXPECT_THAT(told->added, IsEmpty());
  EXPECT_THAT(told->removed, IsEmpty());

  since = catalog_.state();
  reply("y", 4, R"("c@x","x@x")");
  project();
  told = list_of_threads(since);
  EXPECT_EQ(told->removed, ids({"c"})) << "its thread is that of x";
  EXPECT_EQ(told->updated, ids({"x"}));
  EXPECT_THAT(told->added, IsEmpty());

  since = catalog_.state();
  remove(Doctype::kEmails, "y");
  project();
  told = list_of_threads(since);
  EXPECT_EQ(told->added, ids({"c"})) << "and is one of its own again";
  EXPECT_EQ(told->updated, ids({"x"}));
}

// Lists of messages and of threads, at any states and in steps of any size.
class Client {
 public:
  Client(MessageFilter filter, bool threads) : filter(std::move(filter)), threads(threads) {}

  void apply(const ListChanges& changes) {
    for (const auto& id : changes.removed) ASSERT_EQ(rows.erase(id), 1U) << id;
    for (const auto& id : changes.added) ASSERT_TRUE(rows.emplace(id, kToBeRead).second) << id;
    for (const auto& id : changes.updated) {
      ASSERT_TRUE(rows.contains(id)) << id;
      rows[id] = kToBeRead;
    }
    state = changes.state;
  }
  // Rows that it was told of, and no others, are taken from the list.
  void read(const std::map<std::string, std::string>& list) {
    for (auto& [id, row] : rows) {
      if (const auto now = list.find(id); row == kToBeRead && now != list.end()) row = now->second;
    }
  }

  static constexpr char kToBeRead[] = "?";
  MessageFilter filter;
  bool threads;
  std::map<std::string, std::string> rows;  // by id
  std::string state;
};

// Thousands of edits, thread joins and splits among them.
TEST_F(CatalogChangesTest, AClientThatAppliesChangesKeepsUp) {
  std::mt19937 engine(5);
  const auto random = [&engine](unsigned below) { return static_cast<unsigned>(engine() % below); };
  message("first", "2020-01-01T00:00:00Z");
  project();
  MessageFilter inbox, unread, todo, work_without_attachment, not_flagged;
  inbox.mailbox = "inbox";
  unread.unread = true;
  todo.keyword = "todo";
  work_without_attachment = {"work", "todo", {}, {}, {}, false};
  not_flagged.flagged = false;
  std::vector<Client> clients;
  for (const auto& filter :
       {MessageFilter{}, inbox, unread, todo, work_without_attachment, not_flagged}) {
    for (const bool threads : {false, true}) {
      auto& client = clients.emplace_back(filter, threads);
      client.rows = rows(filter, threads);
      client.state = catalog_.state();
    }
  }
  std::size_t count = 0;
  for (int step = 0; step < 400; ++step) {
    for (unsigned i = 0; i < 1 + random(12); ++i) {
      const auto id = fmt::format("m{}", random(70));
      if (random(4) == 0) {
        remove(Doctype::kEmails, id);
        continue;
      }
      const char* mailboxes[] = {R"("inbox":true)", R"("work":true)", R"("inbox":true,"work":true)",
                                 ""};
      const char* keywords[] = {"", R"("$seen":true)", R"("todo":true)",
                                R"("$flagged":true,"todo":true)"};
      message(
          id, fmt::format("2020-01-{:02}T00:00:00Z", 1 + random(28)),
          fmt::format(
              R"("messageId":["{}@x"],"references":["m{}@x","m{}@x"],"mailboxIds":{{{}}},"keywords":{{{}}})",
              id, random(70), random(70), mailboxes[random(4)], keywords[random(4)]));
    }
    flush();
    while (catalog_.project(stores_, 1 + random(6)).more) {
    }
    for (auto& client : clients) {
      if (random(3) != 0) continue;  // it comes back later
      for (bool more = true; more;) {
        const auto told = changes(client.state, client.filter, 1 + random(30), client.threads);
        ASSERT_TRUE(told);
        ASSERT_NO_FATAL_FAILURE(client.apply(*told)) << step;
        count += told->added.size() + told->updated.size() + told->removed.size();
        more = told->more;
      }
      ASSERT_EQ(client.state, catalog_.state());
      const auto list = rows(client.filter, client.threads);
      client.read(list);
      ASSERT_EQ(client.rows, list) << step << (client.threads ? ", threads" : "");
    }
  }
  EXPECT_GT(count, 5'000U);
}

}  // namespace
}  // namespace indexer
