// What tells the doctor of damage, and what does not: only what is damaged is moved aside.

#include "replica/digest.hpp"
#include "tests/indexer/doctor_fixture.hpp"
#include "tests/support/resource_limit.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

class DoctorDamageTest : public DoctorFixture {
 protected:
  [[nodiscard]] fs::path emails() const { return folder() / "store/io-cozy-emails.db"; }
  [[nodiscard]] fs::path packed() const { return folder() / "blobs/packed.db"; }

  // Of an account with a source, which gives `fetch` a chance to bring back what is missing.
  [[nodiscard]] DoctorReport repaired_from_source(const std::function<void(Account&)>& fetch =
                                                      [](Account&) {}) const {
    auto target = this->target();
    target.refetch = fetch;
    target.is_at_source = [this](const std::string&) { return is_at_source_; };
    Progress progress;
    return examine_and_repair(target, progress);
  }
  bool is_at_source_ = true;
  // What keeps the doctor from looking, in words.
  [[nodiscard]] std::string refusal() const {
    try {
      const auto report = repaired_from_source();
      ADD_FAILURE() << in_words(report);
    } catch (const replica::sqlite::Error& error) {
      return error.what();
    }
    return {};
  }
  [[nodiscard]] std::vector<std::string> moved_aside() const {
    std::vector<std::string> names;
    for (const auto& item : fs::recursive_directory_iterator(folder())) {
      auto name = item.path().filename().string();
      if (name.find(".damaged-") != std::string::npos) names.push_back(std::move(name));
    }
    return names;
  }

