// What an import takes for mail, where files are compressed or pipes, and when a message without a
// date came.
#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "indexer/archive.hpp"
#include "indexer/file_form.hpp"
#include "indexer/import.hpp"
#include "indexer/import_documents.hpp"
#include "mail/parser.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "subject in mailboxes", the keywords, the time of arrival.
struct ArrivalsTarget : indexer::ImportTarget {
  std::optional<mail::Mailbox> find_mailbox(const std::string&) override { return std::nullopt; }
  void put_mailboxes(std::span<const mail::Mailbox>) override {}
  Written put_messages(std::span<indexer::ImportedMessage> given) override {
    for (const indexer::ImportedMessage& one : given) {
      std::string& message = messages.emplace_back(one.metadata.subject + " in");
      for (const std::string& id : one.metadata.mailbox_ids) message += " " + id;
      std::string& line = keywords.emplace_back();
      for (const std::string& keyword : one.metadata.keywords)
        line += (line.empty() ? "" : " ") + keyword;
      const auto& received = one.metadata.received_at;
      arrivals.push_back(received ? mail::to_rfc3339(*received) : "none");
    }
    return {given.size(), 0, {}};
  }
  std::vector<std::string> messages, keywords, arrivals;
};

class FileImport : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  void file(const std::string& name, std::string_view bytes) {
    support::write_file(folder_ / name, bytes);
  }
  indexer::ImportSummary import(const std::string& name = "col") {
    target_ = {};
    const std::vector<std::filesystem::path> paths = {folder_ / name};
    return indexer::import_paths(paths, target_, {2, {}}, progress_);
  }
  void pack(const std::string& program, const std::string& name) {
    const auto packed = support::run({program, "-q", (folder_ / name).string()});
    ASSERT_EQ(packed.exit_code, 0) << packed.err;
    std::filesystem::remove(folder_ / name);  // xz and gzip did that
  }

  support::TemporaryFolder folder_;
  ArrivalsTarget target_;
  indexer::Progress progress_;
};

TEST_F(FileImport, CompressedFilesAreReadWhereverTheyLie) {
  file("col/1.eml", "Subject: one\n\n");
  file("col/boxed.mbox", "From a@b 10:00\nSubject: two\n\n\nFrom b@c 10:00\nSubject: three\n\n");
  file("col/plain.mbox", "Subject: four\n\nno mbox, whatever its name\n");
  pack("gzip", "col/1.eml");
  pack("xz", "col/boxed.mbox");
  EXPECT_THAT(import().refused, IsEmpty());
  EXPECT_THAT(target_.messages,
              ElementsAre("one in col", "two in boxed", "three in boxed", "four in col"));
  EXPECT_THAT(import("col/boxed.mbox.xz").refused, IsEmpty());
  EXPECT_THAT(target_.messages, ElementsAre("two in boxed", "three in boxed"));
  EXPECT_THAT(import("col/1.eml.gz").refused, IsEmpty());
  EXPECT_THAT(target_.messages, ElementsAre("one in inbox"));
}

TEST_F(FileImport, CompressedMessagesOfAMaildirAreReadAsOthers) {
  file("col/cur/1:2,S", "Subject: one\n\n");
  file("col/cur/2:2,S",
       "From a@b 10:00\nSubject: two\n\n");  // one message, whatever its first line
  file("col/cur/3:2,S", "not mail\n");
  file("col/new/4", "Subject: four\n\n");
  for (const char* name : {"1:2,S", "2:2,S", "3:2,S"}) {
    pack("gzip", std::string("col/cur/") + name);
    std::filesystem::rename(folder_ / "col/cur" / (std::string(name) + ".gz"),
                            folder_ / "col/cur" / (std::string(name) + "Z"));
  }
  const auto summary = import();
  EXPECT_THAT(target_.messages, ElementsAre("one in inbox", "two in inbox", "four in inbox"));
  EXPECT_THAT(target_.keywords, ElementsAre("$seen", "$seen", ""));
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].reason, HasSubstr("not a message"));
}

TEST_F(FileImport, MboxFilesOfAFolderAreMailboxes) {
  const std::string from = "From - Tue Jan  5 10:00:00 2021\n";
  file("col/INBOX", from + "Subject: one\nX-Mozilla-Status: 0001\n\n\n" + from +
                        "Subject: deleted\nX-Mozilla-Status: 0009\n\n");
  file("col/INBOX.msf", "// <!-- <mdb:mork:z v=\"1.4\"/> -->\n");
  file("col/INBOX.sbd/2020", from + "Subject: two\n\n");
  file("col/2019", from + "Subject: three\n\n\n" + from + "Subject: four\n\n");
  file("col/Drafts", "");
  EXPECT_THAT(import().refused, IsEmpty());
  EXPECT_THAT(target_.messages,
              ElementsAre("three in 2019", "four in 2019", "one in inbox", "two in inbox-2020"));
  EXPECT_THAT(target_.keywords, ElementsAre("", "", "$seen", ""));
  EXPECT_EQ(progress_.done, progress_.of);
}

