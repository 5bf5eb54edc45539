// Killed at any moment and started again, davenport shows what an undisturbed run shows.
#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <random>
#include <thread>

#include "tests/end_to_end/davenport.hpp"
#include "tests/support/pouchdb_server.hpp"

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

}  // namespace
}  // namespace end_to_end
