// Which mailboxes an import makes of folders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "indexer/export.hpp"
#include "indexer/import.hpp"
#include "indexer/import_documents.hpp"
#include "indexer/mailbox_paths.hpp"
#include "mail/parser.hpp"
#include "tests/support/support.hpp"

namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class ImportedMailboxes : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  void message_in(const std::string& folder) {
    support::write_file(folder_ / "col" / folder / "cur/1",
                        "From: ada@example.org\nSubject: in " + folder + "\n\n");
  }
  indexer::ImportSummary import(const std::vector<std::string>& folders) {
    std::vector<std::filesystem::path> paths;
    for (const std::string& folder : folders) paths.push_back(folder_ / folder);
    indexer::StoreTarget target(stores_);
    return indexer::import_paths(paths, target, {2, {}}, progress_);
  }
  std::vector<mail::Mailbox> mailboxes() {
    std::vector<mail::Mailbox> all;
    const auto* const store = stores_.find(mail::Doctype::kMailboxes);
    if (store == nullptr) return all;
    store->documents(replica::LocalSeq{}, 100, [&](const replica::Change&, std::string_view body) {
      all.push_back(*mail::read_mailbox(body));
    });
    return all;
  }
  // Ids by the names that lead to them.
  std::map<std::string, std::string> ids() {
    indexer::MailboxPaths paths;
    for (const mail::Mailbox& mailbox : mailboxes()) paths.add(mailbox);
    std::map<std::string, std::string> found;
    for (const mail::Mailbox& mailbox : mailboxes())
      found.emplace(paths.path_of(mailbox.id), mailbox.id);
    return found;
  }

  support::TemporaryFolder folder_;
  indexer::Progress progress_;
  indexer::Stores stores_{folder_ / "account", replica::sqlite::Access::kReadWrite};
};

TEST_F(ImportedMailboxes, FoldersOfDifferentNamesAreDifferent) {
  for (const char* folder : {"a/b", "a-b", "A.B"}) message_in(folder);
  EXPECT_EQ(import({"col"}).messages, 3U);
  const auto found = ids();
  EXPECT_THAT(found,
              ElementsAre(Pair("A.B", indexer::distinct_mailbox_id("A.B")), Pair("a", "a"),
                          Pair("a-b", "a-b"), Pair("a/b", indexer::distinct_mailbox_id("a/b"))));
  std::map<std::string, std::vector<std::string>> by_subject;
  stores_.find(mail::Doctype::kEmails)
      ->documents(replica::LocalSeq{}, 10, [&](const replica::Change&, std::string_view body) {
        const auto message = mail::read_metadata(body);
        by_subject[message->subject] = message->mailbox_ids;
      });
  for (const char* folder : {"a/b", "a-b", "A.B"})
    EXPECT_THAT(by_subject[std::string("in ") + folder], ElementsAre(found.at(folder))) << folder;
}

TEST_F(ImportedMailboxes, ALaterImportFindsThemAgainInAnyOrder) {
  message_in("A.B");
  import({"col"});
  EXPECT_THAT(ids(), ElementsAre(Pair("A.B", "a-b")));
  for (const char* folder : {"a/b", "a-b"}) message_in(folder);
  import({"col"});
  const auto found = ids();
  EXPECT_EQ(found.size(), 4U);
  EXPECT_EQ(found.at("A.B"), "a-b") << "who was first keeps it";
  const auto seq = stores_.find(mail::Doctype::kEmails)->last_seq();
  for (const auto& folders : {std::vector<std::string>{"col"}, {"col/a-b", "col/A.B", "col"}}) {
    EXPECT_EQ(import(folders).messages, 0U);
    // A Maildir that is asked for itself is the inbox.
    if (folders.size() == 1) {
      EXPECT_EQ(stores_.find(mail::Doctype::kEmails)->last_seq(), seq);
    }
    auto again = ids();
    again.erase("Inbox");
    EXPECT_EQ(again, found);
  }
}

TEST_F(ImportedMailboxes, CaseTellsFoldersApartButNotTheInbox) {
  for (const char* folder : {"Lists/dev", "lists/dev", "INBOX/Old", "Inbox/Old"})
    message_in(folder);
  import({"col"});
  EXPECT_THAT(ids(), ElementsAre(Pair("Inbox", "inbox"), Pair("Inbox/Old", "inbox-old"),
                                 Pair("Lists", "lists"), Pair("Lists/dev", "lists-dev"),
                                 Pair("lists", indexer::distinct_mailbox_id("lists")),
                                 Pair("lists/dev", indexer::distinct_mailbox_id("lists/dev"))));
}

TEST_F(ImportedMailboxes, OneWithARoleMayBeCalledOtherwise) {
  mail::Mailbox inbox;
  inbox.id = "inbox";
  inbox.name = "Posteingang";
  inbox.role = "inbox";
  indexer::StoreTarget(stores_).put_mailboxes(std::vector{inbox});
  message_in("INBOX");
  import({"col"});
  EXPECT_THAT(ids(), ElementsAre(Pair("Posteingang", "inbox")));
}

TEST_F(ImportedMailboxes, AFolderOfOtherFilesIsNone) {
  support::write_file(folder_ / "col/notes/todo.txt", "Milk, eggs\n");
  support::write_file(folder_ / "col/data/a.json", R"({"from": "ada", "subject": "none"})");
  std::filesystem::create_directories(folder_ / "col/Empty/cur");
  EXPECT_EQ(import({"col"}).refused.size(), 2U);
  EXPECT_THAT(ids(), ElementsAre(Pair("Empty", "empty")));
}

TEST(MailboxFolders, OfAnExportAreApartWhereNamesAreChanged) {
  indexer::MailboxPaths paths;
  const std::string longest(150, 'n');
  const std::vector<std::string> names = {"a\\b", "a_b", longest + "1", longest + "2"};
  std::vector<std::string> folders;
  for (const std::string& name : names) {
    mail::Mailbox mailbox;
    mailbox.id = mailbox.name = name;
    paths.add(mailbox);
    folders.push_back(paths.path_of(name));
  }
  EXPECT_EQ(folders[1], "a_b");
  std::sort(folders.begin(), folders.end());
  EXPECT_EQ(std::unique(folders.begin(), folders.end()), folders.end());
}

}  // namespace
