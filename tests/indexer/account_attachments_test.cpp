// Attachments and files of an account: found by their words, whether their bytes lie in an original
// message, are CouchDB attachments, or come later.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "indexer/account.hpp"
#include "indexer/import.hpp"
#include "mail/parser.hpp"
#include "replica/blobs.hpp"
#include "tests/indexer/extraction/documents.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/support.hpp"

namespace indexer {
namespace {

using mail::Doctype;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kFirstRevision = 1;

class AccountAttachmentsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  void put(Doctype doctype, const std::string& id, const std::string& members,
           int generation = kFirstRevision) {
    replica::Batch batch;
    std::vector<std::string> ancestors;
    for (int i = generation - 1; i > 0; --i) ancestors.emplace_back("x");
    batch.revisions.push_back({id, *replica::RevId::parse(fmt::format("{}-x", generation)),
                               ancestors, false, fmt::format(R"({{"_id":"{}",{}}})", id, members)});
    account_.stores().create(doctype).commit(batch);
  }
  static std::string message_with(const std::string& name, const std::string& type,
                                  std::string_view bytes) {
    return fmt::format(
        R"("subject":"S","attachments":[{{"partId":"2","name":"{0}","type":"{1}","size":{2},"blob":"{0}"}}],
           "_attachments":{{"{0}":{{"stub":true,"content_type":"{1}","length":{2},"digest":"{3}"}}}})",
        name, type, bytes.size(), replica::blob_digest(bytes));
  }
  void keep(std::string_view bytes) {
    const replica::Blobs::Blob blob{replica::blob_digest(bytes), bytes};
    account_.stores().blobs().put({&blob, 1});
  }
  void follow() {
    Progress progress;
    account_.project(progress);
    account_.index(progress);
  }
  void rebuild() {
    Progress progress;
    account_.reindex(progress);
  }
  [[nodiscard]] std::vector<SearchAnswer::Found> search(std::string_view text,
                                                        std::optional<Kind> kind = {}) const {
    const auto query = parse_query(text);
    SearchRequest request;
    request.query = &*query;
    request.kind = kind;
    return account_.search(request, true)->hits;
  }
  [[nodiscard]] std::vector<std::string> found(std::string_view text) const {
    std::vector<std::string> ids;
    for (const auto& hit : search(text)) ids.push_back(json::parse(hit.row).at("docId"));
    return ids;
  }
  [[nodiscard]] std::string level(const std::string& id) const {
    return json::parse(account_.message(public_id(id)).value()).at("level");
  }

  void import(const std::string& message) {
    support::write_file(folder_ / "mail/one.eml", message);
    Progress progress;
    const std::vector<std::filesystem::path> paths = {folder_ / "mail"};
    std::ignore = import_into(account_, folder_ / "alice", paths, {}, progress);
  }
  [[nodiscard]] std::vector<std::string> level_of_all() const {
    std::vector<std::string> levels;
    for (const auto& row : account_.list({}).rows) levels.push_back(json::parse(row).at("level"));
    return levels;
  }

  support::TemporaryFolder folder_;
  Account account_{folder_ / "alice", "alice", replica::sqlite::Access::kReadWrite};
};

TEST_F(AccountAttachmentsTest, WordsOfAnAttachmentFindItsMessage) {
  const auto pdf = documents::pdf({"Quarterly forecast"});
  keep(pdf);
  put(Doctype::kEmails, "a", message_with("q1.pdf", "application/pdf", pdf));
  put(Doctype::kEmails, "b", R"("subject":"forecast")");
  follow();
  EXPECT_THAT(found("attachment:forecast"), ElementsAre("a"));
  EXPECT_THAT(found("attachment:\"quarterly forecast\""), ElementsAre("a"));
  EXPECT_THAT(found("quarterly"), ElementsAre("a"));
  EXPECT_THAT(found("body:quarterly"), IsEmpty());
  EXPECT_EQ(found("forecast").size(), 2);
  EXPECT_EQ(level("a"), "attachments");
  EXPECT_EQ(level("b"), "metadata");
  const auto hit = search("quarterly").at(0);
  EXPECT_EQ(hit.part, "2");
  EXPECT_EQ(hit.preview, "<mark>Quarterly</mark> forecast");
  EXPECT_EQ(search("subject:S").at(0).part, "");
  rebuild();
  EXPECT_THAT(found("attachment:forecast"), ElementsAre("a"));
  EXPECT_EQ(level("a"), "attachments");
}

