// Mail in tars, and how members of them are placed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "indexer/archive.hpp"
#include "indexer/import.hpp"
#include "indexer/maildir.hpp"
#include "mail/parser.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct LinesTarget : indexer::ImportTarget {
  std::optional<mail::Mailbox> find_mailbox(const std::string&) override { return std::nullopt; }
  void put_mailboxes(std::span<const mail::Mailbox> given) override {
    for (const mail::Mailbox& one : given) mailboxes.push_back(one.id);
  }
  Written put_messages(std::span<indexer::ImportedMessage> given) override {
    for (const indexer::ImportedMessage& one : given) {
      std::string line = one.metadata.subject + " in " + one.metadata.mailbox_ids.at(0);
      for (const std::string& keyword : one.metadata.keywords) line += " " + keyword;
      messages.push_back(std::move(line));
    }
    return {given.size(), 0, {}};
  }
  std::vector<std::string> mailboxes, messages;
};

class ArchiveImport : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  struct Member {
    std::string path, bytes;
  };
  void write_tar(const std::vector<Member>& members) {
    const int descriptor = ::open(tar_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    indexer::ArchiveWriter writer(descriptor);
    for (const Member& member : members) {
      writer.begin(member.path, member.bytes.size());
      writer.write(member.bytes);
    }
    writer.finish();
    ::close(descriptor);
  }
  indexer::ImportSummary import(const std::filesystem::path& file) {
    const std::vector<std::filesystem::path> paths = {file};
    return indexer::import_paths(paths, target_, {2, {}}, progress_);
  }

  support::TemporaryFolder folder_;
  std::filesystem::path tar_ = folder_ / "mail.tar";
  LinesTarget target_;
  indexer::Progress progress_;
};

TEST_F(ArchiveImport, TakesMaildirsMboxesAndMessages) {
  write_tar({{"./cur/1:2,SF", "Subject: one\n\n"},
             {".Sent.2020/cur/2:2,", "Subject: two\n\n"},
             {"dovecot-uidlist", "3 V1\n"},
             {"tmp/1263312345.M1P2.host", "Subject: no\n\n"},
             {"lists/dev.mbox",
              "From a@b 10:00\nSubject: three\nX-Keywords: Later\n\n\nFrom b@c 10:00\n"
              "Subject: four\nStatus: R\n\n"},
             {"plain/5.eml", "Subject: five\n\n"},
             {"plain/empty.eml", ""}});
  const auto summary = import(tar_);
  EXPECT_THAT(target_.messages,
              ElementsAre("one in inbox $seen $flagged", "two in sent-2020",
                          "three in lists-dev later", "four in lists-dev $seen", "five in plain"));
  EXPECT_THAT(target_.mailboxes,
              ElementsAre("inbox", "sent", "sent-2020", "lists", "lists-dev", "plain"));
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].path, HasSubstr("mail.tar:plain/empty.eml"));
}

TEST_F(ArchiveImport, CompressedOnesAreReadAsWell) {
  write_tar({{"a.eml", "Subject: one\n\n"}});
  EXPECT_EQ(import(tar_).messages, 1U);
  const std::vector<std::string> programs = {"gzip", "xz", "zstd"};
  for (const std::string& program : programs) {
    const std::string file = folder_ / (program + ".tar");
    const auto packed =
        support::run({"sh", "-c", program + " -c < " + tar_.string() + " > " + file});
    ASSERT_EQ(packed.exit_code, 0) << packed.err;
    EXPECT_EQ(import(file).messages, 1U) << program;
  }
}

