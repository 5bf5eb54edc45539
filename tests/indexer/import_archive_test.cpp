// Mail in tars, and how members of them are placed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
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
             {"tmp/3", "Subject: no\n\n"},
             {"lists/dev.mbox",
              "From a 10:00\nSubject: three\nX-Keywords: Later\n\n\nFrom b@c 10:00\n"
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
      {"a/tmp/1", "none"},
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
  const support::TemporaryFolder folder;
  support::write_file(folder / "dovecot-keywords",
                      "0 $Forwarded\n2 Work\n999999999999999999999 x\n");
  const auto letters = indexer::read_letters(folder / "dovecot-keywords");
  EXPECT_THAT(letters, ElementsAre("$forwarded", "", "work"));
  EXPECT_THAT(indexer::maildir_keywords("1:2,Sabcz", letters),
              ElementsAre("$seen", "$forwarded", "work"));
  EXPECT_TRUE(indexer::read_letters(folder / "absent").empty());
}

}  // namespace
