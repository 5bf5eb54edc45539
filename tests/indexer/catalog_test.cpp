#include "indexer/catalog.hpp"

#include <thread>

#include "tests/indexer/catalog_fixture.hpp"

namespace indexer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CatalogTest : public CatalogFixture {};

TEST_F(CatalogTest, PublicIdIsADocumentIdThatJmapAccepts) {
  EXPECT_EQ(public_id("m-0001"), "bS0wMDAx");
  EXPECT_EQ(public_id("\xff\xfe"), "__4");
  EXPECT_EQ(public_id(std::string(191, 'x')).size(), 255U);
  EXPECT_EQ(public_id(std::string(192, 'x')).size(), 43U) << "SHA-256";
  EXPECT_NE(public_id(std::string(192, 'x')), public_id(std::string(192, 'y')));
}

TEST_F(CatalogTest, EmptyCatalogHasEmptyLists) {
  const auto page = catalog_.list({}, {});
  EXPECT_THAT(page.rows, IsEmpty());
  EXPECT_EQ(page.total, 0);
  EXPECT_FALSE(page.next);
  EXPECT_THAT(catalog_.mailboxes(), IsEmpty());
  EXPECT_EQ(catalog_.project(stores_, 100).changes, 0U);
}

TEST_F(CatalogTest, RowShowsWhatTheDesignSays) {
  put(Doctype::kEmails, "m-0001",
      R"("messageId":["a@x"],"from":[{"name":"Ada \"A\"","email":"ada@x"}],"to":[{"email":"b@x"}],
      "subject":"Report","preview":"first","sentAt":"2001-05-14T16:39:00-07:00","receivedAt":"2001-05-14T23:39:12Z",
      "size":4711,"mailboxIds":{"inbox":true},"keywords":{"$seen":true},"hasAttachment":true,
      "attachments":[{"partId":"2","name":"q1.pdf","type":"application/pdf","size":88,"blob":"q"}],"contents":["m-0001:text"])");
  project();
  const auto rev = stores_.find(Doctype::kEmails)->read("m-0001")->change.rev.to_string();
  EXPECT_EQ(
      row_of("m-0001"),
      R"({"id":"bS0wMDAx","docId":"m-0001","rev":")" + rev +
          R"(","mailboxIds":{"inbox":true},"keywords":{"$seen":true},"from":[{"name":"Ada \"A\"","email":"ada@x"}],)"
          R"("to":[{"name":"","email":"b@x"}],"subject":"Report","preview":"first",)"
          R"("sentAt":"2001-05-14T16:39:00-07:00","receivedAt":"2001-05-14T23:39:12Z","size":4711,)"
          R"("hasAttachment":true,"attachments":[{"partId":"2","name":"q1.pdf","type":"application/pdf","size":88}],)"
          R"("conflicts":0,"threadId":"bS0wMDAx","level":"metadata"})");
}

