#include "indexer/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "indexer/import_documents.hpp"
#include "mail/parser.hpp"
#include "tests/support/support.hpp"

namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string message(int number) {
  return "From: Ada <ada@example.org>\r\nTo: bob@example.org\r\nSubject: Report " +
         std::to_string(number) + "\r\nMessage-ID: <" + std::to_string(number) +
         "@example.org>\r\nDate: Mon, 14 May 2001 16:39:00 -0700\r\n\r\nText of message " +
         std::to_string(number) + "\r\n";
}

// Keeps what it was given.
struct RecordingTarget : indexer::ImportTarget {
  std::optional<mail::Mailbox> find_mailbox(const std::string&) override { return std::nullopt; }
  void put_mailboxes(std::span<const mail::Mailbox> given) override {
    mailboxes.assign(given.begin(), given.end());
  }
  Written put_messages(std::span<indexer::ImportedMessage> given) override {
    for (const indexer::ImportedMessage& one : given) subjects.push_back(one.metadata.subject);
    return {given.size(), 0, {}};
  }
  std::vector<mail::Mailbox> mailboxes;
  std::vector<std::string> subjects;
};

class ImportTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  void file(const std::string& name, std::string_view bytes) {
    support::write_file(folder_ / "mail" / name, bytes);
  }
  indexer::ImportSummary import(indexer::ImportTarget& target, int threads = 2) {
    const std::vector<std::filesystem::path> paths = {folder_ / "mail"};
    return indexer::import_paths(paths, target, {threads, kept_headers_}, progress_);
  }

  support::TemporaryFolder folder_;
  std::vector<std::string> kept_headers_;
  indexer::Progress progress_;
};

class StoreImportTest : public ImportTest {
 protected:
  indexer::ImportSummary import_into_store() {
    indexer::StoreTarget target(stores_);
    return import(target);
  }
  std::string body(mail::Doctype doctype, const std::string& id) {
    const auto document = stores_.find(doctype)->read(id);
    return document ? document->body : "absent";
  }
  indexer::Stores stores_{folder_ / "account", replica::sqlite::Access::kReadWrite};
};

TEST_F(ImportTest, OrderDoesNotDependOnThreads) {
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    file("cur/" + std::to_string(1000 + i), message(i));
    expected.push_back("Report " + std::to_string(i));
  }
  for (const int threads : {1, 4}) {
    RecordingTarget target;
    EXPECT_EQ(import(target, threads).messages, 500U);
    EXPECT_EQ(target.subjects, expected);
  }
  EXPECT_EQ(progress_.of, 500);
}

TEST_F(ImportTest, WhatCannotBeReadIsNamed) {
  file("cur/1", message(1));
  file("cur/2", "");
  file("cur/3", std::string("\0\0\0", 3));
  RecordingTarget target;
  const auto summary = import(target);
  EXPECT_THAT(target.subjects, ElementsAre("Report 1"));
  ASSERT_THAT(summary.refused, SizeIs(2));
  EXPECT_THAT(summary.refused[0].path, HasSubstr("cur/2"));
  EXPECT_EQ(summary.refused[0].reason, "is empty");
  EXPECT_THAT(summary.refused[1].path, HasSubstr("cur/3"));
}

