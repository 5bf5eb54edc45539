// Rebuilds that end early, parts that are renewed in place, and accounts written anew.
#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "indexer/account.hpp"
#include "indexer/export.hpp"
#include "indexer/generation.hpp"
#include "indexer/import.hpp"
#include "tests/support/resource_limit.hpp"
#include "tests/support/support.hpp"

namespace indexer {
namespace {

using mail::Doctype;
using replica::sqlite::Access;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;
using testing::ThrowsMessage;

constexpr int kMessages = 1'400;  // three runs of a build

class AccountMaintenanceTest : public testing::Test {
 protected:
  void SetUp() override {
    open();
    commit(0, kMessages, "alpha");
    follow();
  }

  void open() {
    account_.reset();
    account_ = std::make_unique<Account>(folder_ / "alice", "alice", Access::kReadWrite);
  }
  void follow() {
    Progress progress;
    account_->project(progress);
    account_->index(progress);
  }

  // Messages with these numbers, whose text is "<word> of <number>".
  void commit(int from, int to, const std::string& word, int generation = 1) {
    replica::Batch messages, contents;
    const auto add = [&](replica::Batch& batch, const std::string& id, std::string body) {
      replica::IncomingRevision revision;
      revision.id = id;
      revision.rev = *replica::RevId::parse(fmt::format("{}-{}", generation, word));
      revision.body = std::move(body);
      batch.revisions.push_back(std::move(revision));
    };
    for (int i = from; i < to; ++i) {
      const auto id = fmt::format("m{:04}", i);
      add(messages, id,
          fmt::format(R"({{"subject":"{} {}","receivedAt":"2020-01-01T{:02}:{:02}:00Z",)"
                      R"("mailboxIds":{{"inbox":true}},"contents":["{}:text"]}})",
                      word, i, i / 60, i % 60, id));
      add(contents, id + ":text",
          fmt::format(R"({{"email":"{}","type":"text/plain","content":"{} of {}"}})", id, word, i));
    }
    account_->stores().create(Doctype::kEmails).commit(messages);
    account_->stores().create(Doctype::kContents).commit(contents);
  }

  // Ends a rebuild after about so many entries.
  void end_early(std::int64_t after) const {
    Progress progress;
    progress.rate = 2'000;
    const std::int64_t rows = 2 * kMessages;
    std::thread watcher([&] {
      while (progress.done < rows + after) std::this_thread::yield();
      progress.cancelled = true;
    });
    EXPECT_THROW(account_->reindex(progress), Cancelled);
    watcher.join();
  }

  [[nodiscard]] std::int64_t count(std::string_view text) const {
    const auto query = parse_query(text);
    SearchRequest request;
    request.query = &*query;
    const auto answer = account_->search(request, false);
    return answer->total;
  }
  [[nodiscard]] std::vector<std::string> generations() const {
    std::vector<std::string> names;
    for (const auto& item : std::filesystem::directory_iterator(folder_ / "alice/derived"))
      if (item.is_directory()) names.push_back(item.path().filename());
    return names;
  }

