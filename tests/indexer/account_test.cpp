// An account whose stores were put back from a backup, are one for all doctypes, or hold conflicts.
#include "indexer/account.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/support.hpp"

namespace indexer {
namespace {

using mail::Doctype;
using replica::sqlite::Access;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class AccountTest : public testing::Test {
 protected:
  void open(std::optional<std::string> doctype_member = {}) {
    account_.reset();
    account_ = std::make_unique<Account>(folder_ / "alice", "alice", Access::kReadWrite,
                                         std::move(doctype_member));
  }

  static replica::IncomingRevision message(const std::string& id, const std::string& subject,
                                           std::string_view rev = "1-x",
                                           std::vector<std::string> ancestors = {}) {
    return {
        id, *replica::RevId::parse(rev), std::move(ancestors), false,
        fmt::format(
            R"({{"_id":"{}","doctype":"io.cozy.emails","subject":"{}","contents":["{}:text"]}})",
            id, subject, id)};
  }
  static replica::IncomingRevision content(const std::string& email, const std::string& text) {
    return {
        email + ":text",
        *replica::RevId::parse("1-x"),
        {},
        false,
        fmt::format(
            R"({{"doctype":"io.cozy.email.contents","email":"{}","type":"text/plain","content":"{}"}})",
            email, text)};
  }

  void commit(Doctype doctype, std::vector<replica::IncomingRevision> revisions) {
    replica::Batch batch;
    batch.revisions = std::move(revisions);
    account_->stores().create(doctype).commit(batch);
  }
  // As two messages do: one batch for each store.
  void commit_messages(const std::vector<std::string>& ids, const std::string& word) {
    std::vector<replica::IncomingRevision> messages, contents;
    for (const auto& id : ids) {
      messages.push_back(message(id, "subject " + id));
      contents.push_back(content(id, word + " of " + id));
    }
    commit(Doctype::kEmails, std::move(messages));
    commit(Doctype::kContents, std::move(contents));
  }

  void follow() {
    Progress progress;
    account_->project(progress);
    account_->index(progress);
  }
  void rebuild() {
    Progress progress;
    account_->reindex(progress);
  }

  [[nodiscard]] static std::vector<std::string> ids_of(const std::vector<std::string>& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(nlohmann::json::parse(row).at("docId"));
    return ids;
  }
  [[nodiscard]] std::vector<std::string> listed() const { return account_->list({}).rows; }
  [[nodiscard]] std::vector<std::string> found(std::string_view text) const {
    const auto query = parse_query(text);
    SearchRequest request;
    request.query = &*query;
    const auto answer = account_->search(request, false);
    std::vector<std::string> rows;
    for (const auto& hit : answer->hits) rows.push_back(hit.row);
    return ids_of(rows);
  }

  // Copies a closed store away or back.
  void copy(const std::filesystem::path& from, const std::filesystem::path& to) const {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(to.string() + suffix);
    std::filesystem::copy(from, to);
  }
  [[nodiscard]] std::filesystem::path store(const std::string& name) const {
    return folder_ / "alice/store" / (name + ".db");
  }

  support::TemporaryFolder folder_;
  std::unique_ptr<Account> account_;
};

TEST_F(AccountTest, StoreThatWasPutBackIsNotMistakenForTheOneBefore) {
  open();
  commit_messages({"a", "b"}, "early");
  follow();
  account_.reset();
  copy(store("io-cozy-emails"), folder_ / "backup.db");

  open();
  commit(Doctype::kEmails, {message("lost1", "subject lost"), message("lost2", "subject lost"),
                            message("a", "changed", "2-y", {"x"})});
  follow();
  EXPECT_EQ(found("lost").size(), 2);
  const auto before = account_->stores().find(Doctype::kEmails)->last_seq();
  const auto contents = account_->stores().find(Doctype::kContents)->identity();
  account_.reset();
  copy(folder_ / "backup.db", store("io-cozy-emails"));

  open();
  commit(Doctype::kEmails,
         {message("other1", "subject other"), message("other2", "subject other"),
          message("other3", "subject other"), message("other4", "subject other")});
  ASSERT_GT(account_->stores().find(Doctype::kEmails)->last_seq(), before)
      << "as if nothing had been away";
  EXPECT_EQ(account_->stores().find(Doctype::kContents)->identity(), contents)
      << "this one is as it was";
  follow();
  EXPECT_THAT(ids_of(listed()),
              UnorderedElementsAre("a", "b", "other1", "other2", "other3", "other4"));
  EXPECT_THAT(found("lost"), IsEmpty());
  EXPECT_THAT(found("changed"), IsEmpty());
  EXPECT_EQ(found("other").size(), 4);
  EXPECT_THAT(found("early"), UnorderedElementsAre("a", "b"));
  const auto rows = listed();
  rebuild();
  EXPECT_EQ(listed(), rows);
  EXPECT_EQ(found("other").size(), 4);
}

TEST_F(AccountTest, EpochStaysWhileNothingWasPutBack) {
  open();
  commit_messages({"a"}, "word");
  const auto before = account_->stores().find(Doctype::kEmails)->identity();
  open();
  follow();
  open();
  EXPECT_EQ(account_->stores().find(Doctype::kEmails)->identity(), before);
}

TEST_F(AccountTest, StoreThatWasFetchedAnewIsRebuiltFrom) {
  open();
  commit_messages({"a", "b"}, "early");
  follow();
  account_.reset();
  std::filesystem::remove(store("io-cozy-emails"));
  open();
  commit_messages({"c"}, "late");
  follow();
  EXPECT_THAT(ids_of(listed()), ElementsAre("c"));
  EXPECT_THAT(found("late"), ElementsAre("c"));
}

TEST_F(AccountTest, OneStoreForAllDoctypes) {
  open("doctype");
  // In one batch after the other, but into the same store.
  commit_messages({"a", "b", "c"}, "early");
  follow();
  EXPECT_THAT(ids_of(listed()), UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(found("early"), UnorderedElementsAre("a", "b", "c"));
  ASSERT_TRUE(account_->bodies("a"));
  EXPECT_EQ(account_->bodies("a")->front().content, "early of a");
  EXPECT_TRUE(account_->index_state().complete);
  EXPECT_EQ(account_->index_state().pending, 0);

  // A body becomes a message, a message a contact, and one is deleted.
  auto was_body = message("a:text", "promoted", "2-y", {"x"});
  auto contact = message("b", "", "2-y", {"x"});
  contact.body = R"({"doctype":"io.cozy.contacts"})";
  auto deleted = message("c", "", "2-y", {"x"});
  deleted.deleted = true;
  deleted.body = R"({"_deleted":true})";
  commit(Doctype::kFiles, {was_body, contact, deleted});
  follow();
  EXPECT_THAT(ids_of(listed()), UnorderedElementsAre("a", "a:text"));
  EXPECT_THAT(found("promoted"), ElementsAre("a:text"));
  EXPECT_THAT(found("early"), IsEmpty()) << "its body is gone";
  EXPECT_THAT(*account_->bodies("a"), IsEmpty());
  const auto rows = listed();
  rebuild();
  EXPECT_EQ(listed(), rows);
  EXPECT_THAT(found("promoted"), ElementsAre("a:text"));
  EXPECT_THAT(found("early"), IsEmpty());
}

TEST_F(AccountTest, ChangeOfLayoutIsRebuilt) {
  open();
  commit_messages({"a"}, "early");
  follow();
  open("doctype");
  commit_messages({"b"}, "late");
  follow();
  EXPECT_THAT(ids_of(listed()), ElementsAre("b"));
  EXPECT_THAT(found("late"), ElementsAre("b"));
}

TEST_F(AccountTest, ConflictsAreTheLeavesWinnerFirst) {
  open();
  commit(Doctype::kEmails,
         {message("a", "loser", "2-b", {"x"}), message("a", "winner", "2-c", {"x"})});
  auto deleted = message("a", "gone", "3-d", {"e"});
  deleted.deleted = true;
  commit(Doctype::kEmails, {deleted});
  follow();
  const auto leaves = account_->conflicts("a");
  ASSERT_TRUE(leaves);
  ASSERT_EQ(leaves->size(), 3);
  EXPECT_EQ((*leaves)[0].rev, "2-c");
  EXPECT_THAT((*leaves)[0].document, testing::HasSubstr("winner"));
  EXPECT_EQ((*leaves)[1].rev, "2-b");
  EXPECT_FALSE((*leaves)[1].deleted);
  EXPECT_THAT((*leaves)[1].document, testing::HasSubstr("loser"));
  EXPECT_EQ((*leaves)[2].rev, "3-d");
  EXPECT_TRUE((*leaves)[2].deleted);
  EXPECT_FALSE(account_->conflicts("unknown"));
  ASSERT_EQ(account_->stores().all().size(), 1);
  EXPECT_EQ(account_->stores().all()[0].store->counts().conflicted, 1);
  EXPECT_THAT(account_->stores().all()[0].store->conflicted(10), ElementsAre("a"));
}

}  // namespace
}  // namespace indexer
