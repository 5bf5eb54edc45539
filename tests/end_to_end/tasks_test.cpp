// Long work beside a running server, and what becomes of it when the server ends.
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "tests/end_to_end/davenport.hpp"
#include "tests/support/store_edits.hpp"

namespace end_to_end {
namespace {

using testing::HasSubstr;

constexpr int kMessages = 1'500;

class TasksOfAServer : public testing::Test {
 protected:
  void SetUp() override {
    write_maildir(davenport_.folder() / "mail", kMessages);
    davenport_.succeed({"import", "ada", (davenport_.folder() / "mail").string()});
  }

  [[nodiscard]] json newest_task() const {
    return davenport_.run_json({"task", "list", "--json"})["tasks"].at(0);
  }
  [[nodiscard]] bool becomes(const std::string& id, const std::string& state) const {
    return eventually([&] {
      return davenport_.run_json({"task", "show", id, "--json"})["state"] == state;
    });
  }
  [[nodiscard]] std::vector<std::string> generations() const {
    std::vector<std::string> names;
    for (const auto& item :
         std::filesystem::directory_iterator(davenport_.account_folder("ada") / "derived"))
      if (item.is_directory()) names.push_back(item.path().filename());
    return names;
  }

  // The id of the task that it leaves.
  [[nodiscard]] std::string kill_a_server_that_reindexes() {
    davenport_.start_serving();
    davenport_.succeed({"reindex", "ada", "--rate", "400"});
    EXPECT_TRUE(eventually([&] { return newest_task()["done"] > 0; }));
    davenport_.server().signal(SIGKILL);
    (void)davenport_.server().wait();
    return newest_task()["id"];
  }