  support::TemporaryFolder folder_;
  std::unique_ptr<Account> account_;
};

TEST_F(AccountMaintenanceTest, ARebuildThatEndedEarlyIsGoneOnWith) {
  end_early(600);
  EXPECT_EQ(count("alpha"), kMessages) << "the live generation answers";
  const auto next = Generation::next_name(folder_ / "alice/derived");
  ASSERT_TRUE(next.has_value());
  open();  // as another process does
  EXPECT_THAT(generations(), SizeIs(2)) << "what is unfinished stays";

  // Meanwhile things change.
  commit(0, 3, "beta", 2);
  follow();
  Progress progress;
  EXPECT_EQ(account_->reindex(progress), static_cast<std::size_t>(kMessages));
  EXPECT_EQ(account_->index_state().generation, *next);
  EXPECT_THAT(generations(), ElementsAre(*next));
  EXPECT_EQ(count("alpha"), kMessages - 3);
  EXPECT_EQ(count("beta"), 3);
  EXPECT_TRUE(account_->index_state().complete);
}

TEST_F(AccountMaintenanceTest, AnAbandonedRebuildLeavesNothing) {
  end_early(600);
  account_->abandon_reindex();
  EXPECT_THAT(generations(), SizeIs(1));
  EXPECT_FALSE(Generation::next_name(folder_ / "alice/derived").has_value());
}

TEST_F(AccountMaintenanceTest, AnUnfinishedRebuildOfYesterdayGoes) {
  end_early(10);
  std::filesystem::last_write_time(
      folder_ / "alice/derived/next",
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(25));
  open();
  EXPECT_THAT(generations(), SizeIs(1));
}

TEST_F(AccountMaintenanceTest, AnUnfinishedRebuildOfAnotherStoreIsNotGoneOnWith) {
  end_early(600);
  account_->stores().create(Doctype::kEmails).renew_epoch();
  const auto next = Generation::next_name(folder_ / "alice/derived");
  Progress progress;
  account_->reindex(progress);
  EXPECT_NE(account_->index_state().generation, *next);
  EXPECT_EQ(count("alpha"), kMessages);
}

// What is wrong in the text index, as after a fault, is right again where it is renewed, and
// nowhere else.
TEST_F(AccountMaintenanceTest, APartIsRenewedInPlace) {
  const auto folder = folder_ / "alice/derived" / account_->index_state().generation / "index";
  {
    const Catalog catalog(folder.parent_path() / "catalog.db", Access::kReadOnly);
    FulltextWriter writer(folder);
    for (const auto* id : {"m0001", "m0002"}) {
      EntryText wrong;
      wrong.subject = "wrong";
      writer.replace(*catalog.text_entry(Kind::kMail, id), wrong);
    }
    writer.commit(writer.checkpoint());
  }
  EXPECT_EQ(count("wrong"), 2);
  Progress progress;
  EXPECT_EQ(account_->renew(std::vector<DocumentName>{{Doctype::kEmails, "m0001"}}, progress), 1);
  EXPECT_EQ(count("wrong"), 1);
  EXPECT_EQ(count("alpha"), kMessages - 1);
  const auto query = parse_query("wrong OR subject:7");
  EXPECT_EQ(account_->renew_matching(*query, "1", progress).value(), 2);
  EXPECT_EQ(count("wrong"), 0);
  EXPECT_EQ(count("alpha"), kMessages);
  EXPECT_TRUE(account_->index_state().complete);
  const auto unknown = parse_query("in:nowhere");
  EXPECT_TRUE(account_->renew_matching(*unknown, "2", progress).has_error());
  EXPECT_EQ(account_->renew_failed("3", progress), 0);
}

// A link may lead to a folder of other things.
TEST_F(AccountMaintenanceTest, FoldersThatAreNoGenerationsStay) {
  const auto derived = folder_ / "alice/derived";
  const std::string generation = account_->index_state().generation;
  const std::string names[] = {"2020", "lost+found", generation + "-old", "c1-0123456789abcdeX",
                               generation.substr(0, generation.size() - 1)};
  for (const auto& name : names) support::write_file(derived / name / "mine", "precious");
  support::write_file(folder_ / "elsewhere/mine", "precious");
  const auto linked = "c1p1a1o0-0123456789abcdef", old = "c1p1a1o0-0123456789abcdee";
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", derived / linked);
  support::write_file(derived / old / "catalog.db", "of another format");
  open();
  Progress progress;
  account_->reindex(progress);
  open();
  for (const auto& name : names) EXPECT_EQ(support::read_file(derived / name / "mine"), "precious");
  EXPECT_EQ(support::read_file(derived / linked / "mine"), "precious");
  EXPECT_FALSE(std::filesystem::exists(derived / old));
  EXPECT_FALSE(std::filesystem::exists(derived / generation));
}

TEST_F(AccountMaintenanceTest, APartThatWasCutOffIsGoneOnWith) {
  const auto query = parse_query("alpha");
  std::thread cancel;
  Progress first;
  cancel = std::thread([&first] {
    while (first.done < 500) std::this_thread::yield();
    first.cancelled = true;
  });
  EXPECT_THROW((void)account_->renew_matching(*query, "7", first), Cancelled);
  cancel.join();
  const auto spoil_and_open = [this] {
    const auto folder = folder_ / "alice/derived" / account_->index_state().generation;
    account_.reset();
    const Catalog catalog(folder / "catalog.db", Access::kReadOnly);
    FulltextWriter writer(folder / "index");
    for (const auto* id : {"m0000", "m1399"}) {
      EntryText wrong;
      wrong.body = "alpha wrong";
      writer.replace(*catalog.text_entry(Kind::kMail, id), wrong);
    }
    writer.commit(writer.checkpoint());
    open();  // as another process
  };
  spoil_and_open();
  Progress second;
  EXPECT_EQ(account_->renew_matching(*query, "7", second).value(), kMessages);
  EXPECT_EQ(second.done, kMessages);
  EXPECT_EQ(count("wrong"), 1) << "the newest was done before, the oldest was not";
  spoil_and_open();
  EXPECT_EQ(account_->renew_matching(*query, "7", second).value(), kMessages);
  EXPECT_EQ(count("wrong"), 0) << "it had ended, and began anew";
}

TEST_F(AccountMaintenanceTest, NewMailIsIndexedWhileASlowReindexWaits) {
  const auto query = parse_query("subject:7 OR subject:8 OR subject:9");
  Progress progress;
  progress.rate = 1;
  std::atomic<bool> has_ended{false};
  std::thread slow([&] {
    EXPECT_THROW((void)account_->renew_matching(*query, "8", progress), Cancelled);
    has_ended = true;
  });
  while (progress.done < 1) std::this_thread::yield();
  commit(kMessages, kMessages + 1, "beta");
  follow();
  EXPECT_EQ(count("beta"), 1);
  EXPECT_FALSE(has_ended);
  progress.cancelled = true;
  slow.join();
}

TEST_F(AccountMaintenanceTest, CompactingKeepsListsStatesAndHits) {
  commit(0, kMessages, "beta", 2);
  follow();
  const auto before = account_->list({});
  Progress progress;
  const auto [bytes_before, bytes_after] = account_->compact(progress);
  EXPECT_LT(bytes_after, bytes_before);
  const auto after = account_->list({});
  EXPECT_EQ(after.rows, before.rows);
  EXPECT_EQ(after.state, before.state);
  ListQuery second;
  second.after = before.next;
  EXPECT_FALSE(account_->list(second).refused.has_value());
  EXPECT_EQ(count("beta"), kMessages);
  EXPECT_THAT(generations(), SizeIs(1));
  commit(0, 1, "gamma", 3);
  follow();
  EXPECT_EQ(count("gamma"), 1);
  EXPECT_THAT(account_->changes(before.state, {})->updated, ElementsAre(public_id("m0000")));
}

TEST_F(AccountMaintenanceTest, AGenerationOfOtherRulesAnswersUntilItIsMadeAnew) {
  const auto listed = account_->list({}).rows;
  account_.reset();
  const auto derived = folder_ / "alice/derived";
  const auto old = fmt::format("c{}p{}a{}o0-0123456789abcdef", kCatalogFormat,
                               kProjectionVersion - 1, kAnalysisVersion);
  std::filesystem::rename(derived / generations().front(), derived / old);
  support::write_file(derived / "current", old + "\n");

  open();
  EXPECT_TRUE(account_->needs_rebuild());
  EXPECT_EQ(account_->list({}).rows, listed);
  EXPECT_EQ(count("alpha"), kMessages);
  commit(0, 1, "omega", 2);
  Progress progress;
  EXPECT_GT(account_->project_without_rebuild(progress), 0U) << "its lists follow";
  follow();
  EXPECT_FALSE(account_->needs_rebuild());
  EXPECT_EQ(account_->list({}).rows.size(), listed.size());
  EXPECT_EQ(count("omega"), 1);
  account_.reset();
  open();
  EXPECT_THAT(generations(), SizeIs(1));
  EXPECT_NE(generations().front(), old);
}

TEST_F(AccountMaintenanceTest, ADamagedTextIndexIsMadeAnewWhenItCannotFollow) {
  account_.reset();
  const auto lists = folder_ / "alice/derived" / generations().front() / "index/termlist.glass";
  auto bytes = support::read_file(lists);
  // The leaves, whose level stands in the fifth octet of a block; without its root the index could
  // not be opened.
  constexpr std::ptrdiff_t kBlock = 8192;
  for (auto block = bytes.begin(); block != bytes.end(); block += kBlock) {
    if (block[4] == 0) std::fill(block, block + kBlock, '\x55');
  }
  support::write_file(lists, bytes);

  open();
  EXPECT_TRUE(account_->index_state().complete) << "nobody has looked there yet";
  commit(kMessages - 20, kMessages, "beta", 2);
  follow();
  EXPECT_THAT(account_->take_damage(), Optional(HasSubstr("is damaged")));
  EXPECT_EQ(account_->take_damage(), std::nullopt);
  EXPECT_EQ(count("beta"), 20);
  EXPECT_EQ(count("alpha"), kMessages - 20);
  EXPECT_TRUE(account_->index_state().complete);
}

// As a power cut leaves it: the text index is synced whenever it is written, the catalog now and
// then.
TEST_F(AccountMaintenanceTest, ListsBehindTheirTextIndexAreMadeAnewWithIt) {
  account_.reset();
  const auto catalog = folder_ / "alice/derived" / generations().front() / "catalog.db";
  const auto before = support::read_file(catalog);
  open();
  commit(kMessages, kMessages + 10, "beta");
  follow();
  account_.reset();
  support::write_file(catalog, before);

  open();
  EXPECT_TRUE(account_->needs_rebuild());
  Progress progress;
  EXPECT_EQ(account_->project_without_rebuild(progress), 0U)
      << "entries would get other numbers than the text index has";
  EXPECT_TRUE(account_->needs_rebuild());
  follow();
  EXPECT_FALSE(account_->needs_rebuild());
  EXPECT_EQ(count("beta"), 10);
  EXPECT_EQ(count("alpha"), kMessages);
}

TEST_F(AccountMaintenanceTest, ABackupPutBackIsTheAccountAsItWas) {
  const replica::Blobs::Blob small{replica::blob_digest("small"), "small"};
  const std::string bytes(1 << 20, 'x');
  const replica::Blobs::Blob large{replica::blob_digest(bytes), bytes};
  account_->stores().blobs().put(std::vector{small, large});
  const auto before = account_->list({}).rows;
  Progress progress;
  account_->backup(folder_ / "copy", progress);
  EXPECT_EQ(progress.done, progress.of);
  EXPECT_THROW(account_->backup(folder_ / "copy", progress), std::runtime_error)
      << "there is something already";

  commit(0, kMessages, "beta", 2);
  follow();
  account_.reset();
  std::filesystem::remove_all(folder_ / "alice");
  std::filesystem::rename(folder_ / "copy", folder_ / "alice");
  open();
  EXPECT_TRUE(account_->index_state().complete) << "nothing is made anew";
  EXPECT_EQ(account_->list({}).rows, before);
  EXPECT_EQ(count("alpha"), kMessages);
  EXPECT_EQ(account_->stores().blobs().get(small.digest), "small");
  EXPECT_EQ(account_->stores().blobs().get(large.digest), bytes);
}

// What is made from the others would look whole.
TEST_F(AccountMaintenanceTest, WithoutOneOfItsStoresAnAccountIsNotCopiedAndTakesNothing) {
  account_.reset();
  for (const char* end : {"", "-wal", "-shm"})
    std::filesystem::remove(folder_ / "alice/store" / (std::string("io-cozy-emails.db") + end));
  support::write_file(folder_ / "mail.eml", "Subject: one more\n\ntext\n");
  open();
  Progress progress;
  const auto is_named = ThrowsMessage<std::runtime_error>(HasSubstr("its store of io.cozy.emails"));
  EXPECT_THAT([&] { account_->backup(folder_ / "copy", progress); }, is_named);
  const std::vector<std::filesystem::path> paths{folder_ / "mail.eml"};
  EXPECT_THAT([&] { (void)import_into(*account_, folder_ / "alice", paths, {}, progress); },
              is_named);
  EXPECT_THAT([&] { account_->require_stores(); }, is_named);
  account_.reset();
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_THAT([&] { (void)export_account(folder_ / "alice", "alice", {}, "", nowhere, progress); },
              is_named);
  ::close(nowhere);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "alice/store/io-cozy-emails.db"));
}

