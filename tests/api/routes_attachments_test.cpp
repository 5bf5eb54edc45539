// Bytes of attachments and empty bodies, of documents that a source has.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api/percent.hpp"
#include "replica/blobs.hpp"
#include "tests/api/routes_fixture.hpp"

namespace {

using testing::HasSubstr;

class RoutesAttachmentsTest : public RoutesFixture {
 protected:
  // A file of the document, whose bytes are here.
  std::string file(const std::string& name, const std::string& type, const std::string& bytes) {
    const replica::Blobs::Blob blob{replica::blob_digest(bytes), bytes};
    account_->stores().blobs().put({&blob, 1});
    return fmt::format(R"("{}":{{"stub":true,"content_type":"{}","length":{},"digest":"{}"}})",
                       name, type, bytes.size(), blob.digest);
  }
  void put(const std::string& id, const std::string& members) {
    replica::Batch batch;
    batch.revisions.push_back({id,
                               *replica::RevId::parse("1-x"),
                               {},
                               false,
                               fmt::format(R"({{"_id":"{}",{}}})", id, members)});
    account_->stores().create(mail::Doctype::kEmails).commit(batch);
    indexer::Progress progress;
    account_->project(progress);
  }
  static std::string path_of(const std::string& id) {
    return "/v1/accounts/alice/messages/" + indexer::public_id(id);
  }
  // Of each attachment that the message lists.
  std::vector<std::string> bytes_of_all(const std::string& id) {
    std::vector<std::string> all;
    const auto message = get_json(path_of(id));
    for (const auto& attachment : message["attachments"]) {
      const std::string part = attachment["partId"];
      all.push_back(get(path_of(id) + "/attachments/" + api::percent_encode(part)).payload);
    }
    return all;
  }

  std::shared_ptr<indexer::Account> account_ = accounts_.create("alice");
};

TEST_F(RoutesAttachmentsTest, EachIsFetchedWhateverItsDocumentCallsIt) {
  const auto files =
      fmt::format(R"("_attachments":{{{},{},{}}})", file("q.txt", "text/plain", "q"),
                  file("r.txt", "text/plain", "r"), file("s-1.txt", "text/plain", "s"));
  put("m", files + R"(,"attachments":[{"name":"q.txt","blob":"q.txt"},{"name":"r.txt"},
                      {"fileName":"s.txt","generatedFileName":"s-1.txt"}])");
  EXPECT_THAT(bytes_of_all("m"), testing::ElementsAre("q", "r", "s"));
  EXPECT_EQ(get_json(path_of("m"))["attachments"][2]["name"], "s.txt");
  put("n",
      files + R"(,"attachments":[{"partId":"2/1","name":"q.txt"},{"partId":"2/1","name":"r.txt"},
                      {"partId":"..","name":"s-1.txt"}])");
  EXPECT_THAT(bytes_of_all("n"), testing::ElementsAre("q", "r", "s"));
}

TEST_F(RoutesAttachmentsTest, AnAttachedMessageIsSavedUnderItsSubject) {
  const auto name_of = [this](const std::string& id, const std::string& subject) {
    put(id, fmt::format(R"("_attachments":{{{}}})",
                        file("message.eml", "message/rfc822",
                             "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                             "--b\r\nContent-Type: message/rfc822\r\n\r\n" +
                                 subject + "From: a@x\r\n\r\ninner\r\n--b--\r\n")));
    return field(get(path_of(id) + "/attachments/1"), "Content-Disposition");
  };
  EXPECT_EQ(name_of("a", "Subject: Inner subject\r\n"),
            "attachment; filename=\"Inner subject.eml\"; filename*=UTF-8''Inner%20subject.eml");
  EXPECT_EQ(name_of("b", "Subject: a\"/../b\\\r\n"),
            "attachment; filename=\"a__.._b_.eml\"; filename*=UTF-8''a__.._b_.eml");
  EXPECT_THAT(name_of("c", ""), HasSubstr("filename=\"message.eml\""));
  EXPECT_THAT(name_of("d", "Subject: " + std::string(300, 'x') + "\r\n"),
              HasSubstr("filename=\"" + std::string(116, 'x') + ".eml\""));
}

TEST_F(RoutesAttachmentsTest, AnEmptyBodyIsThereAndAnAwaitedOneIsNot) {
  put("empty", fmt::format(R"("_attachments":{{{}}})",
                           file("message.eml", "message/rfc822", "Subject: nothing\r\n\r\n")));
  put("none", R"("subject":"no body at all")");
  for (const char* id : {"empty", "none"}) {
    const auto text = get(path_of(id) + "/body");
    EXPECT_EQ(text.status, 200) << text.payload;
    EXPECT_EQ(text.content_type, "text/plain; charset=utf-8");
    EXPECT_EQ(text.payload, "");
    const auto html = get(path_of(id) + "/body", {{"type", "text/html"}});
    EXPECT_EQ(html.status, 404);
    EXPECT_THAT(html.payload, HasSubstr("no text/html body"));
  }
  put("awaited", R"("contents":["awaited:text"])");
  put("late",
      R"("_attachments":{"b.txt":{"content_type":"text/plain","digest":"md5-aaaaaaaaaaaaaaaaaaaaaA=="}})");
  for (const char* id : {"awaited", "late"}) {
    for (const char* type : {"text/plain", "text/html"}) {
      const auto body = get(path_of(id) + "/body", {{"type", type}});
      EXPECT_EQ(body.status, 404) << id << type;
      EXPECT_THAT(body.payload, HasSubstr("has not arrived yet"));
    }
  }
}

}  // namespace
