// What the doctor finds: nothing in an account that is as it should be, and each fault that is
// planted.
#include "indexer/doctor.hpp"

#include <xapian.h>

#include "indexer/fields.hpp"
#include "tests/indexer/doctor_fixture.hpp"

namespace indexer {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class DoctorTest : public DoctorFixture {};

TEST_F(DoctorTest, FindsNothingAfterAnyHistory) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    fs::remove_all(folder());
    write_history(seed, 150);
    expect_sound(fmt::format("after the history of seed {}", seed));
    write_history(seed + 100, 60);
    expect_sound(fmt::format("after more of the history of seed {}", seed));
  }
}

TEST_F(DoctorTest, ChangesNothingThatIsSeen) {
  write_history(1, 150);
  const auto before = everything();
  const auto generation_before = generation();
  expect_sound("now");
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(generation(), generation_before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder() / "derived"), fs::directory_iterator()),
            2)
      << "what was made to compare with is gone";
}

TEST_F(DoctorTest, CountsWhatWasCompared) {
  const auto account = open();
  put(*account, Doctype::kEmails, "m1", R"({"subject":"one"})");
  put(*account, Doctype::kEmails, "m2", R"({"subject":"two"})");
  remove(*account, Doctype::kEmails, "m2");
  put(*account, Doctype::kContents, "c1",
      R"({"email":"nobody","type":"text/plain","content":"x"})");
  Progress progress;
  auto target = this->target();
  target.open = [&] { return account; };
  const auto report = examine(target, progress);
  EXPECT_EQ(report.account, "alice");
  EXPECT_EQ(report.store, 2) << "what was deleted does not count";
  EXPECT_EQ(report.catalog, 1);
  EXPECT_EQ(report.index, 1);
  EXPECT_EQ(report.source, std::nullopt);
  EXPECT_THAT(report.notes, testing::ElementsAre(HasSubstr("1 content documents")));
}

struct PlantedRow {
  const char* sql;
  const char* detail;
};

