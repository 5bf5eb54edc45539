// What `import` takes from pipes, with a server and without, and how it refuses.
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/end_to_end/davenport.hpp"

namespace end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;

class Importing : public testing::Test {
 protected:
  void mail(const std::string& name, const std::string& subject) {
    support::write_file(davenport_.folder() / "mail" / name,
                        "From: ada@example.org\nX-Label: paid\nSubject: " + subject + "\n\ntext\n");
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (davenport_.folder() / name).string();
  }
  [[nodiscard]] json newest_task() const {
    return davenport_.run_json({"task", "list", "--json"})["tasks"].at(0);
  }
  // "import ACCOUNT" and what follows, by a shell.
  [[nodiscard]] support::ProgramResult in_bash(const std::string& account,
                                               const std::string& words) const {
    std::string line;
    for (const std::string& word : davenport_.command({"import", account}))
      line += "'" + word + "' ";
    return support::run({"bash", "-c", line + words});
  }

  Davenport davenport_;
};

TEST_F(Importing, WhatAShellNamesIsOfTheCommandAndNotOfTheServer) {
  mail("1.eml", "one");
  mail("2.eml", "two");
  davenport_.start_serving();
  const std::string tar = "tar -C '" + path("mail") + "' -c .";
  const std::string lines[] = {"<(" + tar + ")", "/dev/stdin < <(" + tar + ")",
                               "/proc/self/fd/7 7< <(" + tar + ")", "- < <(" + tar + ")"};
  int number = 0;
  for (const std::string& line : lines) {
    const std::string account = "a" + std::to_string(++number);
    const auto imported = in_bash(account, line);
    EXPECT_EQ(imported.exit_code, 0) << line << imported.err;
    EXPECT_EQ(davenport_.run_json({"list", account})["total"], 2) << line;
  }
  const auto file = in_bash("file", "/dev/fd/8 8< '" + path("mail/1.eml") + "'");
  EXPECT_EQ(file.exit_code, 0) << file.err;
  EXPECT_EQ(davenport_.run_json({"list", "file"})["total"], 1);
  davenport_.stop_serving();
}

TEST_F(Importing, APipeThatNobodyWritesToHoldsNothingUp) {
  ASSERT_EQ(::mkfifo((davenport_.folder() / "pipe").c_str(), 0600), 0);
  mail("1.eml", "one");
  davenport_.start_serving();
  const support::Program waits(davenport_.command({"import", "ada", path("pipe")}));
  const auto runs = [this] {
    const auto tasks = davenport_.run_json({"task", "list", "--json"})["tasks"];
    return !tasks.empty() && tasks[0]["state"] == "running";
  };
  ASSERT_TRUE(eventually(runs));
  davenport_.succeed({"task", "cancel", newest_task()["id"]});
  EXPECT_TRUE(eventually([this] { return newest_task()["state"] == "cancelled"; }));
  davenport_.succeed({"import", "ada", path("mail")});

  const support::Program waits_again(davenport_.command({"import", "ada", path("pipe")}));
  ASSERT_TRUE(eventually(runs));
  const auto began = std::chrono::steady_clock::now();
  const auto stopped = davenport_.stop_serving();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
  EXPECT_THAT(stopped.err, Not(HasSubstr("cut off")));
}

TEST_F(Importing, OneThatWritesNothingLeavesNoAccount) {
  mail("1.eml", "one");
  davenport_.succeed({"import", "full", path("mail")});
  support::write_file(davenport_.folder() / "whole.tar", davenport_.run({"export", "full"}).out);
  const std::string whole = support::read_file(davenport_.folder() / "whole.tar");
  support::write_file(davenport_.folder() / "cut.tar", whole.substr(0, whole.size() / 2));
  support::write_file(davenport_.folder() / "none/notes.txt", "no mail");
  for (const bool is_served : {false, true}) {
    if (is_served) davenport_.start_serving();
    EXPECT_EQ(davenport_.run({"import", "empty", path("cut.tar")}).exit_code, 1);
    EXPECT_EQ(davenport_.run({"import", "empty", path("none")}).exit_code, 3);
    EXPECT_FALSE(std::filesystem::exists(davenport_.account_folder("empty"))) << is_served;
    EXPECT_THAT(davenport_.run({"account", "list"}).out, Not(HasSubstr("empty")));
  }
  davenport_.stop_serving();
  EXPECT_EQ(davenport_.run({"import", "full", path("cut.tar")}).exit_code, 1);
  EXPECT_EQ(davenport_.run_json({"list", "full"})["total"], 1) << "it was there before";
}

TEST_F(Importing, WhatItRefusesIsSaidOnce) {
  mail("1.eml", "one");
  davenport_.succeed({"import", "ada", path("mail")});
  const auto empty = davenport_.run({"import", "ada", ""});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("PATH is empty"));
  const auto own = davenport_.run({"import", "ada", path("data/accounts")});
  EXPECT_EQ(own.exit_code, 1);
  EXPECT_THAT(own.err, HasSubstr("davenport's data folder"));
  // One that fails when it has begun.
  ASSERT_EQ(support::run({"tar", "-cf", path("cut.tar"), "-C", path("mail"), "."}).exit_code, 0);
  std::filesystem::resize_file(path("cut.tar"), 1'100);
  const auto cut = davenport_.run({"import", "ada", path("cut.tar")});
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_THAT(cut.err, HasSubstr("cut.tar"));
  EXPECT_EQ(std::count(cut.err.begin(), cut.err.end(), '\n'), 1) << cut.err;
}

TEST_F(Importing, HeadersThatAreConfiguredAreFoundInImportedMail) {
  mail("1.eml", "one");
  davenport_.succeed({"import", "ada", path("mail")});
  const auto refused = davenport_.run({"search", "ada", "header:x-label:paid"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("import again"));
  davenport_.configure("[index]\nheaders = [\"x-label\"]\n");
  davenport_.succeed({"import", "ada", path("mail")});
  EXPECT_EQ(davenport_.run_json({"search", "ada", "header:x-label:paid"})["total"], 1);
}

TEST_F(Importing, FoldersAreFoundByTheirNamesAndExportedApart) {
  const std::vector<std::string> folders = {"a/b", "a-b", "A.B"};
  for (const auto& folder : folders) mail(folder + "/cur/1", "in " + folder);
  davenport_.succeed({"import", "ada", path("mail")});
  for (const auto& folder : folders) {
    const auto list = davenport_.run_json({"list", "ada", "--mailbox", folder});
    ASSERT_EQ(list["total"], 1) << folder;
    EXPECT_EQ(list["messages"][0]["subject"], "in " + folder);
  }
  const auto before = davenport_.everything("ada");
  davenport_.succeed({"import", "ada", path("mail")});
  EXPECT_EQ(davenport_.everything("ada"), before);

  std::string line;
  for (const std::string& word : davenport_.command({"export", "ada"})) line += "'" + word + "' ";
  const auto exported = support::run({"bash", "-c", line + " | tar -t"});
  for (const auto& folder : folders)
    EXPECT_THAT(exported.out, HasSubstr("mail/" + folder + "/")) << exported.err;
}

}  // namespace
}  // namespace end_to_end