TEST_F(ArchiveImport, CompressedMembersAreReadAsInAFolder) {
  const auto packed = [](const std::string& program, const std::string& bytes) {
    const support::TemporaryFolder folder;
    support::write_file(folder / "x", bytes);
    const auto run = support::run({"sh", "-c", program + " -c < " + (folder / "x").string()});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.out;
  };
  std::string cut_off = packed("gzip", "Subject: no\n\n" + std::string(1'000, 'x'));
  cut_off.resize(cut_off.size() - 10);
  write_tar(
      {{"cur/1:2,SZ", packed("gzip", "Subject: one\n\n")},
       {"lists/dev.mbox.zst",
        packed("zstd", "From a@b 10:00\nSubject: two\n\n\nFrom b@c 10:00\nSubject: three\n\n")},
       {"plain/4.eml.gz", cut_off},
       {"plain/5.eml.xz", packed("xz", "Subject: five\n\n")}});
  const std::string inner = support::read_file(tar_);
  auto summary = import(tar_);
  EXPECT_THAT(target_.messages, ElementsAre("one in inbox $seen", "two in lists-dev",
                                            "three in lists-dev", "five in plain"));
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].path, HasSubstr("mail.tar:plain/4.eml.gz"));
  EXPECT_THAT(summary.refused[0].reason, testing::Not(HasSubstr("plain/4.eml.gz")));

  write_tar({{"a/inner.tar", inner}, {"a/inner.tar.gz", packed("gzip", inner)}});
  summary = import(tar_);
  ASSERT_EQ(summary.refused.size(), 2U);
  for (const auto& refused : summary.refused)
    EXPECT_THAT(refused.reason, HasSubstr("is a tar")) << refused.path;
}

TEST_F(ArchiveImport, KeywordsOfAMaildirMayBeNamedBehindItsMessages) {
  write_tar({{"Maildir/cur/1:2,Sa", "Subject: one\n\n"},
             {"Maildir/.Sent/cur/2:2,a", "Subject: two\n\n"},
             {"Maildir/dovecot-keywords", "0 Work\n"},
             {"Maildir/cur/3:2,a", "Subject: three\n\n"}});
  EXPECT_TRUE(import(tar_).refused.empty());
  EXPECT_THAT(target_.messages,
              ElementsAre("one in inbox $seen work", "two in sent", "three in inbox work"));

  // Of a pipe, what was read is gone.
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  target_ = {};
  std::thread writer([this] {
    const auto cat =
        support::run({"sh", "-c", "cat " + tar_.string() + " > " + (folder_ / "pipe").string()});
    EXPECT_EQ(cat.exit_code, 0) << cat.err;
  });
  const auto summary = import(folder_ / "pipe");
  writer.join();
  EXPECT_THAT(target_.messages, ElementsAre("one in inbox $seen", "two in sent", "three in inbox"));
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].path, HasSubstr("pipe:Maildir/dovecot-keywords"));
}

TEST_F(ArchiveImport, LinksAreMessagesOfTheirMailboxes) {
  const auto file = [this](const std::string& name, const std::string& bytes) {
    support::write_file(folder_ / "Maildir" / name, bytes);
  };
  const auto hard_link = [this](const std::string& target, const std::string& name) {
    std::filesystem::create_directories((folder_ / "Maildir" / name).parent_path());
    std::filesystem::create_hard_link(folder_ / "Maildir" / target, folder_ / "Maildir" / name);
  };
  file("cur/1:2,S", "Subject: one\n\n");
  hard_link("cur/1:2,S", ".Work/cur/1:2,FSa");
  hard_link("cur/1:2,S", ".Archive/cur/1:2,");
  file(".Work/dovecot-keywords", "0 Later\n");
  file("cur/2:2,SZ", support::run({"sh", "-c", "printf 'Subject: two\n\n' | gzip -c"}).out);
  hard_link("cur/2:2,SZ", ".Work/cur/2:2,Z");
  file(".Work/dovecot.index", "x");
  hard_link(".Work/dovecot.index", ".Archive/dovecot.index");
  std::filesystem::create_directories(folder_ / "Maildir/.Sent/cur");
  std::filesystem::create_symlink("../../.Work/cur/2:2,Z", folder_ / "Maildir/.Sent/cur/2:2,F");
  std::filesystem::create_symlink("/elsewhere/3", folder_ / "Maildir/cur/3:2,");
  std::filesystem::create_symlink("4:2,", folder_ / "Maildir/cur/4:2,");
  // In this order: files come before their links.
  const auto packed =
      support::run({"tar", "-cf", tar_.string(), "-C", folder_.path().string(), "Maildir/cur",
                    "Maildir/.Work", "Maildir/.Archive", "Maildir/.Sent"});
  ASSERT_EQ(packed.exit_code, 0) << packed.err;
  auto summary = import(tar_);
  EXPECT_THAT(target_.messages,
              testing::UnorderedElementsAre("one in inbox $seen", "two in inbox $seen",
                                            "one in work $flagged $seen later", "one in archive",
                                            "two in work", "two in sent $flagged"));
  EXPECT_EQ(progress_.done, progress_.of);
  ASSERT_EQ(summary.refused.size(), 2U);
  EXPECT_THAT(summary.refused[0].path, HasSubstr("mail.tar:Maildir/cur/4:2,"));
  EXPECT_THAT(summary.refused[0].reason, HasSubstr("no file of the tar"));
  EXPECT_THAT(summary.refused[1].reason, HasSubstr("link to elsewhere/3"));

  // Of a pipe, what was read is gone.
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  target_ = {};
  std::thread writer([this] {
    const auto cat =
        support::run({"sh", "-c", "cat " + tar_.string() + " > " + (folder_ / "pipe").string()});
    EXPECT_EQ(cat.exit_code, 0) << cat.err;
  });
  summary = import(folder_ / "pipe");
  writer.join();
  EXPECT_THAT(target_.messages,
              testing::UnorderedElementsAre("one in inbox $seen", "two in inbox $seen"));
  EXPECT_EQ(summary.refused.size(), 6U);
  for (const auto& refused : summary.refused)
    EXPECT_THAT(refused.reason, HasSubstr("import the tar as a file")) << refused.path;
}

