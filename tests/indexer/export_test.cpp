// An account, its exports, and the account that they make elsewhere.
#include "indexer/export.hpp"

#include <algorithm>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "indexer/export_format.hpp"
#include "indexer/import_documents.hpp"
#include "indexer/restore.hpp"
#include "indexer/restore_state.hpp"
#include "mail/parser.hpp"
#include "replica/store_restorer.hpp"
#include "tests/support/bytes.hpp"
#include "tests/support/store_edits.hpp"
#include "tests/support/support.hpp"

namespace {

namespace fs = std::filesystem;
using mail::Doctype;
using replica::IncomingRevision;
using replica::WholeDocument;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

IncomingRevision leaf(const std::string& id, const std::string& rev, std::string body,
                      std::vector<std::string> ancestors = {}, bool deleted = false) {
  IncomingRevision revision;
  revision.id = id;
  revision.rev = *replica::RevId::parse(rev);
  revision.ancestors = std::move(ancestors);
  revision.deleted = deleted;
  revision.body = std::move(body);
  return revision;
}

// Everything that a store keeps of its documents.
std::vector<std::string> lines_of(const fs::path& store) {
  std::vector<std::string> lines;
  if (!fs::exists(store)) return lines;
  replica::StoreSnapshot(store).documents({}, [&](const WholeDocument& document) {
    if (!document.leaves.empty()) indexer::append_document(lines.emplace_back(), document);
  });
  std::sort(lines.begin(), lines.end());
  return lines;
}

struct Side {
  Side(fs::path path, const std::string& name, std::optional<std::string> member = {})
      : folder(std::move(path)),
        doctype_member(std::move(member)),
        account(folder, name, replica::sqlite::Access::kReadWrite, doctype_member) {}

  void commit(Doctype doctype, std::vector<IncomingRevision> revisions) {
    replica::Batch batch;
    batch.revisions = std::move(revisions);
    account.stores().create(doctype).commit(batch);
  }
  [[nodiscard]] fs::path store(Doctype doctype) const {
    return folder / "store" / (indexer::Stores::database_part(doctype) + ".db");
  }
  [[nodiscard]] std::vector<std::string> everything() const {
    std::vector<std::string> lines;
    for (const Doctype doctype : mail::kDoctypes) {
      const auto more = lines_of(store(doctype));
      lines.insert(lines.end(), more.begin(), more.end());
    }
    return lines;
  }
  // Lists, mailboxes, files and bodies.
  [[nodiscard]] std::vector<std::string> shown() {
    indexer::Progress progress;
    account.project(progress);
    account.index(progress);
    auto shown = account.list({}).rows;
    for (const auto& row : std::vector<std::string>(shown)) {
      const auto id = nlohmann::json::parse(row)["id"].get<std::string>();
      const auto bodies = account.bodies(id);
      for (const auto& body : *bodies) shown.push_back(id + ": " + body.content);
    }
    for (const auto& counts : account.mailboxes())
      shown.push_back(counts.mailbox.name + ": " + std::to_string(counts.total));
    for (auto& row : account.files({}).rows) shown.push_back(std::move(row));
    return shown;
  }

  fs::path folder;
  std::optional<std::string> doctype_member;  // where one store holds all doctypes
  indexer::Account account;
};

class ExportTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { mail::initialize(); }

  // Returns the state.
  std::string write_export(const std::string& file, const std::string& since = "") {
    return write_export_of(from_, file, since);
  }
  std::string write_export_of(const Side& side, const std::string& file, const std::string& since) {
    const int descriptor =
        ::open((folder_ / file).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    summary_ = indexer::export_account(side.folder, "from", side.doctype_member, since, descriptor,
                                       progress_);
    ::close(descriptor);
    return summary_.state;
  }
  indexer::RestoreSummary restore(const std::string& file, Side& to) {
    indexer::ArchiveReader archive(folder_ / file, progress_);
    EXPECT_TRUE(indexer::is_export(archive)) << file;
    return indexer::restore(to.account, to.folder, archive, progress_);
  }
  std::string refusal(const std::string& file, Side& to) {
    try {
      restore(file, to);
    } catch (const indexer::ExportRefused& refused) {
      return refused.what();
    } catch (const indexer::ArchiveError& broken) {
      return broken.what();
    }
    return "taken over";
  }
  std::vector<std::string> members(const std::string& file) {
    indexer::ArchiveReader archive(folder_ / file, progress_);
    indexer::ArchiveMember member;
    std::vector<std::string> paths;
    while (archive.next(member)) paths.push_back(member.path);
    return paths;
  }
  // A message with its original among the blobs.
  IncomingRevision message(const std::string& id, const std::string& rev,
                           const std::string& members, std::vector<std::string> ancestors = {}) {
    const std::string raw = "Subject: " + id + "\r\n\r\ntext of " + id + "\r\n";
    const std::string digest = replica::blob_digest(raw);
    from_.account.stores().blobs().put(std::vector<replica::Blobs::Blob>{{digest, raw}});
    return leaf(
        id, rev,
        R"({"_id":")" + id + R"(","subject":")" + id + "\"," + members +
            R"(,"_attachments":{"message.eml":{"content_type":"message/rfc822","digest":")" +
            digest + R"(","length":)" + std::to_string(raw.size()) + R"(,"stub":true}}})",
        std::move(ancestors));
  }

  support::TemporaryFolder folder_;
  indexer::Progress progress_;
  indexer::ExportSummary summary_;
  Side from_{folder_ / "from", "from"};
  Side to_{folder_ / "to", "to"};
};

