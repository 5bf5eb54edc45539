// A local account: import, lists, searches, single messages. The embedded default.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/davenport.hpp"

namespace end_to_end {
namespace {

TEST(Local, SampleMailIsListedSearchedAndShown) {
  const Davenport davenport;
  const std::string sample = DAVENPORT_SOURCE_DIR "/data/sample";
  const auto imported =
      davenport.run({"import", "nell", sample + "/mail", sample + "/mbox/choir.mbox"});
  EXPECT_EQ(imported.exit_code, 0) << imported.err;

  const auto list = davenport.run_json({"list", "nell", "--limit", "500"});
  EXPECT_EQ(list["total"], 154);
  EXPECT_EQ(list["messages"].size(), 154u);
  EXPECT_EQ(list["unread"], 37 - 5 + 6) << "drafts are not unread; the mbox has no Status fields";

  // Counted by reading the messages (data/sample/README.md).
  struct Case {
    std::string query;
    std::size_t hits;
  };
  const std::vector<Case> cases = {
      {"from:ada subject:report has:attachment", 7},
      {"\"soundboard glue\"", 7},
      {"in:inbox is:unread", 26},
      {"музыка", 3},
      {"\"invoice 2026-017\"", 4},
      {"in:lists.dev subject:\"syntonic comma\"", 7},
      {"gingerbread", 5},
      {"in:archive is:flagged", 7},
      {"before:2003-01-01", 5},
  };
  for (const auto& example : cases) {
    const auto answer = davenport.run_json({"search", "nell", example.query, "--limit", "100"});
    EXPECT_EQ(answer["hits"].size(), example.hits) << example.query;
    EXPECT_EQ(answer["total"], example.hits) << example.query;
    EXPECT_TRUE(answer["index"]["complete"]) << example.query;
  }
}

TEST(Local, AddressesOfTheSampleMailAreOffered) {
  const Davenport davenport;
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  const auto found = davenport.run_json({"complete", "nell", "ada ex"})["completions"];
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0]["email"], "ada@davenport.example.org");
  EXPECT_EQ(davenport.run({"complete", "nell", "ada", "--limit", "1"}).out.find("Ada Davenport <"),
            0U);
  EXPECT_EQ(davenport.run({"complete", "nell", "nobody-of-that-name"}).out, "");
}

TEST(Local, ImportingTwiceChangesNothing) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", 20);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto before = davenport.run_json({"list", "ada", "--limit", "100"});
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  EXPECT_EQ(davenport.run_json({"list", "ada", "--limit", "100"}), before);
}

TEST(Local, ShowGivesTextHeadersAndTheOriginal) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto list = davenport.run_json({"list", "ada"});
  const std::string id = list["messages"][0]["id"];
  const std::string doc_id = list["messages"][0]["docId"];
  EXPECT_EQ(davenport.run({"show", "ada", id, "--text"}).out,
            "Here is word2, and this is everywhere.\n");
  EXPECT_EQ(davenport.run({"show", "ada", doc_id, "--raw"}).out,
            support::read_file(davenport.folder() / "mail/Inbox/cur/2.test:2,S"));
  EXPECT_NE(davenport.run({"show", "ada", id}).out.find("Subject: Subject 2"), std::string::npos);
}