TEST_F(StoreImportTest, WhatWasLeftOutOfAMessageIsSaid) {
  file("cur/1", message(1));
  file("cur/2", "Subject: " + std::string(70'000, 's') + "\n\ntext\n");
  const auto summary = import_into_store();
  EXPECT_EQ(summary.cut, 1U);
  EXPECT_EQ(indexer::what_was_imported(summary),
            "imported 2 messages (0 already there), 1 of those read in part only");
  std::vector<std::vector<std::string>> cuts;
  stores_.find(mail::Doctype::kEmails)
      ->documents(replica::LocalSeq{}, 10, [&](const replica::Change&, std::string_view body) {
        cuts.push_back(mail::read_metadata(body)->cut);
      });
  EXPECT_THAT(cuts, ElementsAre(IsEmpty(), ElementsAre(HasSubstr("header Subject is longer"))));
}

TEST_F(ImportTest, AFileLargerThanAnyMessageIsRefusedUnread) {
  file("cur/1", "Subject: x\n\n");
  std::filesystem::resize_file(folder_ / "mail/cur/1", (256ULL << 20) + 1);
  RecordingTarget target;
  EXPECT_THAT(import(target).refused.at(0).reason, HasSubstr("larger than 256 MB"));
}

TEST_F(ImportTest, MessagesOfAnMboxAreNumbered) {
  file("old.mbox", "From a@b 10:00\n" + message(1) +
                       "\nFrom b@c 10:00\nX-Odd: y\n\n\nFrom c@d 10:00\n" + message(3));
  RecordingTarget target;
  const auto summary = import(target);
  EXPECT_THAT(target.subjects, ElementsAre("Report 1", "Report 3"));
  EXPECT_THAT(summary.refused.at(0).path, HasSubstr("old.mbox#2"));
  EXPECT_EQ(target.mailboxes.at(0).name, "old");
}

TEST_F(ImportTest, StopsWhenTold) {
  for (int i = 0; i < 50; ++i) file("cur/" + std::to_string(i), message(i));
  progress_.cancelled = true;
  RecordingTarget target;
  EXPECT_THROW((void)import(target), indexer::Cancelled);
}

TEST_F(ImportTest, ATargetThatThrowsEndsIt) {
  struct Full : RecordingTarget {
    Written put_messages(std::span<indexer::ImportedMessage>) override {
      throw std::runtime_error("full");
    }
  } target;
  for (int i = 0; i < 50; ++i) file("cur/" + std::to_string(i), message(i));
  EXPECT_THROW((void)import(target), std::runtime_error);
}

TEST_F(StoreImportTest, AMessageBecomesDocuments) {
  file("cur/1:2,SF", message(1));
  EXPECT_EQ(import_into_store().messages, 1U);

  const std::string id = indexer::message_digest(message(1));
  EXPECT_THAT(id, SizeIs(32));
  const json metadata = json::parse(body(mail::Doctype::kEmails, id));
  EXPECT_EQ(metadata["_id"], id);
  EXPECT_EQ(metadata["subject"], "Report 1");
  EXPECT_EQ(metadata["mailboxIds"], json::parse(R"({"inbox":true})"));
  EXPECT_EQ(metadata["keywords"], json::parse(R"({"$seen":true,"$flagged":true})"));
  EXPECT_EQ(metadata["contents"], json::array({id + ":text"}));
  const json original = metadata["_attachments"]["message.eml"];
  EXPECT_EQ(original["content_type"], "message/rfc822");
  EXPECT_EQ(original["length"], message(1).size());
  EXPECT_EQ(stores_.blobs().get(original["digest"].get<std::string>()), message(1));
  EXPECT_EQ(mail::read_metadata(metadata.dump())->original->name, "message.eml");

  const json content = json::parse(body(mail::Doctype::kContents, id + ":text"));
  EXPECT_EQ(content["email"], id);
  EXPECT_EQ(content["type"], "text/plain");
  EXPECT_THAT(content["content"].get<std::string>(), HasSubstr("Text of message 1"));

  const json mailbox = json::parse(body(mail::Doctype::kMailboxes, "inbox"));
  EXPECT_EQ(mailbox["name"], "Inbox");
  EXPECT_EQ(mailbox["role"], "inbox");
}

TEST_F(StoreImportTest, ImportingTwiceChangesNothing) {
  file("cur/1", message(1));
  file("new/2", message(2));
  EXPECT_EQ(import_into_store().messages, 2U);
  const auto seq = stores_.find(mail::Doctype::kEmails)->last_seq();
  const auto again = import_into_store();
  EXPECT_EQ(again.messages, 0U);
  EXPECT_EQ(again.unchanged, 2U);
  EXPECT_EQ(stores_.find(mail::Doctype::kEmails)->last_seq(), seq);
}

TEST_F(StoreImportTest, TheSameMessageTwiceIsOneInBothMailboxes) {
  file("cur/1", message(1));
  file(".Sent/cur/1", message(1));
  const auto first = import_into_store();
  EXPECT_EQ(first.messages, 1U);
  EXPECT_EQ(first.unchanged, 1U);
  const std::string id = indexer::message_digest(message(1));
  EXPECT_EQ(json::parse(body(mail::Doctype::kEmails, id))["mailboxIds"],
            json::parse(R"({"inbox":true,"sent":true})"));
  EXPECT_EQ(stores_.find(mail::Doctype::kEmails)->read(id)->change.rev.generation, 1U);

  file(".Archive/cur/1", message(1));
  EXPECT_EQ(import_into_store().messages, 0U);
  EXPECT_EQ(json::parse(body(mail::Doctype::kEmails, id))["mailboxIds"],
            json::parse(R"({"archive":true,"inbox":true,"sent":true})"));
  const auto tree = stores_.find(mail::Doctype::kEmails)->tree(id);
  EXPECT_EQ(tree->winner()->rev.generation, 2U);
  EXPECT_EQ(tree->conflicts(), 0);
}

TEST(MailboxOfName, HasAnIdAndARole) {
  const struct {
    std::string name, id, role;
  } rows[] = {
      {"Inbox", "inbox", "inbox"},
      {"Sent", "sent", "sent"},
      {"Sent Items", "sent-items", "sent"},
      {"Sent/2020", "sent-2020", ""},
      {"Spam", "spam", "junk"},
      {"[Gmail]/Trash", "gmail-trash", "trash"},
      {"Gmail/Trash", "gmail-trash", ""},
      {"Trash", "trash", "trash"},
      {"Lists--Dev.", "lists-dev", ""},
      {"lists/dev", "lists-dev", ""},
      {"Archive.2019", "archive-2019", ""},
  };
  for (const auto& row : rows) {
    const mail::Mailbox mailbox = indexer::mailbox_of_name(row.name);
    EXPECT_EQ(mailbox.id, row.id) << row.name;
    EXPECT_EQ(mailbox.role.value_or(""), row.role) << row.name;
    EXPECT_EQ(mailbox.name, row.name.substr(row.name.rfind('/') + 1));
  }
  EXPECT_NE(indexer::mailbox_of_name("Entwürfe").id, indexer::mailbox_of_name("Entwörfe").id);
  EXPECT_THAT(indexer::mailbox_of_name("日本").id, SizeIs(8));
  EXPECT_THAT(indexer::levels_of_mailbox("a/b/c"), ElementsAre("a", "a/b", "a/b/c"));
  EXPECT_THAT(indexer::levels_of_mailbox("inbox/b"), ElementsAre("Inbox", "Inbox/b"));
}

TEST(MailboxOfName, HasTheRoleOfItsNameInOtherLanguages) {
  const struct {
    std::string name, role;
  } rows[] = {
      {"Posteingang", "inbox"},
      {"Entwürfe", "drafts"},
      {"Entwu\u0308rfe", "drafts"},  // as macOS writes it
      {"GESENDETE ELEMENTE", "sent"},
      {"Éléments supprimés", "trash"},
      {"Correo no deseado", "junk"},
      {"Posta inviata", "sent"},
      {"Lixo Eletrônico", "junk"},
      {"Verwijderde items", "trash"},
      {"Wysłane", "sent"},
      {"Черновики", "drafts"},
      {"Skräppost", "junk"},
      {"Papirkurv", "trash"},
      {"Lähetetyt", "sent"},
      {"送信済みアイテム", "sent"},
      {"垃圾郵件", "junk"},
      {"[Google Mail]/Papierkorb", "trash"},
      {"Entwürfe/2020", ""},
      {"Gesendete", ""},
      {"\xFF", ""},
  };
  for (const auto& row : rows)
    EXPECT_EQ(indexer::mailbox_of_name(row.name).role.value_or(""), row.role) << row.name;
}

TEST_F(StoreImportTest, FieldsThatAreAskedForAreKeptAlsoOfMailThatIsThere) {
  file("cur/1", "X-Label: paid\nList-Id: <l.x>\nX-Other: no\n" + message(1));
  import_into_store();
  const auto headers = [this] {
    std::vector<json> found;
    stores_.find(mail::Doctype::kEmails)
        ->documents(replica::LocalSeq{}, 10, [&](const replica::Change&, std::string_view body) {
          found.push_back(json::parse(body)["headers"]);
        });
    return found;
  };
  EXPECT_THAT(headers(), ElementsAre(json::parse(R"([["List-Id","<l.x>"]])")));
  kept_headers_ = {"x-label"};
  EXPECT_EQ(import_into_store().changed, 1U);
  EXPECT_THAT(headers(), ElementsAre(json::parse(R"([["List-Id","<l.x>"],["X-Label","paid"]])")));
  EXPECT_EQ(import_into_store().unchanged, 1U);
}

// What the document becomes; "same" when it stays as it is, "refused" when it cannot be read.
std::string again(std::string_view document, const std::string& file_name,
                  bool takes_keywords = true) {
  indexer::ImportedMessage message;
  message.metadata.mailbox_ids = {"sent"};
  message.metadata.keywords = indexer::maildir_keywords(file_name, {});
  message.managed_keywords = indexer::maildir_managed_keywords(file_name, {});
  const auto changed = indexer::reimported_document(document, message, takes_keywords);
  if (!changed) return "refused";
  return changed->value_or("same");
}

TEST(ImportedAgain, ChangesMailboxesAndKeywordsOnly) {
  EXPECT_EQ(again(R"({"_id":"a","z":12.5,"mailboxIds":{"inbox":true},"a":[]})", "1"),
            R"({"_id":"a","z":12.5,"mailboxIds":{"inbox":true,"sent":true},"a":[]})");
  EXPECT_EQ(again(R"({"_id":"a"})", "1"), R"({"_id":"a","mailboxIds":{"sent":true}})");
  const std::string seen = R"({"mailboxIds":{"sent":true},"keywords":{"$seen":true,"work":true}})";
  EXPECT_EQ(again(seen, "1:2,S"), "same");
  EXPECT_EQ(again(seen, "1"), "same") << "a name without flags manages none";
  EXPECT_EQ(again(seen, "1:2,F", false), "same");
  EXPECT_EQ(again(seen, "1:2,F"),
            R"({"mailboxIds":{"sent":true},"keywords":{"work":true,"$flagged":true}})");
  for (const std::string text : {"[]", "{", "{\"a\":\"\\ud800\"}"}) {
    EXPECT_EQ(again(text, "1"), "refused") << text;
  }
}

TEST_F(StoreImportTest, ChangedFlagsAreTakenOver) {
  file("cur/1:2,S", message(1));
  EXPECT_EQ(import_into_store().messages, 1U);
  std::filesystem::rename(folder_ / "mail/cur/1:2,S", folder_ / "mail/cur/1:2,FR");
  const auto changed = import_into_store();
  EXPECT_EQ(changed.changed, 1U);
  EXPECT_EQ(changed.messages, 0U);
  const std::string id = indexer::message_digest(message(1));
  EXPECT_EQ(json::parse(body(mail::Doctype::kEmails, id))["keywords"],
            json::parse(R"({"$answered":true,"$flagged":true})"));
  EXPECT_EQ(import_into_store().unchanged, 1U);
}

TEST_F(StoreImportTest, FlagsThatContradictEachOtherChangeNothing) {
  file("cur/1:2,S", message(1));
  file(".Sent/cur/1:2,F", message(1));
  import_into_store();
  const auto seq = stores_.find(mail::Doctype::kEmails)->last_seq();
  for (int i = 0; i < 2; ++i) import_into_store();
  EXPECT_EQ(stores_.find(mail::Doctype::kEmails)->last_seq(), seq);
}

TEST_F(StoreImportTest, FoldersBelowFoldersHaveParents) {
  file("cur/2", message(2));
  file(".Sent.2020/cur/1", message(1));
  import_into_store();
  const json mailbox = json::parse(body(mail::Doctype::kMailboxes, "sent-2020"));
  EXPECT_EQ(mailbox["name"], "2020");
  EXPECT_EQ(mailbox["parentId"], "sent");
  EXPECT_EQ(json::parse(body(mail::Doctype::kMailboxes, "sent"))["name"], "Sent");
}

}  // namespace