  Davenport davenport_;
};

TEST_F(TasksOfAServer, AReindexGoesOnAfterAKill) {
  const auto before = davenport_.everything("ada");
  const std::string id = kill_a_server_that_reindexes();
  EXPECT_EQ(newest_task()["state"], "queued") << "nobody has it, and it is not lost";
  EXPECT_THAT(davenport_.run({"task", "list"}).out,
              testing::HasSubstr("to go on when a server runs"));
  EXPECT_EQ(generations().size(), 2U);

  davenport_.start_serving();
  EXPECT_TRUE(becomes(id, "done"));
  EXPECT_EQ(generations().size(), 1U);
  EXPECT_EQ(davenport_.everything("ada"), before);
}

TEST_F(TasksOfAServer, AStopDoesNotWaitAndLosesNothing) {
  davenport_.start_serving();
  davenport_.succeed({"reindex", "ada", "--rate", "50"});
  const std::string id = newest_task()["id"];
  ASSERT_TRUE(becomes(id, "running"));
  const auto began = std::chrono::steady_clock::now();
  davenport_.stop_serving();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_EQ(newest_task()["state"], "queued");
}

TEST_F(TasksOfAServer, ACancelledReindexLeavesNothing) {
  davenport_.start_serving();
  davenport_.succeed({"reindex", "ada", "--rate", "50"});
  const std::string id = newest_task()["id"];
  ASSERT_TRUE(becomes(id, "running"));
  davenport_.succeed({"task", "cancel", id});
  EXPECT_TRUE(becomes(id, "cancelled"));
  EXPECT_EQ(generations().size(), 1U);
  EXPECT_EQ(davenport_.run({"task", "cancel", id}).exit_code, 1) << "it has ended";
  EXPECT_EQ(davenport_.run({"task", "show", "4711"}).exit_code, 1);
}

TEST_F(TasksOfAServer, WhatAKilledServerLeftIsCancelledWithoutOne) {
  const auto before = davenport_.everything("ada");
  const std::string id = kill_a_server_that_reindexes();
  ASSERT_EQ(generations().size(), 2U);
  EXPECT_THAT(davenport_.run({"task", "cancel", id}).out, HasSubstr("cancelled"));
  EXPECT_EQ(newest_task()["state"], "cancelled");
  EXPECT_EQ(generations().size(), 1U);
  EXPECT_EQ(davenport_.run({"task", "cancel", id}).exit_code, 1) << "it has ended";
  EXPECT_EQ(davenport_.everything("ada"), before);
}

TEST_F(TasksOfAServer, PartsAreRenewedAndAccountsCompacted) {
  davenport_.start_serving();
  const auto before = davenport_.everything("ada");
  davenport_.succeed({"reindex", "ada", "--query", "word7 OR word8", "--wait"});
  EXPECT_NE(newest_task()["outcome"].get<std::string>().find("2 entries renewed"),
            std::string::npos)
      << newest_task();
  const auto refused = davenport_.run({"reindex", "ada", "--query", "(word7"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("(position 0 of the query)"), std::string::npos) << refused.err;
  davenport_.succeed({"reindex", "--all", "--failed", "--wait"});
  davenport_.succeed({"compact", "--all", "--wait"});
  EXPECT_EQ(davenport_.everything("ada"), before);
}

TEST(TasksOfAll, EachLineNamesItsAccount) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 2);
  for (const char* account : {"ada", "bob"})
    davenport.succeed({"import", account, (davenport.folder() / "mail").string()});
  for (const bool is_served : {false, true}) {
    if (is_served) davenport.start_serving();
    for (const char* command : {"compact", "reindex"}) {
      const std::string out = davenport.run({command, "--all", "--wait"}).out;
      EXPECT_EQ(out.find("ada: "), 0U) << out;
      EXPECT_NE(out.find("\nbob: "), std::string::npos) << out;
    }
  }
  davenport.stop_serving();
}

TEST_F(TasksOfAServer, ABackupOfAnAccountInUseIsThatAccount) {
  davenport_.start_serving();
  const auto before = davenport_.everything("ada");
  const auto copy = davenport_.folder() / "copy";
  davenport_.succeed({"backup", "ada", copy.string()});
  EXPECT_EQ(davenport_.run({"backup", "ada", copy.string()}).exit_code, 1);
  davenport_.stop_serving();
  std::filesystem::rename(copy, davenport_.account_folder("eve"));
  EXPECT_EQ(davenport_.everything("eve"), before);
  davenport_.succeed({"import", "eve", (davenport_.folder() / "mail").string()});
  EXPECT_EQ(davenport_.everything("eve"), before);
}

TEST_F(TasksOfAServer, ABackupIsNotWrittenIntoTheDataFolderNorAroundIt) {
  namespace fs = std::filesystem;
  const auto data = davenport_.folder() / "data";
  fs::create_directory_symlink(data / "accounts", davenport_.folder() / "link");
  const auto refusal = [&](const fs::path& folder) {
    const auto said = davenport_.run({"backup", "ada", folder.string()});
    EXPECT_EQ(said.exit_code, 1) << folder << said.out;
    return said.err;
  };
  const auto derived = davenport_.account_folder("ada") / "derived";
  for (const bool is_served : {false, true}) {
    if (is_served) davenport_.start_serving();
    for (const auto& folder :
         {data / "copy", data / "accounts/zed", derived / "copy", davenport_.folder() / "link/zed",
          davenport_.folder() / "data/../data/copy/deep"})
      EXPECT_THAT(refusal(folder), testing::HasSubstr("is in the data folder")) << folder;
    EXPECT_THAT(refusal(davenport_.folder()), testing::HasSubstr("contains the data folder"));
    EXPECT_THAT(refusal(""), testing::HasSubstr("name the folder"));
    EXPECT_THAT(refusal("/proc/davenport"), testing::HasSubstr("/proc/davenport cannot be made"));
    EXPECT_THAT(refusal(davenport_.folder() / "davenport.toml"),
                testing::HasSubstr("is there already"));
  }
  EXPECT_FALSE(fs::exists(data / "copy"));
  EXPECT_FALSE(fs::exists(data / "accounts/zed"));
  EXPECT_FALSE(fs::exists(derived / "copy"));
}

TEST_F(TasksOfAServer, ACommandWithoutAServerIsATaskToo) {
  EXPECT_EQ(newest_task()["kind"], "import");
  EXPECT_EQ(newest_task()["state"], "done");
  support::Program reindex(davenport_.command({"reindex", "ada", "--rate", "50"}));
  ASSERT_TRUE(eventually([&] { return newest_task()["kind"] == "reindex"; }));
  davenport_.succeed({"task", "cancel", newest_task()["id"]});
  EXPECT_EQ(reindex.wait().exit_code, 1);
  EXPECT_EQ(newest_task()["state"], "cancelled");

  support::Program interrupted(davenport_.command({"reindex", "ada", "--rate", "50"}));
  ASSERT_TRUE(eventually([&] { return newest_task()["state"] == "running"; }));
  interrupted.signal(SIGINT);
  EXPECT_EQ(interrupted.wait().exit_code, 1);
  EXPECT_EQ(generations().size(), 1U);
}

TEST(Tasks, AnAccountThatFailsKeepsNoOtherFromItsReindex) {
  Davenport davenport;
  for (const char* name : {"alice", "bob", "cyd"})
    davenport.succeed({"import", name, DAVENPORT_SOURCE_DIR "/data/sample/mbox/choir.mbox"});
  support::mark_as_newer(davenport.account_folder("bob") / "store/io-cozy-emails.db");
  for (const bool is_served : {false, true}) {
    if (is_served) davenport.start_serving();
    for (const char* work : {"reindex", "compact"}) {
      const auto said = davenport.run({work, "--all", "--wait"});
      EXPECT_EQ(said.exit_code, 1);
      EXPECT_THAT(said.out, HasSubstr("alice: "));
      EXPECT_THAT(said.out, HasSubstr("cyd: "));
      EXPECT_THAT(said.err, HasSubstr("davenport: bob: "));
      EXPECT_THAT(said.err, HasSubstr("use the newer program")) << "the admin socket is told why";
    }
  }
}

TEST(Tasks, ACommandOfRootActsAsTheOwnerOfTheDataFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can";
  constexpr uid_t kNobody = 65'534;
  const Davenport davenport;
  std::filesystem::permissions(davenport.folder(), std::filesystem::perms(0755));
  std::filesystem::create_directories(davenport.folder() / "data");
  ASSERT_EQ(::chown((davenport.folder() / "data").c_str(), kNobody, kNobody), 0);
  support::write_file(davenport.folder() / "mail.eml", "Subject: Hello\n\nwords\n");
  davenport.succeed({"import", "ada", (davenport.folder() / "mail.eml").string()});
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(davenport.folder() / "data")) {
    struct stat file {};
    ASSERT_EQ(::stat(entry.path().c_str(), &file), 0);
    EXPECT_EQ(file.st_uid, kNobody) << entry.path();
  }
}

}  // namespace
}  // namespace end_to_end