TEST_F(DoctorTest, FindsEachRowOfTheCatalogThatIsNotAsItShouldBe) {
  write_history(3, 250);
  rebuild();
  const auto sound = everything();
  keep_copy();
  const PlantedRow faults[] = {
      {"DELETE FROM entries WHERE key = (SELECT min(key) FROM entries)", "entries"},
      {"UPDATE entries SET date = date + 1 WHERE key = (SELECT min(key) FROM entries)", "date"},
      {"UPDATE entries SET flags = flags + 128 WHERE key = (SELECT max(key) FROM entries)",
       "flags"},
      {"UPDATE entries SET bodies = bodies + 1 WHERE key = (SELECT max(key) FROM entries)",
       "bodies"},
      {"UPDATE entries SET text_hash = 1 WHERE key = (SELECT max(key) FROM entries)", "textHash"},
      {"UPDATE entries SET sender = 'mallory' WHERE key = (SELECT max(key) FROM entries)",
       "sender"},
      {"UPDATE entries SET doc_id = 'other' WHERE key = (SELECT max(key) FROM entries)", "docId"},
      {"UPDATE entries SET thread = NULL WHERE key = (SELECT min(key) FROM entries WHERE kind = 0)",
       "thread"},
      {"UPDATE entries SET number = number + 7 WHERE key = (SELECT max(key) FROM entries)",
       "entry"},
      {"UPDATE entries SET number = NULL WHERE key = (SELECT max(key) FROM entries)", "number"},
      {"DELETE FROM details WHERE entry = (SELECT min(entry) FROM details)", "row"},
      {"INSERT INTO details SELECT 100000, thread, text_seq, body_seq, bodies, here, thread_id, "
       "views, thread_keys, contents, inline, sort_keys, row FROM details LIMIT 1",
       "details"},
      {"UPDATE details SET thread = thread + 1000 WHERE entry = (SELECT min(entry) FROM details "
       "WHERE thread IS NOT NULL)",
       "listed"},
      {"UPDATE details SET text_seq = text_seq + 1 WHERE entry = (SELECT max(entry) FROM details)",
       "listed"},
      {"UPDATE details SET body_seq = body_seq + 1 WHERE entry = (SELECT max(entry) FROM details)",
       "listed"},
      {"UPDATE details SET bodies = bodies + 1 WHERE entry = (SELECT max(entry) FROM details)",
       "listed"},
      {"UPDATE details SET here = 8 - here WHERE entry = (SELECT max(entry) FROM details)",
       "listed"},
      {"UPDATE details SET thread_id = 'other' WHERE entry = (SELECT min(entry) FROM details WHERE "
       "thread IS NOT NULL)",
       "listedThread"},
      {"UPDATE details SET row = replace(row, 'docId', 'docid') WHERE entry = (SELECT "
       "max(entry) "
       "FROM details)",
       "row"},
      {"UPDATE details SET views = x'0800000000000000' WHERE entry = (SELECT max(entry) FROM "
       "details)",
       "views"},
      {"DELETE FROM listing WHERE (view, key) = (SELECT view, key FROM listing LIMIT 1)",
       "listing"},
      {"INSERT INTO listing SELECT view, x'00', entry, flags FROM listing LIMIT 1", "listing"},
      {"INSERT INTO listing SELECT 8000, key, entry, flags FROM listing LIMIT 1", "no view"},
      {"UPDATE listing SET flags = flags + 128 WHERE (view, key) = (SELECT view, key FROM listing "
       "LIMIT 1)",
       "flags"},
      {"UPDATE listing SET entry = 100000 WHERE (view, key) = (SELECT view, key FROM listing LIMIT "
       "1)",
       "listing"},
      {"DELETE FROM sorted WHERE (view, key) = (SELECT view, key FROM sorted LIMIT 1)", "order"},
      {"INSERT INTO sorted SELECT view, x'00', entry FROM sorted LIMIT 1", "order"},
      {"DELETE FROM views WHERE name = '*minbox'", "listing"},
      {"UPDATE views SET total = total + 1 WHERE name = '*a'", "views: total"},
      {"UPDATE views SET unread = unread + 1 WHERE name = '*a'", "views: unread"},
      {"UPDATE views SET threads = threads + 1 WHERE name = '*minbox'", "views: threads"},
      {"UPDATE views SET unread_threads = unread_threads + 1 WHERE name = '*minbox'",
       "views: unreadThreads"},
      {"DELETE FROM threads WHERE thread = (SELECT min(thread) FROM threads)", "thread"},
      {"UPDATE threads SET count = count + 1 WHERE thread = (SELECT min(thread) FROM threads)",
       "threads: count"},
      {"UPDATE threads SET participants = '[]' WHERE thread = (SELECT min(thread) FROM threads "
       "WHERE participants <> '[]')",
       "threads: participants"},
      {"UPDATE threads SET views = x'' WHERE thread = (SELECT min(thread) FROM threads)",
       "threads: views"},
      {"DELETE FROM thread_keys WHERE key = (SELECT min(key) FROM thread_keys)", "thread_keys"},
      {"UPDATE thread_keys SET uses = uses + 1 WHERE key = (SELECT min(key) FROM thread_keys)",
       "thread_keys: uses"},
      {"DELETE FROM contents WHERE doc_id = (SELECT min(doc_id) FROM contents WHERE present)",
       "contents"},
      {"UPDATE contents SET type = 'text/html' WHERE doc_id = (SELECT min(doc_id) FROM contents "
       "WHERE present)",
       "contents: type"},
      {"UPDATE contents SET present = NOT present", "contents"},
      {"DELETE FROM named", "named"},
      {"INSERT INTO named VALUES ('stray', 1)", "named"},
      {"DELETE FROM mailboxes", "mailboxes"},
      {"UPDATE mailboxes SET name = 'Other'", "mailboxes: name"},
      {"INSERT INTO mailboxes VALUES ('new', 'New', NULL, NULL, 0)", "mailboxes"},
      {"INSERT INTO removed SELECT kind, id, 1 FROM entries LIMIT 1", "removed"},
      {"DELETE FROM failures", "failures"},
      {"INSERT INTO failures VALUES ('io.cozy.emails', 'm0', 'invented')", "failures"},
      {"DELETE FROM addresses WHERE address = (SELECT min(address) FROM addresses)", "addresses"},
      {"UPDATE addresses SET score = score + 1 WHERE address = (SELECT min(address) FROM "
       "addresses)",
       "addresses: score"},
      {"UPDATE address_names SET name = 'x' WHERE address = (SELECT min(address) FROM addresses)",
       "address_names: name"},
      {"DELETE FROM address_dates", "address_dates"},
      {"DELETE FROM address_keys WHERE key = (SELECT min(key) FROM address_keys)", "address_keys"},
      {"DELETE FROM entry_addresses WHERE entry = (SELECT min(entry) FROM entry_addresses)",
       "addresses"},
      {"INSERT INTO entry_addresses VALUES (100000, x'')", "entry_addresses"},
  };
  for (const auto& fault : faults) {
    put_copy_back();
    execute(generation() / "catalog.db", fault.sql);
    const auto report = examined();
    EXPECT_GT(report.findings.count(), 0) << fault.sql;
    EXPECT_THAT(in_words(report), HasSubstr(fault.detail)) << fault.sql;
    const auto after = repaired();
    EXPECT_EQ(after.findings.count(), 0) << fault.sql << in_words(after);
    EXPECT_GT(after.repaired, 0) << fault.sql;
    EXPECT_THAT(after.repairs, testing::Not(IsEmpty()));
  }
  EXPECT_TRUE(everything() == sound);
}