TEST(Local, AttachmentsAreSaved) {
  const Davenport davenport;
  const std::string bytes("\x00\xff\r\n%PDF", 8);
  support::write_file(
      davenport.folder() / "mail/cur/1",
      "Subject: Two\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n"
      "--x\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
      "AP8NCiVQREY=\n"
      "--x\nContent-Type: text/csv; name=b.csv\nContent-Disposition: attachment\n\n1;2\n"
      "--x\nContent-Type: text/csv; name=b.csv\nContent-Disposition: attachment\n\n3;4\n--x--\n");
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto message = davenport.run_json({"list", "ada"})["messages"][0];
  const std::string id = message["id"];
  const auto attachments = message["attachments"];
  ASSERT_EQ(attachments.size(), 3U);
  EXPECT_EQ(davenport.run({"show", "ada", id, "--attachment", "a.pdf"}).out, bytes);
  EXPECT_EQ(davenport.run({"show", "ada", id, "--attachment", attachments[0]["partId"]}).out,
            bytes);
  EXPECT_THAT(davenport.run({"show", "ada", id, "--attachment", attachments[2]["partId"]}).out,
              testing::StartsWith("3;4"));
  const auto file = davenport.folder() / "saved.pdf";
  const auto saved =
      davenport.run({"show", "ada", id, "--attachment", "a.pdf", "--output", file.string()});
  EXPECT_EQ(saved.exit_code, 0) << saved.err;
  EXPECT_EQ(saved.out, "");
  EXPECT_EQ(support::read_file(file), bytes);
  EXPECT_THAT(davenport.run({"show", "ada", id}).out, testing::HasSubstr("a.pdf (application/pdf"));

  const auto unknown = davenport.run({"show", "ada", id, "--attachment", "c.pdf"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, testing::HasSubstr("there are a.pdf (part "));
  const auto two = davenport.run({"show", "ada", id, "--attachment", "b.csv"});
  EXPECT_EQ(two.exit_code, 1);
  EXPECT_THAT(two.err, testing::HasSubstr("more than one attachment"));
  const auto unwritable =
      davenport.run({"show", "ada", id, "--attachment", "a.pdf", "--output", "/nowhere/f"});
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_THAT(unwritable.err, testing::HasSubstr("cannot write /nowhere/f"));
}

TEST(Local, KeywordsAreFoundInEitherCase) {
  const Davenport davenport;
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  const auto answered = davenport.run_json({"list", "nell", "--keyword", "$answered"})["total"];
  EXPECT_GT(answered, 0);
  EXPECT_EQ(davenport.run_json({"list", "nell", "--keyword", "$ANSWERED"})["total"], answered);
}

TEST(Local, TheNextPageOfAFilterIsPrinted) {
  const Davenport davenport;
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  const auto first =
      davenport.run({"search", "nell", "--filter", R"({"hasKeyword":"$seen"})", "--limit", "1"})
          .out;
  const std::string_view mark = "next page: davenport";
  const auto at = first.find(mark);
  ASSERT_NE(at, std::string::npos) << first;
  const auto arguments = first.substr(at + mark.size(), first.find('\n', at) - at - mark.size());
  const auto second = support::run({"sh", "-c", DAVENPORT_BINARY + arguments});
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, testing::HasSubstr(" found\n"));
}

TEST(Local, ThreadsAreCountedAsSuch) {
  const Davenport davenport;
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  const auto threads = davenport.run_json({"list", "nell", "--threads", "--limit", "1"});
  EXPECT_THAT(
      davenport.run({"list", "nell", "--threads", "--limit", "1"}).out,
      testing::HasSubstr(fmt::format("\n{} threads, {} unread\n", threads["total"].get<int>(),
                                     threads["unread"].get<int>())));
  EXPECT_THAT(davenport.run({"list", "nell", "--limit", "1"}).out,
              testing::HasSubstr("\n148 messages, "));
}

TEST(Local, MailboxesAreCountedByTheirNames) {
  const Davenport davenport;
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  const auto facets = [&](const std::string& query) {
    return davenport.run({"search", "nell", query, "--facets", "mailbox,type", "--no-snippets"})
        .out;
  };
  EXPECT_THAT(facets("in:lists.dev"), testing::HasSubstr("\nmailbox:  Lists.dev 14\n"));
  EXPECT_THAT(facets("nothing-has-this-word"), testing::Not(testing::HasSubstr("mailbox:")))
      << "there is nothing to tell";
}

