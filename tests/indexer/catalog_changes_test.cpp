// "What changed in this list since that state": a client that applies nothing but that keeps up with the list.
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

  [[nodiscard]] Rows rows(const MessageFilter& filter) const {
    ListQuery query;
    query.filter = filter;
    query.limit = 10'000;
    Rows found;
    for (const auto& row : catalog_.list(query, {}).rows)
      found[nlohmann::json::parse(row).at("id")] = row;
    return found;
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
  const auto nothing = catalog_.changes(since, inbox, 100);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->state, since);
  EXPECT_FALSE(nothing->more);

  message("a", "2020-01-01T00:00:00Z", R"("mailboxIds":{"inbox":true},"keywords":{"$seen":true})");
  message("c", "2020-01-03T00:00:00Z", R"("mailboxIds":{"work":true,"inbox":true})");
  remove(Doctype::kEmails, "b");
  message("d", "2020-01-04T00:00:00Z");
  project();
  const auto of_inbox = catalog_.changes(since, inbox, 100);
  ASSERT_TRUE(of_inbox);
  EXPECT_EQ(of_inbox->state, catalog_.state());
  EXPECT_EQ(of_inbox->added, ids({"c"}));
  EXPECT_EQ(of_inbox->updated, ids({"a"}));
  EXPECT_EQ(of_inbox->removed, ids({"b"}));
  const auto of_unread = catalog_.changes(since, unread, 100);
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
  auto changes = catalog_.changes(since, {}, 100);
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->added, ids({"b"}));
  EXPECT_EQ(changes->updated, ids({"c"})) << "moved into the thread of a";
  since = catalog_.state();
  remove(Doctype::kEmails, "b");
  project();
  changes = catalog_.changes(since, {}, 100);
  EXPECT_EQ(changes->updated, ids({"c"})) << "and out of it";
  EXPECT_EQ(changes->removed, ids({"b"}));
  since = catalog_.state();
  message("0", "2019-01-01T00:00:00Z", R"("messageId":["0@x"],"references":["a@x"])");
  project();
  changes = catalog_.changes(since, {}, 100);
  EXPECT_EQ(changes->added, ids({"0"}));
  EXPECT_EQ(changes->updated, ids({"a"})) << "an earlier message gives the thread its name";
}

TEST_F(CatalogChangesTest, WhatCannotBeToldIsNotGuessed) {
  message("a", "2020-01-01T00:00:00Z");
  project();
  const auto state = catalog_.state();
  const auto instance = state.substr(0, state.rfind('-'));
  const auto number = std::stol(state.substr(state.rfind('-') + 1));
  EXPECT_TRUE(catalog_.changes(state, {}, 10));
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
    EXPECT_FALSE(catalog_.changes(other, {}, 10)) << other;
  }
  EXPECT_FALSE(catalog_.changes(instance + "-0", {}, 10)) << "before the first load";
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
  EXPECT_FALSE(catalog_.changes(first, {}, 10'000));
  const auto state = catalog_.state();
  const auto dash = state.rfind('-');
  const auto recent =
      fmt::format("{}-{}", state.substr(0, dash), std::stol(state.substr(dash + 1)) - 100);
  const auto changes = catalog_.changes(recent, {}, 10'000);
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->updated.size(), 600U);
}

// Thousands of edits, thread joins and splits among them.
TEST_F(CatalogChangesTest, AClientThatAppliesChangesKeepsUp) {
  std::mt19937 engine(5);
  const auto random = [&engine](unsigned below) { return static_cast<unsigned>(engine() % below); };
  struct Client {
    MessageFilter filter;
    Rows rows;
    std::string state;
  };
  message("first", "2020-01-01T00:00:00Z");
  project();
  std::vector<Client> clients(6);
  clients[1].filter.mailbox = "inbox";
  clients[2].filter.unread = true;
  clients[3].filter.keyword = "todo";
  clients[4].filter = {"work", "todo", {}, {}, {}, false};
  clients[5].filter.flagged = false;
  for (auto& client : clients) {
    client.rows = rows(client.filter);
    client.state = catalog_.state();
  }
  std::size_t told = 0;
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
        const auto changes = catalog_.changes(client.state, client.filter, 1 + random(30));
        ASSERT_TRUE(changes);
        for (const auto& id : changes->removed) ASSERT_EQ(client.rows.erase(id), 1U) << id;
        for (const auto& id : changes->added) {
          ASSERT_FALSE(client.rows.contains(id)) << id;
          client.rows[id] = catalog_.message(id, {}).value_or("");
        }
        for (const auto& id : changes->updated) {
          ASSERT_TRUE(client.rows.contains(id)) << id;
          client.rows[id] = catalog_.message(id, {}).value_or("");
        }
        told += changes->added.size() + changes->updated.size() + changes->removed.size();
        client.state = changes->state;
        more = changes->more;
      }
      ASSERT_EQ(client.state, catalog_.state());
      ASSERT_EQ(client.rows, rows(client.filter)) << step;
    }
  }
  EXPECT_GT(told, 5'000U);
}

}  // namespace
}  // namespace indexer