using Change = std::function<void(Xapian::WritableDatabase&, Xapian::docid)>;

// Changes an entry of the index, of which the first is `entry`.
void plant(const fs::path& index, const Change& change) {
  Xapian::WritableDatabase database(index.string(), Xapian::DB_OPEN);
  auto entry = database.postlist_begin("Tmail");
  change(database, *entry);
  database.commit();
}

Change edited(const std::function<void(Xapian::Document&)>& edit) {
  return [edit](Xapian::WritableDatabase& database, Xapian::docid entry) {
    auto document = database.get_document(entry);
    edit(document);
    database.replace_document(entry, document);
  };
}

TEST_F(DoctorTest, FindsEachEntryOfTheIndexThatIsNotAsItShouldBe) {
  write_history(4, 250);
  rebuild();
  const auto sound = everything();
  keep_copy();
  const std::pair<const char*, Change> faults[] = {
      {"removed entry", [](Xapian::WritableDatabase& database,
                           Xapian::docid entry) { database.delete_document(entry); }},
      {"extra entry",
       [](Xapian::WritableDatabase& database, Xapian::docid entry) {
         auto document = database.get_document(entry);
         document.add_term("extra");  // as it is, Xapian takes it for the same entry
         database.replace_document(entry + 3, document);
       }},
      {"two entries exchanged",
       [](Xapian::WritableDatabase& database, Xapian::docid entry) {
         auto next = database.postlist_begin("Tmail");
         next.skip_to(entry + 1);
         const auto other = *next;
         const auto a = database.get_document(entry), b = database.get_document(other);
         database.replace_document(entry, b);
         database.replace_document(other, a);
       }},
      {"added term", edited([](Xapian::Document& entry) { entry.add_term("zzz"); })},
      {"removed term",
       edited([](Xapian::Document& entry) { entry.remove_term(*entry.termlist_begin()); })},
      {"other frequency", edited([](Xapian::Document& entry) { entry.add_term("Tmail", 1); })},
      {"added position", edited([](Xapian::Document& entry) {
         entry.add_posting(*entry.termlist_begin(), 9'999, 0);
       })},
      {"other value", edited([](Xapian::Document& entry) {
         entry.add_value(kDateSlot, Xapian::sortable_serialise(1));
       })},
      {"removed value", edited([](Xapian::Document& entry) { entry.remove_value(kSizeSlot); })},
      {"other data", edited([](Xapian::Document& entry) { entry.set_data("mother"); })},
  };
  for (const auto& [what, change] : faults) {
    put_copy_back();
    plant(generation() / "index", change);
    const auto report = examined();
    EXPECT_GT(report.findings.count(AccountPart::kIndex), 0) << what;
    EXPECT_EQ(report.findings.count(), report.findings.count(AccountPart::kIndex)) << what;
    EXPECT_THAT(report.findings.named().empty() ? "" : report.findings.named().front().doc_id,
                testing::StartsWith("m"))
        << what << " " << in_words(report);
    const auto after = repaired();
    EXPECT_EQ(after.findings.count(), 0) << what << in_words(after);
    EXPECT_THAT(after.repairs, testing::ElementsAre(HasSubstr("documents were projected"))) << what;
    EXPECT_TRUE(everything() == sound) << what;
  }
}

// An entry without its kind is a sign that Xapian passes over a block of zeros: whoever opens the
// index has it made anew.
TEST_F(DoctorTest, AnIndexThatLacksKindsIsMadeAnewWhenItIsOpened) {
  write_history(5, 40);
  rebuild();
  const auto sound = everything();
  plant(generation() / "index",
        edited([](Xapian::Document& entry) { entry.remove_term("Tmail"); }));
  const auto report = examined();
  EXPECT_EQ(report.findings.count(), 0) << in_words(report);
  EXPECT_THAT(report.repairs, testing::ElementsAre(HasSubstr("the text index was made anew")));
  EXPECT_TRUE(everything() == sound);
}

// Each either changes nothing that is seen, or is found; and is mended.
TEST_F(DoctorTest, FlippedBytesOfDerivedFilesAreFoundAndMended) {
  write_history(5, 250);
  rebuild();
  const auto sound = everything();
  keep_copy();
  std::mt19937_64 random(5);
  const char* const names[] = {"catalog.db",           "index/postlist.glass",
                               "index/position.glass", "index/termlist.glass",
                               "index/docdata.glass",  "index/iamglass"};
  constexpr int kFlips = 36;  // a few seconds
  int found = 0;
  for (int flip = 0; flip < kFlips; ++flip) {
    put_copy_back();
    const auto file = generation() / names[flip % 6];
    auto bytes = support::read_file(file);
    const auto at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 + random() % 255));
    support::write_file(file, bytes);
    const auto what = fmt::format("{} at {} of {}", names[flip % 6], at, bytes.size());
    const auto report = examined();
    if (report.findings.count() == 0) {
      EXPECT_TRUE(everything() == sound) << what << ": something else is seen";
      continue;
    }
    ++found;
    const auto after = repaired();
    EXPECT_EQ(after.findings.count(), 0) << what << in_words(after);
    EXPECT_TRUE(everything() == sound) << what << ": after the repair something else is seen";
  }
  EXPECT_GT(found, kFlips / 6);
}

