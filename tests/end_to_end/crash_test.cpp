// Killed at any moment and started again, davenport shows what an undisturbed run shows.
#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <random>
#include <thread>

#include "replica/sqlite.hpp"
#include "tests/end_to_end/davenport.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/power_cut.hpp"

namespace end_to_end {
namespace {

constexpr int kMessages = 400;
constexpr int kKills = 12;
constexpr unsigned kSeed = 20'260'101;

// Starts the command and kills it after a random time, again and again; then lets it finish.
void run_with_kills(const Davenport& davenport, const std::vector<std::string>& arguments,
                    int longest_milliseconds) {
  std::mt19937 random(kSeed);
  for (int kill = 0; kill < kKills; ++kill) {
    support::Program program(davenport.command(arguments));
    std::this_thread::sleep_for(
        std::chrono::milliseconds(random() % static_cast<unsigned>(longest_milliseconds)));
    program.signal(SIGKILL);
    program.wait();
  }
  davenport.succeed(arguments);
}

TEST(Crash, ASyncThatIsKilledConverges) {
  const support::PouchdbServer server;
  const Davenport importer;
  write_maildir(importer.folder() / "mail", kMessages);
  importer.succeed(
      {"import", "alice", (importer.folder() / "mail").string(), "--into", server.url()});
  const Davenport undisturbed(server.url(), "alice");
  undisturbed.succeed({"sync", "alice", "--once"});
  const Davenport killed(server.url(), "alice");
  run_with_kills(killed, {"sync", "alice", "--once"}, 600);
  EXPECT_EQ(killed.everything("alice"), undisturbed.everything("alice"));
  EXPECT_EQ(killed.everything("alice")["list"].size(), static_cast<std::size_t>(kMessages));
}

TEST(Crash, AReindexThatIsKilledLeavesEverything) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", kMessages);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto before = davenport.everything("ada");
  run_with_kills(davenport, {"reindex", "ada"}, 400);
  EXPECT_EQ(davenport.everything("ada"), before);
  std::size_t generations = 0;
  for (const auto& item :
       std::filesystem::directory_iterator(davenport.account_folder("ada") / "derived")) {
    generations += item.is_directory() ? 1 : 0;
  }
  EXPECT_EQ(generations, 1u) << "leftovers of killed rebuilds are swept";
}

TEST(Crash, AnImportThatIsKilledAndRepeatedIsWhole) {
  const Davenport undisturbed;
  const Davenport killed;
  write_maildir(undisturbed.folder() / "mail", kMessages);
  const auto mail = (undisturbed.folder() / "mail").string();
  undisturbed.succeed({"import", "ada", mail});
  run_with_kills(killed, {"import", "ada", mail}, 300);
  EXPECT_EQ(killed.everything("ada"), undisturbed.everything("ada"));
}

// The lists' file is synced now and then, a text index whenever it is complete: numbers that the one names the other has.
TEST(Crash, ATextIndexOutlivesAPowerCutOnlyWithTheNumbersOfItsEntries) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 20);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto derived = davenport.account_folder("ada") / "derived";
  auto live = support::read_file(derived / "current");
  live.pop_back();
  // As it is before the text is indexed for the first time.
  std::filesystem::remove_all(derived / live / "index");
  replica::sqlite::Connection(derived / live / "catalog.db", replica::sqlite::Access::kReadWrite,
                              replica::sqlite::Durability::kFull)
      .execute(
          "UPDATE entries SET number = NULL; UPDATE meta SET value = '0' WHERE key = 'numbered'");

  const support::PowerCut power_cut(davenport.folder() / "data", davenport.folder() / "shadow");
  power_cut.begin();
  {
    support::Program server(power_cut.preloaded(davenport.command({"serve"})));
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(derived / live / "index"); }))
        << server.err_so_far();
    server.signal(SIGKILL);
    server.wait();
  }
  power_cut.strike();

  ASSERT_TRUE(std::filesystem::exists(derived / live / "index"));
  write_maildir(davenport.folder() / "mail", 30);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto report = davenport.run_json({"doctor", "ada"});
  EXPECT_EQ(report["checked"]["index"], 30);
  EXPECT_TRUE(report["differences"].empty()) << report;
}

}  // namespace
}  // namespace end_to_end