  // Messages with an attachment each.
  void write_attachments() {
    const auto account = open();
    for (int i = 0; i < kAttachments; ++i) {
      const auto bytes = attachment(i);
      put_blob(*account, bytes);
      put(*account, Doctype::kEmails, fmt::format("m{}", i),
          fmt::format(
              R"({{"subject":"kept {}","_attachments":{{"a.txt":{{"content_type":"text/plain","digest":"{}","length":{},"stub":true}}}}}})",
              i, replica::blob_digest(bytes), bytes.size()));
    }
    follow(*account);
  }
  static std::string attachment(int number) {
    return fmt::format("attached {} ", number) + std::string(1'000, 'a');
  }
  static void put_blob(Account& account, const std::string& bytes) {
    const replica::Blobs::Blob blob{replica::blob_digest(bytes), bytes};
    account.stores().blobs().put(std::span(&blob, 1));
  }
  // Brings what the store says is wanted.
  static void fetch_wanted(Account& account) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<std::string> wanted;
    for (const auto& each : account.stores().find(Doctype::kEmails)->wanted(now, 1'000))
      wanted.push_back(each.digest);
    for (int i = 0; i < kAttachments; ++i) {
      if (std::count(wanted.begin(), wanted.end(), replica::blob_digest(attachment(i))) > 0)
        put_blob(account, attachment(i));
    }
  }

  static constexpr int kAttachments = 60;
};

TEST_F(DoctorDamageTest, WhatAnotherProgramHoldsLockedIsNotDamaged) {
  write_history(1, 60);
  const replica::sqlite::Connection other(emails(), replica::sqlite::Access::kReadWrite,
                                          replica::sqlite::Durability::kNormal);
  other.execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  EXPECT_THAT(refusal(), HasSubstr("io-cozy-emails.db is in use by another program: stop it"));
  EXPECT_THAT(moved_aside(), testing::IsEmpty());
}

TEST_F(DoctorDamageTest, WhatANewerProgramWroteIsNotDamaged) {
  write_attachments();
  keep_copy();
  for (const auto& file : {emails(), packed()}) {
    put_copy_back();
    execute(file, "PRAGMA user_version=99");
    EXPECT_THAT(refusal(), HasSubstr("use the newer program")) << file;
    EXPECT_THAT(moved_aside(), testing::IsEmpty()) << file;
  }
}

TEST_F(DoctorDamageTest, ToBeOutOfHandlesIsNoDamage) {
  write_attachments();
  const auto open_now = support::open_files();
  int refused = 0;
  for (rlim_t more = 0; more < 16; ++more) {
    try {
      const support::ResourceLimit limit(RLIMIT_NOFILE);
      limit.set(open_now + more);
      const auto report = repaired_from_source();
      EXPECT_EQ(
          report.findings.count(AccountPart::kStore) + report.findings.count(AccountPart::kBlobs),
          0)
          << more << in_words(report);
    } catch (const std::exception&) {
      ++refused;
    }
    ASSERT_THAT(moved_aside(), testing::IsEmpty()) << more;
  }
  EXPECT_GT(refused, 3);
  expect_sound("with handles");
}

TEST_F(DoctorDamageTest, ADamagedFileOfBlobsIsAFindingAndIsFetchedAnew) {
  write_attachments();
  const auto seen = everything();
  keep_copy();
  const std::pair<const char*, std::function<void()>> faults[] = {
      {"cut", [&] { fs::resize_file(packed(), fs::file_size(packed()) / 2); }},
      {"flipped bytes",
       [&] {
         auto bytes = support::read_file(packed());
         for (std::size_t at = 20; at < bytes.size(); at += 97) bytes[at] ^= '\x10';
         support::write_file(packed(), bytes);
       }},
      {"other bytes", [&] { support::write_file(packed(), std::string(30'000, 'x')); }},
      {"a folder",
       [&] {
         fs::remove(packed());
         fs::create_directory(packed());
       }},
      {"another column",
       [&] { execute(packed(), "ALTER TABLE blobs RENAME COLUMN gzip TO gzap"); }},
  };
  for (const auto& [what, damage] : faults) {
    put_copy_back();
    damage();
    const auto report = examined();
    EXPECT_TRUE(report.findings.is_damaged(AccountPart::kBlobs)) << what << in_words(report);
    EXPECT_EQ(report.store, kAttachments) << what << ": stores are looked at all the same";
    const auto left = repaired();
    EXPECT_THAT(left.repairs, Contains(HasSubstr("put back a backup"))) << what;
    EXPECT_GT(left.findings.count(), 0) << what;
    EXPECT_THAT(moved_aside(), testing::IsEmpty()) << what << ", and no source has it";

    const auto after = repaired_from_source(fetch_wanted);
    EXPECT_EQ(after.findings.count(), 0) << what << in_words(after);
    EXPECT_THAT(after.repairs, Contains(HasSubstr("blobs/packed.db was moved aside"))) << what;
    EXPECT_THAT(after.repairs,
                Contains(fmt::format("{} attachments are fetched again", kAttachments)))
        << what;
    EXPECT_THAT(moved_aside(), testing::Not(testing::IsEmpty())) << what;
    EXPECT_TRUE(everything() == seen) << what;
  }
}

TEST_F(DoctorDamageTest, AStoreStaysWhereTheSourceHasNoOther) {
  write_attachments();
  execute(emails(), "UPDATE bodies SET crc = crc + 1 WHERE id = 1");
  is_at_source_ = false;
  const auto report = repaired_from_source();
  EXPECT_THAT(report.repairs, Contains(HasSubstr("put back a backup")));
  EXPECT_THAT(moved_aside(), testing::IsEmpty());
  is_at_source_ = true;
  std::ignore = repaired_from_source();
  EXPECT_THAT(moved_aside(), testing::Not(testing::IsEmpty()));
}

TEST_F(DoctorDamageTest, AStoreThatIsAwayIsNotFilledWhileTheAccountIsOpen) {
  write_attachments();
  const auto seen = everything();
  const auto aside = folder_ / "aside.db";
  {
    const auto account = open();
    fs::rename(emails(), aside);
    try {
      std::ignore = repaired_from_source();
      FAIL() << "what is fetched would be written to a file that is gone";
    } catch (const AccountBusy& error) {
      EXPECT_THAT(error.what(), HasSubstr("stop the server, then davenport doctor"));
    }
  }
  fs::rename(aside, emails());
  EXPECT_TRUE(everything() == seen);
}

TEST_F(DoctorDamageTest, AFileOfBlobsWithoutTablesIsAsGoodAsNone) {
  write_attachments();
  fs::resize_file(packed(), 0);
  const auto report = examined();
  EXPECT_EQ(report.findings.count(AccountPart::kBlobs), kAttachments) << in_words(report);
  EXPECT_THAT(in_words(report), HasSubstr("blobs missing 'm1': its attachment 'a.txt'"));
  const auto after = repaired_from_source(fetch_wanted);
  EXPECT_EQ(after.findings.count(), 0) << in_words(after);
}

TEST_F(DoctorDamageTest, AStoreWithOtherColumnsIsAFinding) {
  write_history(2, 150);
  std::ignore = everything();
  keep_copy();
  for (const char* change : {"ALTER TABLE quarantine RENAME COLUMN rev TO rew",
                             "ALTER TABLE documents RENAME COLUMN leaves TO leafs",
                             "ALTER TABLE meta RENAME COLUMN value TO values_"}) {
    put_copy_back();
    execute(folder() / "store/io-cozy-files.db", change);
    const auto report = examined();
    EXPECT_THAT(in_words(report), HasSubstr("store damaged '': store/io-cozy-files.db: "))
        << change;
    EXPECT_GT(*report.store, 0) << "the others are looked at";
    EXPECT_THAT(repaired().repairs, Contains(HasSubstr("put back a backup"))) << change;
    EXPECT_THAT(moved_aside(), testing::IsEmpty()) << change << ", and no source has it";
    const auto after = repaired_from_source([this](Account& account) {
      put(account, Doctype::kFiles, "fetched", R"({"name":"a.txt","type":"file"})");
    });
    EXPECT_EQ(after.findings.count(), 0) << change << in_words(after);
    EXPECT_THAT(after.repairs, Contains(HasSubstr("store/io-cozy-files.db was moved aside")));
  }
}

TEST_F(DoctorDamageTest, ACatalogWithOtherColumnsIsMadeAnew) {
  write_history(3, 150);
  rebuild();
  const auto seen = everything();
  keep_copy();
  for (const char* change :
       {"ALTER TABLE entries RENAME COLUMN flags TO flegs",
        "ALTER TABLE details RENAME COLUMN row TO raw", "DROP TABLE listing"}) {
    put_copy_back();
    execute(generation() / "catalog.db", change);
    const auto after = repaired();
    EXPECT_EQ(after.findings.count(), 0) << change << in_words(after);
    EXPECT_TRUE(everything() == seen) << change;
  }
}

TEST_F(DoctorDamageTest, AnAccountWithoutMessagesIsSound) {
  {
    const auto account = open();
    put(*account, Doctype::kMailboxes, "inbox", R"({"name":"Inbox","role":"inbox"})");
    follow(*account);
  }
  expect_sound("without messages");
  rebuild();
  expect_sound("after a reindex");
}

}  // namespace
}  // namespace indexer