TEST_F(FileImport, LabelsOfGmailAreMailboxesAndKeywords) {
  std::string mbox;
  for (const char* fields :
       {"Subject: one\nX-Gmail-Labels: Inbox,Unread,Work/2021,\"a, b\"\n",
        "Subject: two\nX-Gmail-Labels: Opened,Sent,Starred,INBOX,\n inbox\n",
        "Subject: three\nX-Gmail-Labels: Archived,Important,Category Updates\n",
        "Subject: four\nX-Gmail-Labels: Spam,Unread\n",
        "Subject: five\nX-Gmail-Labels: =?UTF-8?Q?Ge=C3=B6ffnet,Papierkorb,?=\n "
        "=?UTF-8?Q?Entw=C3=BCrfe?=\n",
        "Subject: six\nX-Gmail-Labels: Non lus,Corbeille\n", "Subject: seven\nStatus: R\n"})
    mbox += std::string("From 1688@xxx Tue Jan 05 10:00:00 +0000 2021\n") + fields + "\n\n";
  file("Mail/All mail Including Spam and Trash.mbox", mbox);
  EXPECT_THAT(import("Mail").refused, IsEmpty());
  const std::string drafts = indexer::mailbox_of_name("Entwürfe").id;
  EXPECT_THAT(target_.messages,
              ElementsAre("one in inbox work-2021 a-b", "two in sent inbox", "three in archive",
                          "four in spam", "five in papierkorb " + drafts, "six in corbeille",
                          "seven in all-mail-including-spam-and-trash"));
  EXPECT_THAT(target_.keywords, ElementsAre("", "$flagged $seen", "$important $seen", "",
                                            "$draft $seen", "", "$seen"));
}

TEST_F(FileImport, MessagesThatBeginAsAnMboxAreMessagesOfTheirFolder) {
  file("col/0001.7c53", "From a@b 10:00\nSubject: one\n\n");
  file("col/0002.9f1a", "From a@b 10:00\nSubject: two\n\n");
  EXPECT_THAT(import().refused, IsEmpty());
  EXPECT_THAT(target_.messages, ElementsAre("one in col", "two in col"));
}

TEST_F(FileImport, SequencesOfMhTellWhatIsUnseen) {
  for (const char* number : {"1", "2", "4", "7", "9", "note"})
    file(std::string("col/") + number, "Subject: " + std::string(number) + "\n\n");
  file("col/,3", "Subject: deleted\n\n");
  file("col/.mh_sequences", "cur: 1\nunseen: 2 4-7 x\nreplied: 1\n");
  EXPECT_THAT(import().refused, IsEmpty());
  EXPECT_THAT(target_.messages, ElementsAre("1 in col", "2 in col", "4 in col", "7 in col",
                                            "9 in col", "note in col"));
  EXPECT_THAT(target_.keywords, ElementsAre("$seen", "", "", "", "$seen", ""));
}

TEST_F(FileImport, ADamagedCompressedFileIsRefusedByItsName) {
  std::string noise;
  std::uint32_t state = 7;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 1664525 + 1013904223;
    noise += static_cast<char>('a' + (state >> 24) % 26);
  }
  file("col/1.eml", "Subject: cut off\n\n" + noise);
  file("col/2.eml", "Subject: two\n\n");
  pack("gzip", "col/1.eml");
  std::filesystem::resize_file(folder_ / "col/1.eml.gz", 20'000);
  const auto summary = import();
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].path, HasSubstr("1.eml.gz"));
  EXPECT_THAT(summary.refused[0].reason, testing::Not(HasSubstr("1.eml.gz")));
  EXPECT_THAT(target_.messages, ElementsAre("two in col"));
}

TEST_F(FileImport, ATarAmongOtherFilesIsRefused) {
  file("col/1.eml", "Subject: one\n\n");
  file("elsewhere/2.eml", "Subject: two\n\n");
  ASSERT_EQ(support::run({"tar", "-czf", (folder_ / "col/more.tar.gz").string(), "-C",
                          (folder_ / "elsewhere").string(), "2.eml"})
                .exit_code,
            0);
  const auto summary = import();
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].reason, HasSubstr("is a tar"));
  EXPECT_THAT(target_.messages, ElementsAre("one in col"));
}