TEST_F(ExportTest, AWholeExportIsTheSameElsewhere) {
  from_.commit(Doctype::kMailboxes,
               {leaf("sent", "1-a", R"({"_id":"sent","name":"Sent"})"),
                leaf("y", "1-a", R"({"_id":"y","name":"../2020","parentId":"sent"})")});
  from_.commit(Doctype::kEmails,
               {message("a", "2-b", R"("mailboxIds":{"y":true,"sent":true})", {"a"}),
                message("a", "2-c", R"("mailboxIds":{"y":true})", {"a"}),
                leaf("gone", "2-d", R"({"_id":"gone","_deleted":true})", {"x"}, true),
                leaf("odd", "1-o", "{\"n\":1e400,\n\"s\":\"\\ud800\"}")});
  from_.commit(Doctype::kContents, {leaf("a:t", "1-a", R"({"email":"a","content":"first"})")});
  write_export("whole.tar");
  EXPECT_EQ(summary_.documents, 6U);
  EXPECT_EQ(summary_.messages, 1U);
  EXPECT_EQ(restore("whole.tar", to_).documents, 6U);
  EXPECT_EQ(to_.everything(), from_.everything());
  EXPECT_EQ(to_.account.message_count(), 2);
  EXPECT_EQ(to_.account.raw("YQ"), "Subject: a\r\n\r\ntext of a\r\n");
  EXPECT_THAT(members("whole.tar"), Contains(HasSubstr("mail/Sent/_-5ec1f7e7/2020/")));
  EXPECT_THAT(members("whole.tar"), Not(Contains(HasSubstr(".."))));
}

