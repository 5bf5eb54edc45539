// The task of a first sync, over the programs that work on it.
#include <algorithm>

#include "tests/api/replication_fixture.hpp"

namespace {

using testing::ElementsAre;

class FirstSyncTest : public ReplicationTest {
 protected:
  FirstSyncTest() {
    config_.sources[0].has_all_accounts = false;
    config_.sources[0].accounts = {"alice"};
  }
  // A server's parts, in the order in which it starts and stops them.
  struct Serving {
    explicit Serving(const api::Config& config)
        : accounts(config, replica::sqlite::Access::kReadWrite),
          tasks(config.data_dir / "davenport.db"),
          replication(config, accounts, metrics, &tasks) {
      replication.start();
      tasks.serve({{"first-sync", nullptr}});
    }
    ~Serving() {
      tasks.stop_soon();
      replication.stop();
    }
    [[nodiscard]] std::vector<std::string> states() const {
      std::vector<std::string> states;
      for (const auto& task : tasks.list())
        states.push_back(task.account + " " + task.id + " " + task.state);
      return states;
    }

    api::Accounts accounts;
    api::Metrics metrics;
    api::Tasks tasks;
    api::Replication replication;
  };
  // Rows as a program leaves them that is killed in a first sync.
  void leave(const std::string& account) const {
    api::TaskTable(file_, replica::sqlite::Access::kReadWrite)
        .add({"first-sync", account}, "running");
    replica::sqlite::Connection(file_, replica::sqlite::Access::kReadWrite,
                                replica::sqlite::Durability::kFull)
        .execute("UPDATE task SET runner = '1 0 ' || number");
  }
  const std::filesystem::path file_ = folder_ / "davenport.db";
};

TEST_F(FirstSyncTest, IsOneTaskHoweverOftenItIsInterrupted) {
  add("alice", "m");
  leave("alice");
  for (int stops = 0; stops < 3; ++stops) {
    const Serving serving(config_);
    EXPECT_EQ(serving.tasks.list().size(), 1U);
  }
  const Serving serving(config_);
  EXPECT_TRUE(eventually([&] {
    return serving.states() == std::vector<std::string>{"alice 1 done"};
  })) << testing::PrintToString(serving.states());
  EXPECT_TRUE(serving.tasks.active().empty());
}

TEST_F(FirstSyncTest, EndsWhereAllHasComeMeanwhile) {
  add("alice", "m");
  {
    api::Accounts accounts(config_, replica::sqlite::Access::kReadWrite);
    api::Metrics metrics;
    api::Replication replication(config_, accounts, metrics);
    indexer::Progress progress;
    (void)replication.sync("alice", {}, progress);
  }
  leave("alice");
  const Serving serving(config_);
  EXPECT_TRUE(eventually([&] {
    return serving.states() == std::vector<std::string>{"alice 1 done"};
  })) << testing::PrintToString(serving.states());
}

TEST_F(FirstSyncTest, OfAnAccountThatIsNoMoreIsCancelled) {
  leave("carol");
  const Serving serving(config_);
  EXPECT_THAT(serving.states(), ElementsAre("carol 1 cancelled"));
}

TEST_F(FirstSyncTest, DoesNotWaitForADatabaseThatIsGone) {
  auto& source = config_.sources[0];
  source.doctypes = {mail::Doctype::kEmails, mail::Doctype::kContents};
  const std::string contents = source.layout.database("alice", mail::Doctype::kContents);
  add("alice", "m");
  couch_.create(contents);
  const auto contents_are_gone = [](Serving& serving) {
    const auto known = serving.accounts.registry().databases_of("alice");
    return std::any_of(known.begin(), known.end(), [](const auto& each) { return each.is_gone; });
  };
  {
    Serving serving(config_);
    ASSERT_TRUE(eventually([&] { return serving.replication.sources().at(0).idle == 2; }));
    couch_.drop(contents);
    ASSERT_TRUE(eventually([&] { return contents_are_gone(serving); }));
  }
  add("alice", "n");
  Serving serving(config_);
  const auto account = serving.accounts.find("alice");
  EXPECT_TRUE(eventually([&] { return account->message_count() == 2; }));
  EXPECT_TRUE(eventually([&] { return account->index_state().pending == 0; }));
  EXPECT_TRUE(serving.tasks.active().empty()) << testing::PrintToString(serving.states());
}

TEST_F(FirstSyncTest, SeveralThatEarlierVersionsLeftBecomeOne) {
  add("alice", "m");
  for (const char* account : {"x", "y", "z"}) leave(account);
  replica::sqlite::Connection(file_, replica::sqlite::Access::kReadWrite,
                              replica::sqlite::Durability::kFull)
      .execute("UPDATE task SET account = 'alice'");
  const Serving serving(config_);
  EXPECT_TRUE(eventually([&] {
    const auto tasks = serving.tasks.list();
    return std::all_of(tasks.begin(), tasks.end(),
                       [](const auto& task) { return task.has_ended(); });
  })) << testing::PrintToString(serving.states());
  EXPECT_EQ(serving.tasks.list().size(), 3U);
}

}  // namespace
