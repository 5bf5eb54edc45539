// Files of the formats before: every command does with them what it does with new ones.
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/sqlite.hpp"
#include "tests/end_to_end/davenport.hpp"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;

void execute(const fs::path& file, const char* statements) {
  const replica::sqlite::Connection connection(file, replica::sqlite::Access::kReadWrite,
                                               replica::sqlite::Durability::kFull);
  connection.execute(statements);
  connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

// Undoes what data/schema/*_upgrade.sql does.
void make_formats_before(const Davenport& davenport) {
  const auto account = davenport.account_folder("ada");
  for (const auto& store : fs::directory_iterator(account / "store")) {
    if (store.path().extension() == ".db")
      execute(store.path(), "ALTER TABLE bodies DROP COLUMN crc; PRAGMA user_version=2");
  }
  execute(account / "blobs/packed.db", "ALTER TABLE blobs DROP COLUMN gzip; PRAGMA user_version=1");
  execute(account / "extracts.db", "ALTER TABLE extracts DROP COLUMN sum; PRAGMA user_version=2");
}

class Upgrade : public testing::Test {
 protected:
  Upgrade() {
    write_maildir(davenport_.folder() / "mail", 40);
    for (int i = 0; i < 5; ++i) {
      support::write_file(
          davenport_.folder() / "mail/Inbox/cur" / fmt::format("a{}.test:2,S", i),
          fmt::format(
              "From: a@example.org\nSubject: attached {0}\nMessage-ID: <a{0}@x>\nMIME-Version: "
              "1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
              "text/plain\n\nsee below\n--b\nContent-Type: text/csv; "
              "name=t.csv\nContent-Disposition: attachment\n\nzither{0},everywhere\n--b--\n",
              i));
    }
    davenport_.succeed({"import", "ada", (davenport_.folder() / "mail").string()});
    seen_ = all();
  }
  [[nodiscard]] json all() const {
    json seen = davenport_.everything("ada");
    seen["attached"] = subjects(davenport_.run_json({"search", "ada", "attachment:zither3"}));
    return seen;
  }

  Davenport davenport_;
  json seen_;
};

TEST_F(Upgrade, EveryCommandWorksOnFilesOfTheFormatsBefore) {
  ASSERT_EQ(seen_["attached"].size(), 1U);
  const auto data = davenport_.folder() / "data", copy = davenport_.folder() / "copy";
  make_formats_before(davenport_);
  fs::copy(data, copy, fs::copy_options::recursive);
  const auto backup = (davenport_.folder() / "backup").string();
  const std::vector<std::string> commands[] = {
      {"status"},
      {"backup", "ada", backup},
      {"export", "ada"},
      {"doctor", "ada"},
      {"doctor", "ada", "--repair"},
      {"compact", "ada"},
      {"reindex", "ada"},
      {"reindex", "ada", "--query", "everywhere"},
      {"reindex", "ada", "--failed"},
      {"import", "ada", (davenport_.folder() / "mail").string()}};
  for (const auto& command : commands) {
    fs::remove_all(data);
    fs::remove_all(backup);
    fs::copy(copy, data, fs::copy_options::recursive);
    davenport_.succeed(command);
    EXPECT_EQ(all(), seen_) << command.front();
    davenport_.succeed({"doctor", "ada"});
  }
}

TEST_F(Upgrade, AServerGoesOnWithFilesOfTheFormatsBefore) {
  make_formats_before(davenport_);
  EXPECT_EQ(all(), seen_) << "without a server";
  davenport_.start_serving();
  EXPECT_EQ(all(), seen_);
  davenport_.succeed({"backup", "ada", (davenport_.folder() / "backup").string()});
  davenport_.succeed({"doctor", "ada"});
  EXPECT_EQ(davenport_.stop_serving().exit_code, 0);
}

}  // namespace
}  // namespace end_to_end
