// Bytes of attachments: wanted with their documents, fetched after them.
#include "replica/file_check.hpp"
#include "replica/wanted_blobs.hpp"
#include "tests/replica/replicator_fixture.hpp"

namespace replica {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AttachmentsTest : public ReplicatorTest {
 protected:
  AttachmentsTest() {
    options_.wants_bytes = [](std::string_view type, std::uint64_t) {
      return type == "text/plain";
    };
    options_.blobs = &blobs_;
  }

  static std::string with_attachment(const std::string& bytes,
                                     const std::string& type = "text/plain") {
    return fmt::format(
        R"(,"_attachments":{{"q 1.txt":{{"content_type":"{}","digest":"{}","length":{},"stub":true}}}})",
        type, blob_digest(bytes), bytes.size());
  }
  static Exchange document(const std::string& attachment) {
    return get(feed("0"), answer(page({row("a", "1-a", attachment)}, R"("1-g")")));
  }
  static Exchange attachment(const std::string& raw_answer, const std::string& rev = "1-a") {
    return get("GET /mail/a/q%201.txt?rev=" + rev, raw_answer);
  }
  static Exchange nothing_new() { return get(feed("1-g"), answer(page({}, R"("1-g")"))); }

  Blobs blobs_{folder_ / "blobs", sqlite::Access::kReadWrite};
};

TEST_F(AttachmentsTest, ComeAfterTheDocumentsThatNameThem) {
  const std::string bytes = "first words";
  const PullSummary summary =
      pull({welcome(), database(), document(with_attachment(bytes)), attachment(answer(bytes))});
  EXPECT_EQ(summary.blobs, 1U);
  EXPECT_EQ(blobs_.get(blob_digest(bytes)), bytes);
  EXPECT_THAT(store_.wanted(std::chrono::sys_seconds::max(), 9), IsEmpty());
}

TEST_F(AttachmentsTest, ThatAreNotWantedOrHereAlreadyAreNotFetched) {
  pull({welcome(), database(), document(with_attachment("picture", "image/png"))});
  const std::string bytes = "first words";
  blobs_.put(std::vector<Blobs::Blob>{{blob_digest(bytes), bytes}});
  pull({welcome(), database(),
        get(feed("1-g"), answer(page({row("b", "1-b", with_attachment(bytes))}, R"("2-g")")))});
}

TEST_F(AttachmentsTest, OtherBytesThanTheDigestSaysAreTriedLater) {
  pull({welcome(), database(), document(with_attachment("first words")),
        attachment(answer("other words"))});
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_THAT(store_.quarantined().front().reason, HasSubstr("other bytes"));
  pull({welcome(), database(), nothing_new()});  // its time has not come
  const PullSummary again =
      retry({welcome(), database(), nothing_new(), attachment(answer("first words"))});
  EXPECT_EQ(again.blobs, 1U);
  EXPECT_THAT(store_.quarantined(), IsEmpty());
}

TEST_F(AttachmentsTest, ThatSyncGatewayNamesBySha1AreVerifiedByIt) {
  const std::string bytes = "first words", digest = "sha1-b26kQyHXsgH9aae8wqlH3M9TDq4=";
  const std::string named = fmt::format(
      R"(,"_attachments":{{"q 1.txt":{{"content_type":"text/plain","digest":"{}","stub":true}}}})",
      digest);
  pull({welcome(), database(), document(named), attachment(answer("other words"))});
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_THAT(store_.quarantined().front().reason, HasSubstr("other bytes"));
  retry({welcome(), database(), nothing_new(), attachment(answer(bytes))});
  EXPECT_THAT(store_.quarantined(), IsEmpty());
  EXPECT_EQ(blobs_.get(digest), bytes);
  std::vector<std::string> damaged;
  const auto note = [&damaged](const std::string& which, const std::filesystem::path&,
                               const std::string& reason) {
    damaged.push_back(which + ": " + reason);
  };
  check_packed_blobs(folder_ / "blobs", note, [] {});
  EXPECT_THAT(damaged, IsEmpty());
}

TEST_F(AttachmentsTest, GoOnWhereTheConnectionEnded) {
  const std::string bytes(300'000, 'x');
  Exchange broken = attachment(answer(bytes).substr(0, 200'000));
  broken.close = true;
  const std::size_t came = 200'000 - answer(bytes).find("xxx");
  Exchange rest = attachment(answer(
      bytes.substr(came), 206, fmt::format("Content-Range: bytes {}-299999/300000\r\n", came)));
  rest.field = fmt::format("Range: bytes={}-", came);
  const PullSummary summary = pull({welcome(), database(), document(with_attachment(bytes)), broken,
                                    welcome(), database(), rest});
  EXPECT_EQ(summary.blobs, 1U);
  EXPECT_EQ(blobs_.get(blob_digest(bytes)), bytes);
}

TEST_F(AttachmentsTest, OfWhichTheConnectionWasCutAreAskedForOnceMore) {
  Exchange cut = attachment("HTTP/1.1 200 OK\r\n");
  cut.close = true;
  const auto named = document(with_attachment("first words"));
  pull({welcome(), database(), named, cut, welcome(), database(), cut, welcome(), database()});
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_THAT(store_.quarantined().front().reason, HasSubstr("closed the connection"));
  retry({welcome(), database(), nothing_new(), cut, welcome(), database(),
         attachment(answer("first words"))});
  EXPECT_THAT(store_.quarantined(), IsEmpty());
}

TEST_F(AttachmentsTest, KeepWhatCameWhenTheSourceGoesAway) {
  const std::string bytes(300'000, 'x');
  Exchange broken = attachment(answer(bytes).substr(0, 200'000));
  broken.close = true;
  EXPECT_THROW(pull({welcome(), database(), document(with_attachment(bytes)), broken,
                     get("GET /", answer("{}", 503))}),
               SourceError);
  EXPECT_THAT(store_.quarantined(), IsEmpty());
  // A server that sends all of it again all the same.
  pull({welcome(), database(), nothing_new(), attachment(answer(bytes))});
  EXPECT_EQ(blobs_.get(blob_digest(bytes)), bytes);
}

TEST_F(AttachmentsTest, ThatAGatewayRefusesAreAskedForAgainAndThenNoted) {
  const std::string bytes = "first words", fails = answer("<html>", 403);
  const PullSummary summary =
      pull({welcome(), database(), document(with_attachment(bytes)), attachment(fails), database(),
            attachment(answer("<html>", 504)), database()});
  EXPECT_EQ(summary.blobs, 0U);
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_EQ(store_.quarantined().front().attachment, "q 1.txt");
  // Known already: without a pause.
  retry({welcome(), database(), nothing_new(), attachment(fails), database()});
  retry({welcome(), database(), nothing_new(), attachment(answer(bytes))});
  EXPECT_EQ(blobs_.get(blob_digest(bytes)), bytes);
}

TEST_F(AttachmentsTest, OfWhichAllAreRefusedAreTheSourcesTrouble) {
  std::vector<std::string> rows;
  std::vector<Exchange> script{welcome()};
  Exchange well = database();
  well.optional = true;
  for (int i = 0; i < 40; ++i) {
    const std::string id = fmt::format("m{}", i);
    rows.push_back(row(id, "1-a", with_attachment(id)));
    script.push_back(get("GET /mail/" + id + "/q%201.txt?rev=1-a", answer("<html>", 503)));
    script.back().optional = true;
  }
  script.push_back(well);
  script.push_back(get(feed("0"), answer(page(rows, R"("1-g")"))));
  EXPECT_THROW(pull(std::move(script)), SourceError);
  EXPECT_THAT(store_.quarantined(), IsEmpty());
}

TEST_F(AttachmentsTest, OfACompactedRevisionAreAskedForWithTheWinner) {
  const std::string bytes = "first words";
  const std::string missing = answer(R"({"error":"not_found","reason":"missing"})", 404);
  EXPECT_THROW(pull({welcome(), database(), document(with_attachment(bytes)),
                     attachment(answer("{}", 401))}),
               SourceError);
  const std::string later = fmt::format(
      R"({{"results":[{{"id":"a","docs":[{{"ok":{{"_id":"a","_rev":"2-b"{},"_revisions":{{"start":2,"ids":["b","a"]}}}}}}]}}]}})",
      with_attachment(bytes));
  pull({welcome(), database(), get(feed("1-g"), answer(page({row("a", "2-b")}, R"("2-g")"))),
        post(kBulkGet, "2-b", answer(later)), attachment(answer(bytes), "2-b")});
  EXPECT_EQ(blobs_.get(blob_digest(bytes)), bytes);
}

TEST_F(AttachmentsTest, ThatAreGoneAreNotedWithTheirReason) {
  const std::string missing =
      answer(R"({"error":"not_found","reason":"Document is missing attachment"})", 404);
  const PullSummary summary =
      pull({welcome(), database(), document(with_attachment("words")), attachment(missing)});
  EXPECT_EQ(summary.blobs, 0U);
  ASSERT_EQ(store_.quarantined().size(), 1U);
  EXPECT_EQ(store_.quarantined().front().attachment, "q 1.txt");
}

IncomingRevision revision(const std::string& body, bool deleted = false) {
  IncomingRevision result;
  result.id = "a";
  result.rev = {1, "a"};
  result.deleted = deleted;
  result.body = body;
  return result;
}

TEST(WantedBlobs, AreReadOffTheStubs) {
  const auto found = attachments_of(revision(
      R"({"x":[{"_attachments":7}],"_attachments":{"a\/b":{"stub":true,"digest":"md5-x","content_type":"text/plain","length":12},)"
      R"("odd":7,"none":{},"second":{"length":"n","digest":"md5-y"}}})"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "a/b");
  EXPECT_EQ(found[0].id, "a");
  EXPECT_EQ(found[0].rev, "1-a");
  EXPECT_EQ(found[0].digest, "md5-x");
  EXPECT_EQ(found[0].content_type, "text/plain");
  EXPECT_EQ(found[0].length, 12U);
  EXPECT_EQ(found[1].digest, "md5-y");
  EXPECT_EQ(found[1].length, 0U);
  for (const char* odd : {R"({"_attachments":7})", R"({"_attachments":)", R"({"_attachments":{"a)",
                          R"({"text":"_attachments\""})", R"([{"_attachments":{}}])"})
    EXPECT_THAT(attachments_of(revision(odd)), IsEmpty()) << odd;
  EXPECT_THAT(attachments_of(revision(R"({"_attachments":{"a":{"digest":"md5-x"}}})", true)),
              IsEmpty());
}

TEST(WantedBlobs, OfCozyAreTheFiles) {
  const auto found = file_of(revision(
      R"({"type":"file","name":"q.pdf","md5sum":"XrY7u+Ae7tCTyyK7j1rNww==","size":"12","mime":"application/pdf"})"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].digest, "md5-XrY7u+Ae7tCTyyK7j1rNww==");
  EXPECT_EQ(found[0].content_type, "application/pdf");
  EXPECT_EQ(found[0].length, 12U);
  EXPECT_EQ(found[0].name, "");
  EXPECT_THAT(file_of(revision(R"({"type":"directory","name":"d"})")), IsEmpty());
  EXPECT_THAT(file_of(revision("7")), IsEmpty());
}

}  // namespace
}  // namespace replica
