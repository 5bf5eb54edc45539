#include "indexer/mail_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "indexer/maildir.hpp"
#include "tests/support/support.hpp"

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "<mailbox> <m|p> <names, joined by commas>" of each folder.
std::vector<std::string> summary_of(const indexer::MailTree& tree) {
  std::vector<std::string> lines;
  for (const indexer::MailFolder& folder : tree.folders) {
    std::string line =
        folder.mailbox + (folder.kind == indexer::MailFolder::Kind::kMaildir ? " m " : " p ");
    for (const std::string& name : folder.names) line += name + ",";
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> find(const std::filesystem::path& path) {
  return summary_of(indexer::find_mail(std::vector{path}));
}

class FindMail : public testing::Test {
 protected:
  void file(const std::string& name) { support::write_file(folder_ / name, "x"); }
  support::TemporaryFolder folder_;
};

TEST_F(FindMail, AMaildirAskedForIsTheInbox) {
  file("cur/b:2,S");
  file("cur/a:2,");
  file("new/c");
  file("tmp/d");
  file("dovecot-uidlist");
  EXPECT_THAT(find(folder_.path()), ElementsAre("Inbox m a:2,,b:2,S,", "Inbox m c,"));
  EXPECT_THAT(find(folder_.path() / ""), ElementsAre("Inbox m a:2,,b:2,S,", "Inbox m c,"));
}

TEST_F(FindMail, MaildirPlusPlusFoldersAreMailboxes) {
  file("cur/a");
  file(".Sent.2020/cur/b");
  file(".Drafts/new/c");
  EXPECT_THAT(find(folder_.path()), ElementsAre("Drafts m c,", "Sent/2020 m b,", "Inbox m a,"));
}

TEST_F(FindMail, AFolderOfMaildirsTakesEachByItsName) {
  file("INBOX/cur/a");
  file("Lists/dev/new/b");
  EXPECT_THAT(find(folder_.path()), ElementsAre("Inbox m a,", "Lists/dev m b,"));
}

TEST_F(FindMail, AFolderThatOnlyLooksLikeAMaildirIsReadWhole) {
  for (const char* name : {"old/1.eml", "old/new/2.eml", "old/new/sub/3.eml", "old/tmp/4.eml"})
    file(name);
  EXPECT_THAT(find(folder_ / "old"),
              ElementsAre("old p 1.eml,", "new p 2.eml,", "new/sub p 3.eml,", "tmp p 4.eml,"));
  std::filesystem::remove(folder_ / "old/1.eml");
  EXPECT_THAT(find(folder_ / "old"), ElementsAre("Inbox m 2.eml,", "sub p 3.eml,", "tmp p 4.eml,"));
}

TEST_F(FindMail, OtherMailBesideAMaildirIsReadAsWell) {
  for (const char* name : {"cur/a", "new/b", "tmp/c", "saved.mbox", "cur/sub/d", "work/e"})
    file(name);
  EXPECT_THAT(find(folder_.path()), ElementsAre("Inbox p saved.mbox,", "Inbox m a,", "sub p d,",
                                                "Inbox m b,", "work p e,"));
}

TEST_F(FindMail, FilesOfMailProgramsAndDeletedMessagesOfMhAreLeftOut) {
  for (const char* name :
       {"mail/dovecot-keywords", "mail/dovecot.index.log", "mail/subscriptions", "mail/maildirsize",
        "mail/courierimapkeywords/x", "mail/INBOX.msf", "mail/main.sieve", "mail/,12"})
    file(name);
  EXPECT_THAT(find(folder_ / "mail"), IsEmpty());
  for (const char* name : {"mail/dovecot", "mail/sieve", "mail/,x"}) file(name);
  EXPECT_THAT(find(folder_ / "mail"), ElementsAre("mail p ,x,dovecot,sieve,"));
}

TEST_F(FindMail, LooseFilesBelongToTheirFolder) {
  file("archive/2.eml");
  file("archive/1.eml");
  file("archive/.hidden");
  file("archive/old/3.eml");
  EXPECT_THAT(find(folder_ / "archive"), ElementsAre("archive p 1.eml,2.eml,", "old p 3.eml,"));
  EXPECT_THAT(find(folder_ / "archive/1.eml"), ElementsAre("Inbox p 1.eml,"));
}

TEST_F(FindMail, LinksToFoldersAreNotFollowed) {
  file("mail/1.eml");
  std::filesystem::create_directory_symlink(folder_ / "mail", folder_ / "mail/loop");
  EXPECT_THAT(find(folder_ / "mail"), ElementsAre("mail p 1.eml,"));
}

TEST_F(FindMail, APathThatIsNotThereThrows) {
  EXPECT_THROW((void)find(folder_ / "absent"), std::runtime_error);
}

TEST(MaildirKeywords, AreTheFlagsOfTheName) {
  EXPECT_THAT(indexer::maildir_keywords("1.host:2,DFPRST", {}),
              ElementsAre("$draft", "$flagged", "$forwarded", "$answered", "$seen", "$deleted"));
  for (const char* name : {"1.host:2,FS", "1.host;2,FS", "1.host!2,FS", "2,1.host:2,FS"})
    EXPECT_THAT(indexer::maildir_keywords(name, {}), ElementsAre("$flagged", "$seen")) << name;
  for (const char* name :
       {"1.host", "2,S", "1.host,2,S", "1.host:2,", "1.host:1,S", "1.host:2,abc", ""}) {
    EXPECT_THAT(indexer::maildir_keywords(name, {}), IsEmpty()) << name;
  }
}

TEST(MboxMailbox, IsNamedAfterTheFile) {
  const struct {
    std::string file, parent, mailbox;
  } rows[] = {
      {"choir.mbox", "", "choir"},
      {"choir.mbox.gz", "lists", "lists/choir"},
      {"INBOX", "", "Inbox"},
      {"INBOX", "imap.example.org", "imap.example.org/INBOX"},
      {"mbox", "", "Inbox"},
      {"mbox", "Sent", "Sent"},
      {"2001-May.txt", "", "2001-May"},
      {"sent.2020", "", "sent.2020"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(indexer::mbox_name(row.file, row.parent), row.mailbox) << row.file;
}

TEST(MboxMailbox, IsNoneOfAFileOfOneMessageAmongOthers) {
  for (const char* file : {"Trash", "choir.mbox", "list-2020.mbox.gz", "a/Work.sbd/2020"})
    EXPECT_TRUE(indexer::names_mailbox(file)) << file;
  for (const char* file : {"12", "00001.7c53", "msg001", "x.eml", "a/2020"})
    EXPECT_FALSE(indexer::names_mailbox(file)) << file;
}

}  // namespace