TEST_F(ArchiveImport, OneThatIsCutOffSaysSo) {
  write_tar({{"a.eml", "Subject: one\n\n" + std::string(100'000, 'x')}});
  std::filesystem::resize_file(tar_, 50'000);
  EXPECT_THROW((void)import(tar_), indexer::ArchiveError);
}

TEST(MailboxOfMember, IsThatOfAFolderThatWasAskedFor) {
  const struct {
    std::string path, mailbox;
  } rows[] = {
      {"Maildir/cur/1", "Inbox"},
      {"Maildir/.Sent/new/1", "Sent"},
      {"INBOX/cur/1", "Inbox"},
      {"a/b/1.eml", "a/b"},
      {"1.eml", "Inbox"},
      {"/a/../b/./1.eml", "a/b"},
      {"a/.hidden", "none"},
      {"a/tmp/1263312345.M1P2.host", "none"},
      {"a/tmp/1", "a/tmp"},
      {"MH/,3", "none"},
      {"Maildir/dovecot.index.log", "none"},
      {"Maildir/courierimapkeywords/1", "none"},
      {"INBOX.msf", "none"},
      {"lists/dovecot", "lists"},
      {"profile/INBOX.sbd/Work", "profile/INBOX"},
      {"Sent.mbox/mbox", "Sent"},
      {".Entw&APw-rfe/cur/1", "Entwürfe"},
      {".A&-B/cur/1", "A&B"},
      {".A&xB/cur/1", "A&xB"},
      {"", "none"},
      {"..", "none"},
  };
  for (const auto& row : rows) {
    const auto place = indexer::mailbox_of_member(row.path);
    EXPECT_EQ(place ? place->mailbox : "none", row.mailbox) << row.path;
  }
}

TEST(DovecotKeywords, AreTheLettersOfAMaildir) {
  std::istringstream file("0 $Forwarded\n2 Work\n999999999999999999999 x\n");
  const auto letters = indexer::read_letters(file);
  EXPECT_THAT(letters, ElementsAre("$forwarded", "", "work"));
  EXPECT_THAT(indexer::maildir_keywords("1:2,Sabcz", letters),
              ElementsAre("$seen", "$forwarded", "work"));
  std::istringstream endless("0 Work\n1 " + std::string(1'000, 'x') + "\n2 Home\n");
  EXPECT_THAT(indexer::read_letters(endless), ElementsAre("work", ""));
}

}  // namespace