TEST_F(DoctorTest, CutAndRemovedFilesAreFoundAndMended) {
  write_history(6, 200);
  rebuild();
  const auto sound = everything();
  keep_copy();
  for (const char* name : {"catalog.db", "index/postlist.glass", "index/position.glass",
                           "index/termlist.glass", "index/docdata.glass", "index/iamglass"}) {
    for (const bool is_cut : {true, false}) {
      put_copy_back();
      const auto file = generation() / name;
      if (is_cut) {
        fs::resize_file(file, fs::file_size(file) / 2);
      } else {
        fs::remove(file);
      }
      const auto report = examined();
      EXPECT_GT(report.findings.count(), 0) << name << is_cut;
      EXPECT_EQ(generation(), file.parent_path() == generation() ? file.parent_path()
                                                                 : file.parent_path().parent_path())
          << "nothing was changed";
      EXPECT_EQ(repaired().findings.count(), 0) << name << is_cut;
      EXPECT_TRUE(everything() == sound) << name << is_cut;
    }
  }
}

TEST_F(DoctorTest, ADamagedStoreOfALocalAccountIsNamedAndLeftAsItIs) {
  write_history(7, 200);
  std::ignore = everything();
  const auto store = folder() / "store/io-cozy-emails.db";
  auto bytes = support::read_file(store);
  for (std::size_t at = 16'384; at < 16'384 + 64; ++at) bytes[at] = '\x7f';
  support::write_file(store, bytes);
  const auto report = examined();
  EXPECT_TRUE(report.findings.is_damaged(AccountPart::kStore));
  EXPECT_EQ(report.catalog, std::nullopt) << "was not compared";
  const auto after = repaired();
  EXPECT_GT(after.findings.count(), 0);
  EXPECT_THAT(after.repairs, testing::Contains(HasSubstr("put back a backup")));
  EXPECT_EQ(support::read_file(store), bytes);
}

TEST_F(DoctorTest, ADocumentThatWasChangedOnDiskIsNamedWhereItsFileLooksSound) {
  write_history(8, 200);
  std::ignore = everything();
  keep_copy();
  const std::string first = "(SELECT seq FROM documents WHERE NOT deleted ORDER BY seq LIMIT 1)";
  const std::string body = "(SELECT body FROM documents WHERE seq = " + first + ")";
  const std::pair<std::string, const char*> faults[] = {
      {"UPDATE bodies SET size = size + 1 WHERE id = " + body, "cannot be decompressed"},
      {"UPDATE bodies SET data = CAST(replace(data, '\"subject\"', '\"Subject\"') AS BLOB) WHERE "
       "id = " +
           body,
       "not those that were written"},
      {"UPDATE documents SET rev = '1-zz' WHERE seq = " + first, "disagrees with its revisions"},
      {"UPDATE documents SET body = body + 1 WHERE seq = " + first, "disagrees with its revisions"},
      {"UPDATE documents SET body = 'x' WHERE seq = " + first, "disagrees with its revisions"},
      {"UPDATE documents SET purged = 1 WHERE seq = " + first, "disagrees with its revisions"},
      {"UPDATE documents SET conflicts = 3 WHERE seq = " + first, "disagrees with its revisions"},
  };
  for (const auto& [damage, words] : faults) {
    put_copy_back();
    execute(folder() / "store/io-cozy-emails.db", damage);
    const auto report = examined();
    EXPECT_THAT(in_words(report), HasSubstr(words));
    ASSERT_EQ(report.findings.count(), 1) << damage;
    EXPECT_THAT(report.findings.named().front().doc_id, testing::StartsWith("m"));
    EXPECT_TRUE(report.findings.is_damaged(AccountPart::kStore)) << "the index is not to blame";
  }
}