TEST_F(AccountAttachmentsTest, BytesThatComeLaterAreIndexedThen) {
  const auto docx = documents::docx({"belated words"});
  const auto members = message_with("late.docx", "application/octet-stream", docx);
  put(Doctype::kEmails, "a", members);
  follow();
  EXPECT_THAT(found("belated"), IsEmpty());
  EXPECT_EQ(level("a"), "metadata");
  keep(docx);
  replica::Batch arrived;
  put(Doctype::kEmails, "a", members, 2);
  follow();
  EXPECT_THAT(found("belated"), ElementsAre("a"));
  EXPECT_EQ(level("a"), "attachments");
}

TEST_F(AccountAttachmentsTest, TheSameFileIsReadOnce) {
  const auto pdf = documents::pdf({"shared words"});
  keep(pdf);
  put(Doctype::kEmails, "a", message_with("one.pdf", "application/pdf", pdf));
  follow();
  // What the cache says is taken: this is another text than the file's.
  account_.stores().extracts().put(replica::blob_digest(pdf), FileType::kPdf,
                                   {"remembered", false, {}, true});
  put(Doctype::kEmails, "b", message_with("two.pdf", "application/pdf", pdf));
  follow();
  EXPECT_THAT(found("attachment:remembered"), ElementsAre("b"));
}

TEST_F(AccountAttachmentsTest, AFileThatEndsItsWorkerIsMarkedAndTheRestGoesOn) {
  const std::string bomb = "order: crash";
  const auto pdf = documents::pdf({"unharmed"});
  keep(bomb);
  keep(pdf);
  put(Doctype::kEmails, "a", message_with("bomb.html", "text/html", bomb));
  put(Doctype::kEmails, "b", message_with("fine.pdf", "application/pdf", pdf));
  follow();
  EXPECT_THAT(found("unharmed"), ElementsAre("b"));
  EXPECT_THAT(found("subject:S").size(), 2);
  const auto extract =
      account_.stores().extracts().find(replica::blob_digest(bomb), FileType::kHtml);
  ASSERT_TRUE(extract);
  EXPECT_NE(extract->failure, "");
}

TEST_F(AccountAttachmentsTest, PartsOfAnImportedMessage) {
  const auto pdf = documents::pdf({"enclosed words"});
  import(
      "From: ada@example.org\r\nSubject: with file\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody words\r\n--b\r\n"
      "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment; filename=e.pdf\r\n\r\n" +
      support::base64(pdf) +
      "\r\n--b\r\nContent-Type: text/csv; charset=iso-8859-1\r\n"
      "Content-Disposition: attachment; filename=t.csv\r\n\r\nname;caf\xE9 table\r\n--b--\r\n");
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(search("attachment:enclosed").size(), 1);
    EXPECT_EQ(search("café").size(), 1);
    const auto hit = search("enclosed").at(0);
    EXPECT_EQ(hit.part, "2");
    EXPECT_THAT(hit.preview, HasSubstr("<mark>enclosed</mark> words"));
    EXPECT_EQ(search("table").at(0).part, "3");
    EXPECT_EQ(search("body").at(0).part, "");
    EXPECT_EQ(json::parse(hit.row).at("level"), "attachments");
    rebuild();
  }
}

