// Lists over HTTP: orders, pages both ways, filters and changes.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/api/routes_fixture.hpp"

namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using Query = std::multimap<std::string, std::string>;

class RoutesListsTest : public RoutesFixture {
 protected:
  void SetUp() override {
    replication_.stop();  // text that is indexed meanwhile changes lists, too
    write("m1", "Lunch", "Bob", R"("$seen":true)");
    write("m2", "Re: Dinner", "Ada", "");
    write("m3", "Apfel", "Zoe", R"("$draft":true)");
    write("m4", "\xc3\x84pfel", "Eve", R"("$seen":true,"$answered":true)");
    project();
  }
  // A message of a later day each time, in the mailbox "inbox".
  void write(const std::string& id, const std::string& subject, const std::string& from,
             const std::string& keywords) {
    replica::IncomingRevision revision;
    revision.id = id;
    auto& history = history_[id];
    revision.rev = {history.size() + 1, fmt::format("{:032x}", ++written_)};
    revision.ancestors = history;
    history.insert(history.begin(), revision.rev.digest);
    revision.body = fmt::format(
        R"({{"_id":"{}","subject":"{}","from":[{{"name":"{}","email":"x@x"}}],"receivedAt":"2020-01-{:02}T00:00:00Z",)"
        R"("keywords":{{{}}},"mailboxIds":{{"inbox":true}}}})",
        id, subject, from, written_, keywords);
    batch_.revisions.push_back(std::move(revision));
  }
  void project() {
    account_->stores().create(mail::Doctype::kEmails).commit(batch_);
    batch_ = {};
    indexer::Progress progress;
    account_->project(progress);
  }
  json list(Query query) { return get_json("/v1/accounts/alice/messages", std::move(query)); }
  static std::vector<std::string> ids(const json& page) {
    std::vector<std::string> ids;
    for (const auto& message : page["messages"]) ids.push_back(message["docId"]);
    return ids;
  }
  static std::string id_of(const std::string& doc_id) { return indexer::public_id(doc_id); }

  std::shared_ptr<indexer::Account> account_ = accounts_.create("alice");
  std::map<std::string, std::vector<std::string>> history_;
  int written_ = 0;
  replica::Batch batch_;
};

TEST_F(RoutesListsTest, EverySortGoesBothWays) {
  EXPECT_THAT(ids(list({})), ElementsAre("m4", "m3", "m2", "m1"));
  EXPECT_THAT(ids(list({{"sort", "received"}})), ElementsAre("m1", "m2", "m3", "m4"));
  EXPECT_THAT(ids(list({{"sort", "subject"}})), ElementsAre("m4", "m3", "m2", "m1"));
  EXPECT_THAT(ids(list({{"sort", "-subject"}})), ElementsAre("m1", "m2", "m3", "m4"));
  EXPECT_THAT(ids(list({{"sort", "from"}, {"mailbox", "inbox"}})),
              ElementsAre("m2", "m1", "m4", "m3"));
  for (const char* sort : {"sent", "-sent", "from", "-from", "to", "-to", "size", "-size"})
    EXPECT_EQ(list({{"sort", sort}})["messages"].size(), 4U) << sort;
  EXPECT_EQ(account_->stores().content_reads().list, 0U);
}

TEST_F(RoutesListsTest, PagesGoForthAndBack) {
  const auto first = list({{"sort", "subject"}, {"limit", "2"}});
  EXPECT_TRUE(first["previous"].is_null());
  const auto second = list({{"sort", "subject"}, {"limit", "2"}, {"after", first["next"]}});
  EXPECT_THAT(ids(second), ElementsAre("m2", "m1"));
  EXPECT_TRUE(second["next"].is_null());
  const auto back = list({{"sort", "subject"}, {"limit", "2"}, {"before", second["previous"]}});
  EXPECT_THAT(ids(back), ElementsAre("m4", "m3"));
  const auto around = list({{"sort", "subject"}, {"limit", "2"}, {"around", id_of("m2")}});
  EXPECT_THAT(ids(around), ElementsAre("m3", "m2"));
  for (const char* id : {"m4", "m1"}) {
    EXPECT_THAT(ids(list({{"sort", "subject"}, {"limit", "3"}, {"around", id_of(id)}})).size(), 3U)
        << "a page at either end is full: " << id;
  }
  const auto at = list({{"anchor", id_of("m3")}, {"anchorOffset", "1"}, {"limit", "1"}});
  EXPECT_THAT(ids(at), ElementsAre("m2"));
  EXPECT_EQ(get("/v1/accounts/alice/messages", {{"sort", "from"}, {"after", first["next"]}}).status,
            400);
}

TEST_F(RoutesListsTest, AStateMayBeTrueOrFalse) {
  EXPECT_THAT(ids(list({{"unread", "true"}})), ElementsAre("m2")) << "a draft is not unread";
  EXPECT_THAT(ids(list({{"unread", "false"}})), ElementsAre("m4", "m3", "m1"));
  EXPECT_THAT(ids(list({{"seen", "false"}})), ElementsAre("m3", "m2"));
  EXPECT_THAT(ids(list({{"answered", "true"}, {"sort", "subject"}})), ElementsAre("m4"));
  EXPECT_THAT(ids(list({{"keyword", "$draft"}, {"mailbox", "inbox"}})), ElementsAre("m3"));
  EXPECT_THAT(ids(list({{"keyword", "$Draft"}})), ElementsAre("m3")) << "keywords have no case";
  EXPECT_EQ(list({{"seen", "true"}})["total"], 2);
  for (const char* name : {"mailbox", "keyword"}) {
    const auto empty = get("/v1/accounts/alice/messages", {{name, ""}});
    EXPECT_EQ(empty.status, 400) << "no filter would show everything";
    EXPECT_THAT(empty.payload, testing::HasSubstr("is empty"));
  }
}

TEST_F(RoutesListsTest, ChangesAreToldSinceAState) {
  const std::string since = list({})["state"];
  write("m2", "Dinner", "Ada", R"("$seen":true)");
  write("m5", "New", "Ada", "");
  project();
  const auto path = "/v1/accounts/alice/messages/changes";
  const auto all = get_json(path, {{"since", since}});
  EXPECT_EQ(all["added"], json({id_of("m5")}));
  EXPECT_EQ(all["updated"], json({id_of("m2")}));
  EXPECT_THAT(all["removed"], IsEmpty());
  EXPECT_EQ(all["hasMore"], false);
  EXPECT_EQ(all["state"], list({})["state"]);
  const auto unread = get_json(path, {{"since", since}, {"unread", "true"}, {"mailbox", "inbox"}});
  EXPECT_EQ(unread["removed"], json({id_of("m2")}));
  const auto threads = get_json(path, {{"since", since}, {"unread", "true"}, {"threads", "true"}});
  EXPECT_EQ(threads["added"], json({id_of("m5")}));
  EXPECT_EQ(threads["removed"], json({id_of("m2")}));
  EXPECT_EQ(get(path, {{"since", "elsewhere-1"}}).status, 409);
  for (const char* none : {"", "abc", "-1", "abc-", "a b-1", "a-1x", "a-1-2"})
    EXPECT_EQ(get(path, {{"since", none}}).status, 400) << none;
}

}  // namespace