TEST_F(AccountMaintenanceTest, ABackupThatWasKilledIsNoAccount) {
  namespace fs = std::filesystem;
  const std::string bytes(1 << 20, 'x');
  for (int i = 0; i < 50; ++i) {
    const auto blob = bytes + std::to_string(i);
    account_->stores().blobs().put(
        std::vector{replica::Blobs::Blob{replica::blob_digest(blob), blob}});
  }
  account_.reset();
  const auto copy = folder_ / "copy";
  const auto child = fork();
  if (child == 0) {
    open();
    Progress progress;
    account_->backup(copy, progress);
    _exit(0);
  }
  while (!fs::exists(copy / "store" / "io-cozy-emails.db")) std::this_thread::yield();
  kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it was through too soon";
  const auto second = folder_ / "second";
  fs::copy(copy, second, fs::copy_options::recursive);
  open();
  Progress progress;
  account_->backup(second, progress);
  EXPECT_FALSE(fs::exists(second / Account::kUnfinishedBackup)) << "the next one is whole";
  EXPECT_THROW(account_->backup(second, progress), std::runtime_error);
  account_.reset();

  fs::remove_all(folder_ / "alice");
  fs::rename(copy, folder_ / "alice");
  EXPECT_THAT([&] { open(); },
              ThrowsMessage<std::runtime_error>(HasSubstr("broken off before it was whole")));
}