TEST_F(AccountAttachmentsTest, WordsOfWhatAnAttachedMessageHolds) {
  const auto pdf = documents::pdf({"innermost words"});
  const std::string innermost =
      "Subject: deepest\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\n\r\ndeepest "
      "body\r\n--d\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment; filename=i.pdf\r\n\r\n" +
      support::base64(pdf) + "\r\n--d--\r\n";
  const std::string inner =
      "Subject: forwarded\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n \r\n"
      "--c\r\nContent-Type: text/html\r\n\r\n<p>rich body</p>\r\n"
      "--c\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=umsatz.csv\r\n"
      "\r\ntabular polecat\r\n--c\r\nContent-Type: text/html\r\nContent-Disposition: "
      "attachment; filename=page.html\r\n\r\norder: crash\r\n"
      "--c\r\nContent-Type: text/html\r\nContent-Disposition: attachment; "
      "filename=deep.html\r\n\r\n<p>tamandua</p>\r\n"
      "--c\r\nContent-Type: message/rfc822\r\n\r\n" +
      innermost + "--c--\r\n";
  import(
      "From: ada@example.org\r\nSubject: outer\r\nContent-Type: multipart/mixed; "
      "boundary=b\r\n\r\n--b\r\n\r\nouter body\r\n--b\r\n"
      "Content-Type: message/rfc822\r\n\r\n" +
      inner + "--b--\r\n");
  for (const char* word : {"forwarded", "rich", "umsatz", "polecat", "tamandua", "deepest",
                           "innermost", "attachment:polecat", "attachment:innermost"}) {
    ASSERT_EQ(search(word).size(), 1) << word;
    EXPECT_EQ(search(word).at(0).part, "2") << word;
  }
  EXPECT_EQ(level_of_all(), std::vector<std::string>{"attachments"});
  // The file that ended its worker is told by itself.
  EXPECT_EQ(account_.stores().extracts().failures().files, 1);
}

TEST_F(AccountAttachmentsTest, MessagesAreLookedIntoToALimit) {
  std::string message = "Subject: m0\r\n\r\nwords of level0\r\n";
  for (int i = 1; i <= 9; ++i)
    message = fmt::format(
        "Subject: m{0}\r\nContent-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n\r\nwords "
        "of level{0}\r\n--b{0}\r\nContent-Type: message/rfc822\r\n\r\n{1}--b{0}--\r\n",
        i, message);
  import(message);
  EXPECT_EQ(search("level8").size(), 1);
  EXPECT_EQ(search("level4").size(), 1);
  EXPECT_EQ(search("level1").size(), 0);
}

TEST_F(AccountAttachmentsTest, AFileThatItsDocumentGivesNoBlobFor) {
  const std::string bytes = "cozy phascogale";
  keep(bytes);
  put(Doctype::kEmails, "a",
      fmt::format(
          R"("text":"body words","attachments":[{{"fileName":"two.txt","generatedFileName":"two-1.txt","contentType":"text/plain"}}],
             "_attachments":{{"two-1.txt":{{"stub":true,"content_type":"text/plain","length":5,"digest":"{}"}}}})",
          replica::blob_digest(bytes)));
  follow();
  EXPECT_THAT(found("attachment:phascogale"), ElementsAre("a"));
  EXPECT_THAT(found("body:phascogale"), IsEmpty());
  EXPECT_EQ(search("phascogale").at(0).part, "a1");
  EXPECT_EQ(level("a"), "attachments");
}

TEST_F(AccountAttachmentsTest, FilesAreFoundBesideMail) {
  const auto docx = documents::docx({"minutes of the meeting"});
  put(Doctype::kEmails, "a", R"("subject":"meeting")");
  put(Doctype::kFiles, "f",
      fmt::format(
          R"("type":"file","name":"m.docx","mime":"application/vnd.openxmlformats-officedocument.wordprocessingml.document","md5sum":"{}","size":"{}")",
          replica::blob_digest(docx).substr(4), docx.size()));
  follow();
  EXPECT_EQ(search("minutes").size(), 0);
  keep(docx);
  rebuild();
  EXPECT_EQ(search("meeting").size(), 2);
  EXPECT_EQ(search("meeting", Kind::kFile).size(), 1);
  EXPECT_EQ(search("meeting", Kind::kMail).size(), 1);
  const auto hit = search("minutes").at(0);
  EXPECT_EQ(hit.kind, Kind::kFile);
  EXPECT_THAT(hit.preview, HasSubstr("<mark>minutes</mark> of the"));
  EXPECT_EQ(json::parse(hit.row).at("level"), "body");
}

}  // namespace
}  // namespace indexer
