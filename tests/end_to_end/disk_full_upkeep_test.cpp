// A disk that is full while an account is examined, mended, compacted or copied: nothing is damaged, what is said helps, and it
// works when there is room.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <random>

#include "tests/end_to_end/davenport.hpp"
#include "tests/end_to_end/small_disk.hpp"
#include "tests/support/memory_couchdb.hpp"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int kDocuments = 150;

std::string words(std::mt19937& random) {
  std::string text;
  for (int i = 0; i < 250; ++i) text += fmt::format("w{:x} ", random() % 5'000);
  return text;
}

class FullDiskUpkeep : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.is_mounted()) GTEST_SKIP() << "needs root, to mount a small file system";
    const std::string emails = "ada/io-cozy-emails";
    couch_.create(emails);
    std::mt19937 random(1);
    for (int i = 0; i < kDocuments; ++i) {
      const auto id = fmt::format("m{}", i);
      couch_.put(emails, id,
                 fmt::format(R"({{"subject":"Subject {0}","receivedAt":"2021-01-01T00:00:00Z",)"
                             R"("text":"everywhere word{0} {1}"}})",
                             i, words(random)));
      couch_.attach(emails, id, "a.txt", "text/plain", fmt::format("attached {}", i));
    }
    davenport_.succeed({"sync", "ada", "--once"});
    seen_ = davenport_.everything("ada");
  }

  [[nodiscard]] fs::path account() const { return davenport_.account_folder("ada"); }
  [[nodiscard]] std::vector<std::string> moved_aside() const {
    std::vector<std::string> names;
    for (const auto& item : fs::recursive_directory_iterator(account())) {
      auto name = item.path().filename().string();
      if (name.find(".damaged-") != std::string::npos) names.push_back(std::move(name));
    }
    return names;
  }
  void expect_sound() const {
    const auto said = davenport_.run({"doctor", "ada", "--source"});
    EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
    EXPECT_EQ(davenport_.everything("ada"), seen_);
  }

  support::MemoryCouchdb couch_;
  Davenport davenport_{couch_.url(), "ada"};
  SmallDisk disk_{davenport_.folder() / "data", "16m"};
  json seen_;
};

TEST_F(FullDiskUpkeep, TheDoctorTakesNoFullDiskForDamage) {
  int refused = 0;
  for (const std::uint64_t left : {24, 64, 100, 150}) {
    for (const char* mode : {"--source", "--repair"}) {
      disk_.fill(left << 10U);
      const auto said = davenport_.run({"doctor", "ada", mode});
      disk_.empty();
      EXPECT_THAT(moved_aside(), IsEmpty()) << left << mode;
      if (said.exit_code == 0) continue;
      ++refused;
      EXPECT_EQ(said.exit_code, 1) << left << mode << said.out << said.err;
      EXPECT_THAT(said.err, AnyOf(HasSubstr("no space left on"), HasSubstr("make room"),
                                  HasSubstr("No space left")))
          << left << mode;
      EXPECT_THAT(said.err, Not(HasSubstr("damaged"))) << left << mode;
    }
  }
  expect_sound();
  EXPECT_GT(refused, 2);
}

TEST_F(FullDiskUpkeep, ADamagedStoreStaysWhereItIsUntilThereIsRoomForAnotherOne) {
  const auto store = account() / "store/io-cozy-emails.db", blobs = account() / "blobs/packed.db";
  for (const auto& file : {store, blobs}) {
    fs::resize_file(file, fs::file_size(file) / 2);
    const auto damaged = support::read_file(file);
    disk_.fill(800U << 10U);
    auto said = davenport_.run({"doctor", "ada", "--repair"});
    EXPECT_EQ(said.exit_code, 1) << said.out << said.err;
    EXPECT_THAT(said.err, HasSubstr("to fetch again what is in damaged files needs"));
    EXPECT_EQ(support::read_file(file), damaged);
    disk_.empty();
    said = davenport_.run({"doctor", "ada", "--repair"});
    EXPECT_EQ(said.exit_code, 0) << said.out << said.err;
    EXPECT_THAT(said.out, HasSubstr("was moved aside"));
    expect_sound();
  }
}

TEST_F(FullDiskUpkeep, CompactSpeaksOfItselfAndAFailedReindexLeavesNothing) {
  for (const std::uint64_t left : {300, 600}) {
    disk_.fill(left << 10U);
    EXPECT_EQ(davenport_.run({"reindex", "ada"}).exit_code, 1) << left;
    EXPECT_FALSE(fs::exists(account() / "derived/next")) << left;
    const auto said = davenport_.run({"compact", "ada"});
    EXPECT_EQ(said.exit_code, 1) << left << said.out;
    EXPECT_THAT(said.err, HasSubstr("compacting lists and text index needs")) << left;
    EXPECT_THAT(said.err, Not(HasSubstr("reindex"))) << left;
    disk_.empty();
    davenport_.succeed({"compact", "ada"});
    expect_sound();
  }
}

TEST_F(FullDiskUpkeep, CompactTakesTheRoomOfAReindexThatWasNotEnded) {
  const auto derived = account() / "derived";
  const auto live = support::read_file(derived / "current");
  const auto left = "c" + live.substr(1, live.find('-') - 1) + "-0000000000000000";
  fs::copy(derived / live.substr(0, live.size() - 1), derived / left, fs::copy_options::recursive);
  support::write_file(derived / "next", left + "\n");
  disk_.fill(500U << 10U);
  davenport_.succeed({"compact", "ada"});
  EXPECT_FALSE(fs::exists(derived / left));
  disk_.empty();
  expect_sound();
}

TEST_F(FullDiskUpkeep, ABackupToAFullDiskLeavesNothingThereAndPausesNothing) {
  const SmallDisk there(davenport_.folder() / "there", "200k");
  const auto in_there = [&](const char* name) {
    return (davenport_.folder() / "there" / name).string();
  };
  fs::create_directory(in_there("empty"));
  davenport_.start_serving();
  for (const char* name : {"empty", "new", "some/where"}) {
    const auto said = davenport_.run({"backup", "ada", in_there(name)});
    EXPECT_EQ(said.exit_code, 1) << said.out;
    EXPECT_THAT(said.err, HasSubstr("no room for the backup in " + in_there(name)));
  }
  EXPECT_EQ(http("GET", davenport_.url("/healthz")).body()["status"], "ok");
  EXPECT_TRUE(fs::is_empty(in_there("empty")));
  EXPECT_FALSE(fs::exists(in_there("new")));
  EXPECT_FALSE(fs::exists(in_there("some")));
  davenport_.stop_serving();
  there.resize("40m");
  for (const char* name : {"empty", "new", "some/where"}) {
    davenport_.succeed({"backup", "ada", in_there(name)});
    EXPECT_TRUE(fs::exists(fs::path(in_there(name)) / "store/io-cozy-emails.db"));
  }
  expect_sound();
}

}  // namespace
}  // namespace end_to_end