// What a process lacks says nothing of what files hold.
TEST_F(AccountMaintenanceTest, WithTooFewHandlesNothingIsMadeAnew) {
  const auto before = generations();
  const auto index = folder_ / "alice/derived" / before.front() / "index";
  account_.reset();
  int refused = 0;
  for (rlim_t more = 0; more < 24; ++more) {
    try {
      const support::ResourceLimit limit(RLIMIT_NOFILE);
      limit.set(support::open_files() + more);
      open();
      follow();
    } catch (const std::exception&) {
      ++refused;
    }
    account_.reset();
    ASSERT_EQ(generations(), before) << more;
    ASSERT_TRUE(std::filesystem::exists(index / "postlist.glass")) << more;
  }
  EXPECT_GT(refused, 3);
  open();
  EXPECT_EQ(count("alpha"), kMessages);
  EXPECT_FALSE(account_->take_damage().has_value());
}

TEST_F(AccountMaintenanceTest, WhoIsRefusedDoesNotUpgradeAStore) {
  const auto store = folder_ / "alice/store/io-cozy-files.db";
  {
    replica::sqlite::Connection file(store, Access::kReadWrite, replica::sqlite::Durability::kFull);
    file.execute("PRAGMA user_version=1");
  }
  EXPECT_THROW(Account(folder_ / "alice", "alice", Access::kReadWrite), AccountBusy);
  replica::sqlite::Connection file(store, Access::kReadOnly, replica::sqlite::Durability::kFull);
  auto version = file.prepare("PRAGMA user_version");
  ASSERT_TRUE(version.step());
  EXPECT_EQ(version.integer(0), 1);
}

}  // namespace
}  // namespace indexer