TEST_F(ExportTest, AttachmentsComeAlongEachOnce) {
  auto& blobs = from_.account.stores().blobs();
  const std::string large(300'000, 'x');
  const std::string small = "a few bytes";
  const std::string packed = support::gzip(std::string(1'000, 'y'));
  blobs.put(std::vector<replica::Blobs::Blob>{{replica::blob_digest(large), large},
                                              {replica::blob_digest(small), small}});
  auto incoming = blobs.receive(replica::blob_digest(packed));
  incoming.append(packed);
  ASSERT_TRUE(blobs.finish(std::move(incoming), replica::blob_digest(packed),
                           replica::BlobEncoding::kGzip));
  const auto file = [](const std::string& id, const std::vector<std::string>& digests) {
    std::string stubs;
    for (const std::string& digest : digests) {
      stubs += (stubs.empty() ? "\"" : ",\"") + digest + R"(":{"stub":true,"length":1,"digest":")" +
               digest + "\"}";
    }
    return leaf(id, "1-a", R"({"name":"f","_attachments":{)" + stubs + "}}");
  };
  const std::string absent = replica::blob_digest("absent");
  from_.commit(Doctype::kFiles,
               {file("f", {replica::blob_digest(large), replica::blob_digest(small)}),
                file("g", {replica::blob_digest(small), replica::blob_digest(packed), absent})});
  write_export("whole.tar");
  EXPECT_EQ(summary_.files, 3U);
  EXPECT_EQ(summary_.missing, 1U);
  restore("whole.tar", to_);
  auto& there = to_.account.stores().blobs();
  EXPECT_EQ(there.get(replica::blob_digest(large)), large);
  EXPECT_EQ(there.get(replica::blob_digest(small)), small);
  EXPECT_EQ(there.get(replica::blob_digest(packed)), std::string(1'000, 'y'));
  EXPECT_FALSE(there.contains(absent));
}

TEST_F(ExportTest, WhatArrivedEarlierKeepsItsTime) {
  from_.commit(Doctype::kEmails, {});
  std::vector<WholeDocument> old = {{"a",
                                     std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000)),
                                     {leaf("a", "1-a", "{}")}}};
  replica::StoreRestorer(from_.store(Doctype::kEmails)).restore(old);
  write_export("whole.tar");
  restore("whole.tar", to_);
  EXPECT_EQ(to_.account.stores().find(Doctype::kEmails)->read("a")->change.arrived,
            old.front().arrived);
}

TEST_F(ExportTest, IncrementsBringWhatChanged) {
  from_.commit(Doctype::kEmails,
               {message("a", "1-a", R"("keywords":{})"), message("b", "1-a", R"("keywords":{})"),
                message("c", "1-a", R"("keywords":{})")});
  from_.commit(Doctype::kContents, {leaf("a:t", "1-a", R"({"email":"a","content":"first"})")});
  const std::string first = write_export("1.tar");
  from_.commit(Doctype::kEmails, {message("a", "2-b", R"("keywords":{"$seen":true})", {"a"}),
                                  leaf("b", "2-d", "{\"_deleted\":true}", {"a"}, true)});
  support::purge(from_.account.stores().create(Doctype::kEmails), {"c"});
  from_.commit(Doctype::kContents,
               {leaf("a:t", "2-b", R"({"email":"a","content":"second"})", {"a"})});
  const std::string second = write_export("2.tar", first);
  EXPECT_EQ(summary_.documents, 4U);
  from_.commit(Doctype::kEmails, {message("d", "1-a", R"("keywords":{})"),
                                  leaf("b", "3-e", R"({"subject":"back"})", {"d", "a"})});
  const std::string third = write_export("3.tar", second);

  restore("1.tar", to_);
  EXPECT_THAT(refusal("3.tar", to_), HasSubstr("one between them is missing"));
  restore("2.tar", to_);
  EXPECT_TRUE(restore("2.tar", to_).was_there);
  EXPECT_THAT(refusal("1.tar", to_), HasSubstr("the account is not empty"));
  restore("3.tar", to_);
  EXPECT_EQ(to_.everything(), from_.everything());
  EXPECT_EQ(indexer::read_restore_state(to_.folder).state, third);

  Side other(folder_ / "other", "other");
  EXPECT_THAT(refusal("2.tar", other),
              HasSubstr("import the whole export into a new account first"));
  EXPECT_TRUE(other.everything().empty());
}

TEST_F(ExportTest, OneStoreOfAllDoctypesComesApartByDoctype) {
  const auto document = [](const std::string& id, const std::string& rev,
                           const std::string& doctype, const std::string& members,
                           std::vector<std::string> ancestors = {}) {
    return leaf(id, rev, R"({"_id":")" + id + R"(","type of":")" + doctype + "\"" + members + "}",
                std::move(ancestors));
  };
  const std::string mail = "io.cozy.emails", body = "io.cozy.email.contents",
                    mailbox = "io.cozy.email.mailboxes", file = "io.cozy.files";
  Side all(folder_ / "all", "from", "type of");
  all.commit(Doctype::kEmails,
             {document("a", "1-a", mail, R"(,"subject":"one","mailboxIds":{"in":true})"),
              document("b", "1-a", mail, R"(,"subject":"two","mailboxIds":{"in":true})"),
              document("a:t", "1-a", body, R"(,"email":"a","content":"text","type":"text/plain")"),
              document("b:t", "1-a", body, R"(,"email":"b","content":"more","type":"text/plain")"),
              document("in", "1-a", mailbox, R"(,"name":"Inbox")"),
              document("old", "1-a", mailbox, R"(,"name":"Old")"),
              document("f", "1-a", file, R"(,"name":"file")"),
              document("g", "1-a", file, R"(,"name":"other file")"),
              document("card", "1-a", "io.cozy.contacts", R"(,"name":"Ada")"),
              leaf("gone", "2-d", R"({"_deleted":true})", {"a"}, true)});
  const auto state = write_export_of(all, "1.tar", "");
  EXPECT_EQ(summary_.documents, 9U) << "a contact is of no doctype here";
  restore("1.tar", to_);
  EXPECT_EQ(to_.shown(), all.shown());
  EXPECT_THAT(lines_of(to_.store(Doctype::kContents)), testing::SizeIs(2));

  const std::string tombstone = R"({"_deleted":true})";
  all.commit(Doctype::kEmails,
             {leaf("b", "2-d", tombstone, {"a"}, true), leaf("b:t", "2-d", tombstone, {"a"}, true),
              leaf("old", "2-d", tombstone, {"a"}, true), leaf("f", "2-d", tombstone, {"a"}, true),
              document("g", "2-b", mail, R"(,"subject":"was a file")", {"a"}),
              document("gone", "3-c", body, R"(,"email":"g","content":"back","type":"text/plain")",
                       {"d", "a"})});
  support::purge(all.account.stores().create(Doctype::kEmails), {"a:t"});
  write_export_of(all, "2.tar", state);
  restore("2.tar", to_);
  EXPECT_EQ(to_.shown(), all.shown());

  write_export_of(all, "whole.tar", "");
  Side other(folder_ / "other", "other");
  restore("whole.tar", other);
  EXPECT_EQ(other.shown(), all.shown());
}

TEST_F(ExportTest, OneStoreOfAllDoctypesNeedsItsMember) {
  Side all(folder_ / "all", "from", "doctype");
  all.commit(Doctype::kEmails, {leaf("a", "1-a", R"({"doctype":"io.cozy.emails"})")});
  all.doctype_member.reset();
  EXPECT_THROW((void)write_export_of(all, "1.tar", ""), std::runtime_error);
}

TEST_F(ExportTest, AStateOfAnotherAccountIsRefused) {
  from_.commit(Doctype::kEmails, {message("a", "1-a", R"("keywords":{})")});
  const std::string state = write_export("1.tar");
  from_.account.stores().create(Doctype::kEmails).renew_epoch();
  for (const std::string& since : {state, std::string("e30x"), std::string("?")}) {
    EXPECT_THROW((void)write_export("2.tar", since), std::runtime_error) << since;
  }
}

TEST_F(ExportTest, WhatIsDamagedOrCutOffChangesNothing) {
  from_.commit(Doctype::kEmails, {message("a", "1-a", R"("keywords":{})")});
  from_.commit(Doctype::kContents, {leaf("a:t", "1-a", R"({"email":"a","content":"first"})")});
  write_export("whole.tar");
  const std::string bytes = support::read_file(folder_ / "whole.tar");
  for (std::size_t size = 2'560; size + 10'240 < bytes.size(); size += 1'536) {
    support::write_file(folder_ / "cut.tar", bytes.substr(0, size));
    EXPECT_NE(refusal("cut.tar", to_), "taken over") << size;
  }
  for (const std::string word : {"text of a", "first", "1-a", "\"members\":"}) {
    std::string altered = bytes;
    altered[altered.find(word) + word.size() - 1] ^= 1;
    support::write_file(folder_ / "altered.tar", altered);
    EXPECT_THAT(refusal("altered.tar", to_), HasSubstr("damaged")) << word;
  }
  EXPECT_TRUE(to_.everything().empty());
  restore("whole.tar", to_);
  EXPECT_EQ(to_.everything(), from_.everything());
}

TEST_F(ExportTest, OneThatWasAppliedInPartGoesOn) {
  from_.commit(Doctype::kEmails, {message("a", "1-a", R"("keywords":{})")});
  const std::string state = write_export("whole.tar");
  from_.commit(Doctype::kEmails, {message("b", "1-a", R"("keywords":{})")});
  write_export("other.tar");
  // As a crash leaves it: some documents, and the note.
  to_.commit(Doctype::kMailboxes, {leaf("x", "1-a", "{}")});
  indexer::write_restore_state(to_.folder, {"", state});
  EXPECT_THAT(refusal("other.tar", to_), HasSubstr("was cut off"));
  EXPECT_EQ(restore("whole.tar", to_).documents, 1U);
  EXPECT_EQ(indexer::read_restore_state(to_.folder).applying, "");
}

TEST(ExportDocument, IsCutOutByteForByte) {
  const std::vector<std::string> bodies = {"{}",
                                           R"({"a":"\ud800\\\"","b":[1e400,{"c":{}}]})",
                                           "{\"lines\":\n\r\n1}",
                                           "{\"raw\":\"\xff\xfe\"}",
                                           R"({"a":1}]},"leaves":[)",
                                           "{\n}\n\n"};
  for (const std::string& body : bodies) {
    WholeDocument document{
        "id \"\\\n",
        std::chrono::sys_seconds(std::chrono::seconds(7)),
        {leaf("id \"\\\n", "3-c", body, {"b", "a"}), leaf("id \"\\\n", "2-x", body, {}, true)}};
    std::string line;
    indexer::append_document(line, document);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const WholeDocument read = indexer::read_document(line);
    ASSERT_EQ(read.leaves.size(), 2U);
    EXPECT_EQ(read.id, document.id);
    EXPECT_EQ(read.leaves[0].body, body);
    EXPECT_EQ(read.leaves[0].ancestors, document.leaves[0].ancestors);
    EXPECT_TRUE(read.leaves[1].deleted);
    for (std::size_t size = 0; size < line.size(); ++size) {
      EXPECT_THROW((void)indexer::read_document(line.substr(0, size)), indexer::ExportRefused);
    }
  }
}

}  // namespace