TEST_F(CatalogTest, OrderIsDateThenId) {
  message("b", "2020-01-02T00:00:00Z");
  message("a", "2020-01-02T00:00:00Z");
  message("old", "2019-01-02T00:00:00Z");
  put(Doctype::kEmails, "sent", R"("sentAt":"2021-01-01T00:00:00Z")");
  put(Doctype::kEmails, "undated", "");
  message("future", "9999-01-01T00:00:00Z");
  project();
  EXPECT_THAT(listed(), ElementsAre("future", "sent", "a", "b", "old", "undated"));
  catalog_.assign_numbers();
  EXPECT_LT(catalog_.entries(0, 1).at(0).date, 4'000'000'000)
      << "never later than a day after it arrived";
  EXPECT_THAT(listed({{}, false, true, 50, {}}),
              ElementsAre("undated", "old", "b", "a", "sent", "future"));
}

TEST_F(CatalogTest, PagesFollowEachOtherInBothDirections) {
  for (int i = 0; i < 40; ++i)
    message(fmt::format("m{:02}", i), fmt::format("2020-01-{:02}T00:00:00Z", 1 + i / 4));
  project();
  for (const bool ascending : {false, true}) {
    const auto all = listed({{}, false, ascending, 100, {}});
    ASSERT_EQ(all.size(), 40U);
    for (std::size_t limit = 1; limit < 9; ++limit) {
      std::vector<std::string> paged;
      ListQuery query{{}, false, ascending, limit, {}};
      do {
        const auto page = catalog_.list(query, {});
        for (auto& id : doc_ids(page.rows)) paged.push_back(id);
        query.after = page.next;
      } while (query.after);
      EXPECT_EQ(paged, all) << limit;
    }
  }
  const auto totals_only = catalog_.list({{}, false, false, 0, {}}, {});
  EXPECT_EQ(totals_only.total, 40);
  EXPECT_THAT(totals_only.rows, IsEmpty());
}

TEST_F(CatalogTest, FiltersAreCombined) {
  message("a", "2020-01-06T00:00:00Z",
          R"("mailboxIds":{"inbox":true},"keywords":{"$seen":true,"todo":true})");
  message("b", "2020-01-05T00:00:00Z",
          R"("mailboxIds":{"inbox":true},"keywords":{"$flagged":true,"todo":true})");
  message("c", "2020-01-04T00:00:00Z",
          R"("mailboxIds":{"inbox":true,"work":true},"hasAttachment":true)");
  message("d", "2020-01-03T00:00:00Z",
          R"("mailboxIds":{"work":true},"keywords":{"todo":true},"hasAttachment":true)");
  message("e", "2020-01-02T00:00:00Z", R"("keywords":{"$seen":true,"$flagged":true})");
  project();
  struct Case {
    MessageFilter filter;
    std::vector<std::string> ids;
  };
  const Case cases[] = {
      {{}, {"a", "b", "c", "d", "e"}},
      {{"inbox", "", {}, {}, {}}, {"a", "b", "c"}},
      {{"inbox", "", true, {}, {}}, {"b", "c"}},
      {{"inbox", "todo", {}, {}, {}}, {"a", "b"}},
      {{"inbox", "todo", true, true, {}}, {"b"}},
      {{"inbox", "todo", true, true, true}, {}},
      {{"", "todo", true, {}, {}}, {"b", "d"}},
      {{"", "", {}, true, {}}, {"b", "e"}},
      {{"", "", true, {}, true}, {"c", "d"}},
      {{"work", "", {}, {}, true}, {"c", "d"}},
      {{"", "$seen", {}, {}, {}}, {"a", "e"}},
      {{"inbox", "$seen", {}, {}, {}}, {"a"}},
      {{"inbox", "$seen", true, {}, {}}, {}},
      {{"", "$flagged", {}, {}, {}}, {"b", "e"}},
      {{"nowhere", "", {}, {}, {}}, {}},
      {{"", "nothing", {}, {}, {}}, {}},
  };
  catalog_.assign_numbers();
  for (const auto& [filter, ids] : cases) {
    const auto what = filter.mailbox + "/" + filter.keyword +
                      fmt::format("{}{}{}", filter.unread.has_value(), filter.flagged.has_value(),
                                  filter.attachment.has_value());
    const auto page = catalog_.list({filter, false, false, 50, {}}, {});
    EXPECT_EQ(doc_ids(page.rows), ids) << what;
    EXPECT_EQ(page.total, static_cast<std::int64_t>(ids.size())) << what;
    EXPECT_TRUE(page.total_is_exact) << what;
    EXPECT_EQ(catalog_.numbers(filter)->size(), ids.size()) << what;
  }
  EXPECT_EQ(catalog_.list({{"inbox", "", {}, {}, {}}, false, false, 50, {}}, {}).unread, 2);
}

TEST_F(CatalogTest, ChangesMoveMessagesBetweenViews) {
  message("a", "2020-01-01T00:00:00Z", R"("mailboxIds":{"inbox":true})");
  message("b", "2020-01-02T00:00:00Z", R"("mailboxIds":{"inbox":true})");
  project();
  const auto before = catalog_.state();
  project();
  EXPECT_EQ(catalog_.state(), before) << "nothing changed";
  message("a", "2020-01-03T00:00:00Z",
          R"("mailboxIds":{"archive":true},"keywords":{"$seen":true})");
  project();
  EXPECT_NE(catalog_.state(), before);
  EXPECT_THAT(listed(), ElementsAre("a", "b"));
  EXPECT_THAT(listed({{"inbox", "", {}, {}, {}}, false, false, 50, {}}), ElementsAre("b"));
  EXPECT_THAT(listed({{"archive", "", {}, {}, {}}, false, false, 50, {}}), ElementsAre("a"));
  remove(Doctype::kEmails, "b");
  project();
  EXPECT_THAT(listed(), ElementsAre("a"));
  EXPECT_EQ(catalog_.mailboxes().size(), 1U) << "nothing names the inbox any more";
  purge(Doctype::kEmails, "a");
  project();
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_EQ(catalog_.message_count(), 0);
}

TEST_F(CatalogTest, MailboxesAreCountedAndFound) {
  put(Doctype::kMailboxes, "b1", R"("name":"Posteingang","role":"inbox","sortOrder":1)");
  put(Doctype::kMailboxes, "b2", R"("name":"Äpfel","parentId":"b1","sortOrder":2)");
  message("a", "2020-01-01T00:00:00Z", R"("messageId":["a@x"],"mailboxIds":{"b1":true})");
  message(
      "b", "2020-01-02T00:00:00Z",
      R"("messageId":["b@x"],"inReplyTo":["a@x"],"mailboxIds":{"b1":true},"keywords":{"$seen":true})");
  message("c", "2020-01-03T00:00:00Z",
          R"("messageId":["c@x"],"mailboxIds":{"b1":true,"stray":true})");
  project();
  const auto mailboxes = catalog_.mailboxes();
  ASSERT_EQ(mailboxes.size(), 3U);
  EXPECT_EQ(mailboxes[0].mailbox.name, "Posteingang");
  EXPECT_EQ(mailboxes[0].total, 3);
  EXPECT_EQ(mailboxes[0].unread, 2);
  EXPECT_EQ(mailboxes[0].threads, 2);
  EXPECT_EQ(mailboxes[0].unread_threads, 2);
  EXPECT_EQ(mailboxes[1].total, 0);
  EXPECT_EQ(mailboxes[1].mailbox.parent_id, "b1");
  EXPECT_EQ(mailboxes[2].mailbox.id, "stray");
  EXPECT_EQ(mailboxes[2].mailbox.name, "stray");
  const std::pair<const char*, std::optional<std::string>> names[] = {
      {"b1", "b1"},          {"inbox", "b1"}, {"INBOX", "b1"},
      {"posteingang", "b1"}, {"äPFEL", "b2"}, {"POSTEINGANG/Äpfel", "b2"},
      {"stray", "stray"},    {"x", {}}};
  for (const auto& [name, id] : names) EXPECT_EQ(catalog_.find_mailbox(name), id) << name;
  remove(Doctype::kMailboxes, "b2");
  project();
  EXPECT_FALSE(catalog_.find_mailbox("b2"));
}

TEST_F(CatalogTest, WhatCannotBeReadIsNamedUntilItCan) {
  message("a", "2020-01-01T00:00:00Z");
  project();
  put_raw(Doctype::kEmails, "a", "{\"_id\":\"a\", broken");
  put_raw(Doctype::kEmails, "_design/x", R"({"_id":"_design/x","views":{}})");
  flush();
  const auto projected = catalog_.project(stores_, 100);
  EXPECT_EQ(projected.failed, 1U);
  ASSERT_EQ(catalog_.failures().size(), 1U);
  EXPECT_EQ(catalog_.failures()[0].doc_id, "a");
  EXPECT_FALSE(catalog_.failures()[0].reason.empty());
  EXPECT_THAT(listed(), IsEmpty());
  message("a", "2020-01-01T00:00:00Z");
  project();
  EXPECT_THAT(catalog_.failures(), IsEmpty());
  EXPECT_THAT(listed(), ElementsAre("a"));
}

TEST_F(CatalogTest, DocumentsAreFoundByBothIds) {
  const std::string long_id(300, 'x');
  message(long_id, "2020-01-01T00:00:00Z");
  project();
  EXPECT_EQ(catalog_.document_id(Kind::kMail, public_id(long_id)), long_id);
  EXPECT_EQ(catalog_.document_id(Kind::kMail, long_id), long_id);
  EXPECT_FALSE(catalog_.document_id(Kind::kFile, long_id));
  EXPECT_FALSE(catalog_.document_id(Kind::kMail, "y"));
  EXPECT_EQ(catalog_.messages({"none", long_id, public_id(long_id)}, {}).size(), 2U);
}

TEST_F(CatalogTest, FilesHaveListsOfTheirOwn) {
  put(Doctype::kFiles, "d", R"("type":"directory","name":"Docs")");
  put(Doctype::kFiles, "f1",
      R"("type":"file","name":"one.txt","tags":["t"],"updated_at":"2020-01-01T00:00:00Z")");
  put(Doctype::kFiles, "f2",
      R"("type":"file","name":"two.txt","updated_at":"2021-01-01T00:00:00Z")");
  put(Doctype::kFiles, "f3", R"("type":"file","name":"bin.txt","trashed":true)");
  message("f1", "2020-01-01T00:00:00Z");
  project();
  ListQuery query;
  query.limit = 1;
  const auto first = catalog_.files(query, {});
  EXPECT_THAT(doc_ids(first.rows), ElementsAre("f2"));
  EXPECT_EQ(first.total, 2);
  ASSERT_TRUE(first.next);
  query.after = first.next;
  const auto second = catalog_.files(query, {});
  EXPECT_THAT(doc_ids(second.rows), ElementsAre("f1"));
  EXPECT_FALSE(second.next);
  query = {};
  query.sort = Sort::kSubject;
  query.ascending = true;
  EXPECT_THAT(doc_ids(catalog_.files(query, {}).rows), ElementsAre("f1", "f2")) << "by name";
  EXPECT_EQ(member(*catalog_.file("f1", {}), "tags"), R"(["t"])");
  EXPECT_THAT(listed(), ElementsAre("f1")) << "the message of that id";
  EXPECT_EQ(catalog_.entry_count(), 3);
  EXPECT_EQ(catalog_.message_count(), 1);
}

TEST_F(CatalogTest, ListsReadNoContent) {
  message("a", "2020-01-01T00:00:00Z", R"("contents":["a:text"])");
  put(Doctype::kContents, "a:text", R"("email":"a","type":"text/plain","content":"words")");
  project();
  const auto reads = stores_.content_reads().index.load();
  std::filesystem::rename(folder_ / "store", folder_ / "moved");
  EXPECT_THAT(listed({{}, true, false, 50, {}}), ElementsAre("a"));
  EXPECT_EQ(member(row_of("a"), "level"), R"("body")");
  EXPECT_EQ(catalog_.thread("a", {}).size(), 1U);
  EXPECT_EQ(stores_.content_reads().list, 0U);
  EXPECT_EQ(stores_.content_reads().index, reads);
}

TEST_F(CatalogTest, RefusesAStoreOfAnotherLife) {
  message("a", "2020-01-01T00:00:00Z");
  project();
  const support::TemporaryFolder other;
  Stores others(other.path(), replica::sqlite::Access::kReadWrite);
  std::ignore = others.create(Doctype::kEmails);
  EXPECT_THROW(std::ignore = catalog_.project(others, 10), std::runtime_error);
  EXPECT_THAT(listed(), ElementsAre("a"));
}

TEST_F(CatalogTest, RefusesAFileOfAnotherFormat) {
  {
    const replica::sqlite::Connection connection(folder_ / "other.db",
                                                 replica::sqlite::Access::kReadWrite,
                                                 replica::sqlite::Durability::kNormal);
    connection.execute("PRAGMA user_version=99");
  }
  for (const auto access :
       {replica::sqlite::Access::kReadWrite, replica::sqlite::Access::kReadOnly}) {
    EXPECT_THROW(Catalog(folder_ / "other.db", access), std::runtime_error);
  }
  Catalog reading(folder_ / "derived/1/catalog.db", replica::sqlite::Access::kReadOnly);
  EXPECT_THROW(std::ignore = reading.project(stores_, 1), std::runtime_error);
  EXPECT_EQ(reading.state(), catalog_.state());
}

TEST_F(CatalogTest, ReadersSeeWholeTransactionsWhileItIsFilled) {
  for (int i = 0; i < 400; ++i) {
    message(fmt::format("m{}", i), fmt::format("2020-01-01T00:{:02}:{:02}Z", i / 60, i % 60),
            R"("mailboxIds":{"inbox":true})");
  }
  const Catalog reading(folder_ / "derived/1/catalog.db", replica::sqlite::Access::kReadOnly);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<int> inconsistent{0}, pages{0};
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&, i] {
      const Catalog& catalog = i == 0 ? reading : catalog_;
      do {
        const auto page = catalog.list({{"inbox", "", {}, {}, {}}, false, false, 1000, {}}, {});
        if (page.rows.size() != static_cast<std::size_t>(page.total)) ++inconsistent;
        ++pages;
      } while (!done);
    });
  }
  project(catalog_, 7);
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(inconsistent, 0);
  EXPECT_GE(pages, 2);
}

}  // namespace
}  // namespace indexer