TEST_F(DoctorTest, AStoreThatIsACopyOfAnotherIsNamed) {
  write_history(8, 100);
  std::ignore = everything();
  const auto store = folder() / "store";
  fs::copy_file(store / "io-cozy-emails.db", store / "io-cozy-email-contents.db",
                fs::copy_options::overwrite_existing);
  const auto words = in_words(examined());
  const std::string emails = "store/io-cozy-emails.db",
                    contents = "store/io-cozy-email-contents.db";
  EXPECT_THAT(words, HasSubstr(emails + ": it is the same store as " + contents));
  EXPECT_THAT(words, HasSubstr(contents + ": it is the same store as " + emails));
}

TEST_F(DoctorTest, AStoreThatIsAwayIsNamed) {
  write_history(9, 200);
  std::ignore = everything();
  fs::remove(folder() / "store/io-cozy-emails.db");
  const auto report = examined();
  EXPECT_THAT(in_words(report), HasSubstr("store missing '': store/io-cozy-emails.db"));
  EXPECT_THAT(repaired().repairs, testing::Contains(HasSubstr("put it back")));
}

TEST_F(DoctorTest, AStoreFromAnOlderCopyIsNoDifference) {
  write_history(10, 150);
  std::ignore = everything();
  keep_copy();
  write_history(11, 50);
  std::ignore = everything();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const std::string name = std::string("io-cozy-emails.db") + suffix;
    fs::remove(folder() / "store" / name);
    if (fs::exists(folder_ / "copy/store" / name))
      fs::copy(folder_ / "copy/store" / name, folder() / "store" / name);
  }
  expect_sound("with the older store");
}

TEST_F(DoctorTest, MissingAndDamagedBlobsAreNamed) {
  const std::string bytes = "Subject: kept\r\n\r\nalpha\r\n", digest = replica::blob_digest(bytes);
  {
    const auto account = open();
    const replica::Blobs::Blob blob{digest, bytes};
    account->stores().blobs().put(std::span(&blob, 1));
    put(*account, Doctype::kEmails, "m1",
        fmt::format(
            R"({{"subject":"kept","_attachments":{{"message.eml":{{"content_type":"message/rfc822","digest":"{}","length":{},"stub":true}}}}}})",
            digest, bytes.size()));
  }
  expect_sound("with its blob");
  keep_copy();
  execute(folder() / "blobs/packed.db", "UPDATE blobs SET data = zeroblob(size), size = size");
  auto report = examined();
  EXPECT_THAT(in_words(report), HasSubstr("blobs damaged 'm1': its attachment 'message.eml'"));
  EXPECT_THAT(repaired().repairs, testing::Contains(HasSubstr("put back a backup")));
  put_copy_back();
  execute(folder() / "blobs/packed.db", "DELETE FROM blobs");
  report = examined();
  EXPECT_THAT(in_words(report), HasSubstr("blobs missing 'm1': its attachment 'message.eml'"));
}

TEST_F(DoctorTest, DamagedTextsOfFilesAreReadAgain) {
  write_history(12, 100);
  support::write_file(folder() / "extracts.db", std::string(8'192, 'x'));
  EXPECT_TRUE(examined().findings.is_damaged(AccountPart::kExtracts));
  EXPECT_TRUE(fs::exists(folder() / "extracts.db"));
  const auto after = repaired();
  EXPECT_EQ(after.findings.count(), 0) << in_words(after);
}

TEST_F(DoctorTest, SymbolicLinksAreNotFollowed) {
  write_history(13, 50);
  support::write_file(folder_ / "elsewhere.db", "not ours");
  fs::create_symlink(folder_ / "elsewhere.db", folder() / "extracts.db");
  fs::create_symlink(folder_ / "elsewhere.db", folder() / "store/other.db");
  const auto report = repaired();
  EXPECT_EQ(report.findings.count(), 0) << in_words(report);
  EXPECT_EQ(support::read_file(folder_ / "elsewhere.db"), "not ours");
}

TEST_F(DoctorTest, CanBeCancelled) {
  write_history(14, 50);
  Progress progress;
  progress.cancelled = true;
  EXPECT_THROW(std::ignore = examine(target(), progress), Cancelled);
}

}  // namespace
}  // namespace indexer
