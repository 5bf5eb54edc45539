// A disk that fills up while everything goes on: a small file system in memory, which only root can mount.
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <thread>

#include "tests/end_to_end/davenport.hpp"
#include "tests/end_to_end/small_disk.hpp"
#include "tests/support/memory_couchdb.hpp"

namespace end_to_end {
namespace {

using testing::HasSubstr;

std::size_t times(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string health(const Davenport& davenport) {
  return http("GET", davenport.url("/healthz")).body()["status"];
}

void fill(support::MemoryCouchdb& couch, int messages) {
  constexpr std::size_t kBody = 4'000;
  const std::string emails = "ada/io-cozy-emails";
  couch.create(emails);
  std::uint64_t random = 1;
  for (int i = 0; i < messages; ++i) {
    std::string text;
    while (text.size() < kBody) {
      random = random * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      text += fmt::format("w{:x} ", random >> 24U);
    }
    couch.put(emails, fmt::format("m{}", i),
              fmt::format(R"({{"subject":"Subject {}","receivedAt":"2021-01-01T00:00:00Z",)"
                          R"("text":"everywhere","filler":"{}"}})",
                          i, text));
  }
}

TEST(DiskFull, PullingPausesWhileReadingGoesOnAndResumesByItself) {
  constexpr int kMessages = 6'000;
  support::MemoryCouchdb couch;
  fill(couch, kMessages);
  Davenport davenport(couch.url(), "ada");
  const SmallDisk disk(davenport.folder() / "data", "12m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs root, to mount a small file system";
  davenport.start_serving();
  ASSERT_TRUE(eventually([&] { return health(davenport) == "noSpace"; }))
      << davenport.server().err_so_far();
  const auto list = [&] { return http("GET", davenport.url("/v1/accounts/ada/messages")); };
  EXPECT_EQ(list().status, 200) << list().payload;
  const auto status = davenport.run({"status"});
  EXPECT_THAT(status.out, HasSubstr("PAUSED: no space left on"));
  EXPECT_THAT(http("GET", davenport.url("/metrics")).payload, HasSubstr("davenport_disk_full 1"));
  std::this_thread::sleep_for(std::chrono::seconds(12));
  EXPECT_EQ(times(davenport.server().err_so_far(), "error no space left on"), 1U)
      << davenport.server().err_so_far();

  disk.resize("400m");
  EXPECT_TRUE(eventually([&] { return list().body()["total"] == kMessages; })) << list().payload;
  EXPECT_TRUE(eventually([&] { return health(davenport) == "ok"; }));
  EXPECT_TRUE(eventually([&] {
    const auto found =
        http("GET", davenport.url("/v1/accounts/ada/search?q=everywhere&snippets=false"));
    return found.status == 200 && found.body()["total"] == kMessages;
  }));
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
  davenport.succeed({"reindex", "ada"});  // which reads every document
  EXPECT_EQ(davenport.run_json({"list", "ada", "--limit", "1"})["total"], kMessages);
}

TEST(DiskFull, AReindexThatFindsNoRoomLeavesTheOldOne) {
  Davenport davenport;
  const SmallDisk disk(davenport.folder() / "data", "60m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs root, to mount a small file system";
  write_maildir(davenport.folder() / "mail", 2'000);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto expected = davenport.everything("ada");
  davenport.start_serving();
  disk.fill(512U << 10U);
  (void)davenport.run({"reindex", "ada"});  // a task, which waits or fails
  std::this_thread::sleep_for(std::chrono::seconds(3));
  EXPECT_EQ(http("GET", davenport.url("/v1/accounts/ada/messages")).body()["total"], 2'000);
  davenport.server().signal(SIGKILL);
  (void)davenport.server().wait();
  disk.empty();
  davenport.start_serving();
  EXPECT_EQ(davenport.everything("ada"), expected);
  davenport.succeed({"reindex", "ada", "--wait"});
  EXPECT_EQ(davenport.everything("ada"), expected);
}

TEST(DiskFull, AnImportThatFindsNoRoomIsDoneAgainLater) {
  Davenport davenport;
  const SmallDisk disk(davenport.folder() / "data", "12m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs root, to mount a small file system";
  write_maildir(davenport.folder() / "mail", 4'000);
  const auto failed = davenport.run({"import", "ada", (davenport.folder() / "mail").string()});
  EXPECT_EQ(failed.exit_code, 1) << failed.out;
  EXPECT_THAT(failed.err, testing::AnyOf(HasSubstr("no space left"), HasSubstr("No space left")));
  disk.resize("200m");
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  EXPECT_EQ(davenport.run_json({"list", "ada", "--limit", "1"})["total"], 4'000);
}

TEST(DiskFull, ReadingNeedsNoRoomAtAll) {
  const Davenport davenport;
  const SmallDisk disk(davenport.folder() / "data", "12m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs root, to mount a small file system";
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  disk.fill(0);
  EXPECT_EQ(std::filesystem::space(davenport.folder() / "data").available, 0);
  (void)davenport.run({"doctor", "nell"});  // it would write, and fails
  for (const auto& read : {std::vector<std::string>{"list", "nell"},
                           {"search", "nell", "harpsichord"},
                           {"status"},
                           {"task", "list"}}) {
    const auto said = davenport.run(read);
    EXPECT_EQ(said.exit_code, 0) << read.front() << ": " << said.err;
  }
  const auto rescued = davenport.folder() / "nell.tar";
  auto line = davenport.command({"export", "nell"});
  std::string quoted;
  for (const auto& word : line) quoted += "'" + word + "' ";
  EXPECT_EQ(support::run({"sh", "-c", quoted + "> '" + rescued.string() + "'"}).exit_code, 0);
  const Davenport other;
  other.succeed({"import", "nell", rescued.string()});
  EXPECT_EQ(other.everything("nell"), davenport.everything("nell"));
}

TEST(DiskFull, AServerStartsOnADiskThatFilledUpMeanwhile) {
  Davenport davenport;
  const SmallDisk disk(davenport.folder() / "data", "24m");
  if (!disk.is_mounted()) GTEST_SKIP() << "needs root, to mount a small file system";
  davenport.succeed({"import", "nell", DAVENPORT_SOURCE_DIR "/data/sample/mail"});
  const auto expected = davenport.everything("nell");
  davenport.start_serving();
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
  disk.fill(0);
  EXPECT_EQ(std::filesystem::space(davenport.folder() / "data").available, 0);
  davenport.start_serving();
  EXPECT_EQ(davenport.everything("nell"), expected);
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

}  // namespace
}  // namespace end_to_end