TEST(Local, WhatCouldNotBeReadIsSaid) {
  const Davenport davenport;
  support::write_file(
      davenport.folder() / "mail/cur/1",
      "Subject: Broken\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n"
      "--x\nContent-Type: application/pdf; name=a.pdf\n\n%PDF-1.4 nothing\n--x--\n");
  support::write_file(davenport.folder() / "mail/cur/2",
                      "Subject: Closed\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\n"
                      "Version: 1\n--x\n\nsecret\n--x--\n");
  const auto imported = davenport.run({"import", "ada", (davenport.folder() / "mail").string()});
  EXPECT_THAT(imported.out, testing::HasSubstr("1 of those read in part only"));
  const auto status = davenport.run({"status"});
  EXPECT_THAT(status.out, testing::HasSubstr("the text of 1 files cannot be read\n      1: "));
  EXPECT_EQ(davenport.run_json({"status"})["accounts"][0]["extractions"]["failed"], 1);

  const auto list = davenport.run_json({"search", "ada", "closed"});
  const auto& message = list["hits"][0]["message"];
  EXPECT_EQ(message["cut"], json({"encrypted content stays closed"}));
  EXPECT_THAT(davenport.run({"show", "ada", message["id"]}).out,
              testing::HasSubstr("Left out: encrypted content stays closed\n"));
}

TEST(Local, ListsAndSearchesAnswerWithoutTheContentStore) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 20);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto list = davenport.run_json({"list", "ada"});
  const auto hits = davenport.run_json({"search", "ada", "everywhere", "--no-snippets"});
  std::filesystem::rename(davenport.account_folder("ada") / "store/io-cozy-email-contents.db",
                          davenport.folder() / "moved.db");
  EXPECT_EQ(davenport.run_json({"list", "ada"}), list);
  EXPECT_EQ(davenport.run_json({"search", "ada", "everywhere", "--no-snippets"}), hits);
  davenport.start_serving();
  EXPECT_EQ(http("GET", davenport.url("/v1/accounts/ada/messages")).body(), list);
  EXPECT_EQ(
      subjects(
          http("GET", davenport.url("/v1/accounts/ada/search?q=everywhere&snippets=false")).body()),
      subjects(hits));
}

TEST(Local, AStoreThatIsAwayTakesNothingWithIt) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", 5);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto list = davenport.run_json({"list", "ada"});
  std::filesystem::rename(davenport.account_folder("ada") / "store/io-cozy-emails.db",
                          davenport.folder() / "moved.db");
  const auto refused = davenport.run({"reindex", "ada"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("io.cozy.emails"), std::string::npos) << refused.err;
  EXPECT_EQ(davenport.run_json({"list", "ada"}), list);
}

TEST(Local, DamagedDerivedFilesAreMadeAnew) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", 20);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto before = davenport.everything("ada");
  const auto live = [&] {
    auto name = support::read_file(davenport.account_folder("ada") / "derived/current");
    name.pop_back();
    return davenport.account_folder("ada") / "derived" / name;
  };
  // The text index: lists do not need it.
  support::write_file(live() / "index/iamglass", "rubbish");
  EXPECT_EQ(davenport.run_json({"list", "ada"})["total"], 20);
  EXPECT_FALSE(davenport.run_json({"search", "ada", "word1"})["index"]["complete"]);
  davenport.succeed({"reindex", "ada"});
  EXPECT_EQ(davenport.everything("ada"), before);
  // The catalog, then everything.
  support::write_file(live() / "catalog.db", "rubbish");
  const auto unreadable = davenport.run({"list", "ada"});
  EXPECT_EQ(unreadable.exit_code, 1);
  EXPECT_NE(unreadable.err.find("davenport reindex ada"), std::string::npos) << unreadable.err;
  davenport.succeed({"reindex", "ada"});
  EXPECT_EQ(davenport.everything("ada"), before);
  std::filesystem::remove_all(davenport.account_folder("ada") / "derived");
  EXPECT_EQ(davenport.run({"list", "ada"}).exit_code, 1);
  davenport.succeed({"reindex", "ada"});
  EXPECT_EQ(davenport.everything("ada"), before);
}

}  // namespace
}  // namespace end_to_end