TEST_F(FileImport, OtherFilesThanMailAreRefused) {
  file("col/a.json", R"({"from": "ada@example.org", "subject": "none"})");
  file("col/b.txt", "Note: buy milk\nTotal: 4\n");
  file("col/c.txt", "source: https://example.org\n");
  file("col/d", "Return-Path: <a@b>\nx{odd}: later ones may be odd\n\ntext\n");
  const auto summary = import();
  ASSERT_EQ(summary.refused.size(), 3U);
  for (const auto& refused : summary.refused)
    EXPECT_THAT(refused.reason, HasSubstr("not a message")) << refused.path;
  EXPECT_EQ(target_.messages.size(), 1U);
}

TEST_F(FileImport, WithoutADateAMessageCameWhenItsStoreSays) {
  const std::string undated = "Subject: x\nDate: some day\n\n";
  file("col/cur/1263312345.M1P2.host:2,S", undated);
  file("col/cur/12.host", undated + "2");
  file("col/cur/1263312346.host", "Date: Mon, 14 May 2001 16:39:00 -0700\nSubject: dated\n\n");
  for (const auto& name : {"1263312345.M1P2.host:2,S", "12.host", "1263312346.host"}) {
    const timespec time[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "col/cur" / name).c_str(), time, 0), 0);
  }
  EXPECT_THAT(import().refused, IsEmpty());
  EXPECT_THAT(target_.arrivals,
              ElementsAre("2001-09-09T01:46:40Z", "2010-01-12T16:05:45Z", "none"));

  file("box.mbox", "From ada@example.org Mon Jan  1 00:00:00 2001\n" + undated +
                       "\nFrom b@c 10:00\n" + undated + "3");
  const timespec time[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "box.mbox").c_str(), time, 0), 0);
  EXPECT_THAT(import("box.mbox").refused, IsEmpty());
  EXPECT_THAT(target_.arrivals, ElementsAre("2001-01-01T00:00:00Z", "2001-09-09T01:46:40Z"));
}

TEST_F(FileImport, APipeIsReadOnceSomebodyWrites) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  std::thread writer([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    const int pipe = ::open((folder_ / "pipe").c_str(), O_WRONLY | O_CLOEXEC);
    for (const std::string_view part : {"Subject: slow", "ly\n\n"}) {
      EXPECT_EQ(::write(pipe, part.data(), part.size()), static_cast<ssize_t>(part.size()));
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
    }
    ::close(pipe);
  });
  EXPECT_EQ(import("pipe").messages, 1U);
  writer.join();
  EXPECT_THAT(target_.messages, ElementsAre("slowly in inbox"));
}

TEST_F(FileImport, APipeThatNobodyWritesToIsLeftWhenCancelled) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  std::thread canceller([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    progress_.cancelled = true;
  });
  EXPECT_THROW((void)import("pipe"), indexer::Cancelled);
  canceller.join();
}

TEST_F(FileImport, ADataFolderOfDavenportIsRefused) {
  file("data/davenport.db", "x");
  file("data/accounts/ada/store/io-cozy-emails.db", "x");
  file("data/1.eml", "Subject: one\n\n");
  for (const char* folder : {"data", "data/accounts/ada"}) {
    try {
      (void)import(folder);
      FAIL() << folder;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("davenport's data folder")) << folder;
    }
  }
  EXPECT_EQ(import("data/1.eml").messages, 1U) << "a file that is asked for itself";
  file("col/2.eml", "Subject: two\n\n");
  std::filesystem::rename(folder_ / "data", folder_ / "col/data");
  const auto summary = import();
  ASSERT_EQ(summary.refused.size(), 1U);
  EXPECT_THAT(summary.refused[0].reason, HasSubstr("data folder of davenport"));
  EXPECT_THAT(target_.messages, ElementsAre("two in col"));
}

TEST(MaildirDelivery, IsANumberThatCanBeATime) {
  for (const char* name : {"1.host", "1000", "1263312345", "99999999999.host", "x.host", "",
                           "1263312345-host", "99999999999999999999999.host"})
    EXPECT_FALSE(indexer::maildir_delivery(name)) << name;
  EXPECT_EQ(mail::to_rfc3339(*indexer::maildir_delivery("1263312345.V1I2M3.host,S=4:2,S")),
            "2010-01-12T16:05:45Z");
}

}  // namespace
