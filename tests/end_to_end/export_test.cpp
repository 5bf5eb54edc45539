// An account that goes to another data folder as a tar: whole, in increments, through encryption, and through crashes.
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <thread>

#include "tests/end_to_end/davenport.hpp"
#include "tests/support/pouchdb_server.hpp"

namespace end_to_end {
namespace {

std::string line_of(const Davenport& davenport, const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& word : davenport.command(arguments)) line += "'" + word + "' ";
  return line;
}

// A pipe of commands, as a shell runs it; fails when one of them does.
support::ProgramResult shell(const std::string& line) {
  return support::run({"bash", "-c", "set -o pipefail; " + line});
}

// Exports into a file; returns the state that the export ends with.
std::string export_to(const Davenport& davenport, const std::string& account,
                      const std::filesystem::path& file, const std::string& since = "") {
  std::vector<std::string> arguments = {"export", account};
  if (!since.empty()) arguments.insert(arguments.end(), {"--since", since});
  const auto result = shell(line_of(davenport, arguments) + "> '" + file.string() + "'");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto at = result.err.find("state: ");
  EXPECT_NE(at, std::string::npos) << result.err;
  return result.err.substr(at + 7, result.err.find('\n', at) - at - 7);
}

// What `everything` shows, and the revisions.
json whole(const Davenport& davenport, const std::string& account) {
  json seen = davenport.everything(account);
  seen["rows"] = davenport.run_json({"list", account, "--limit", "500"})["messages"];
  return seen;
}

void put(const std::string& url, json document) {
  const auto answer = http("PUT", url + "/" + document["_id"].get<std::string>(), document.dump());
  ASSERT_LT(answer.status, 300) << answer.payload;
}

json get(const std::string& url) { return http("GET", url).body(); }

TEST(Export, AFullOneAndIncrementsMakeTheSameAccount) {
  const support::PouchdbServer server;
  const Davenport filler;
  write_maildir(filler.folder() / "mail", 30);
  filler.succeed({"import", "alice", (filler.folder() / "mail").string(), "--into", server.url()});
  Davenport from(server.url(), "alice");
  const Davenport to;
  const auto tar = [&](int number) { return to.folder() / fmt::format("{}.tar", number); };
  from.succeed({"sync", "alice", "--once"});
  const auto first = export_to(from, "alice", tar(1));

  // A keyword, a body, a deletion.
  const std::string emails = server.url() + "/alice%2Fio-cozy-emails";
  const std::string contents = server.url() + "/alice%2Fio-cozy-email-contents";
  const auto rows = from.run_json({"list", "alice"})["messages"];
  json changed = get(emails + "/" + rows[0]["docId"].get<std::string>());
  changed["keywords"]["$flagged"] = true;
  put(emails, changed);
  json body = get(contents + "/" + rows[1]["docId"].get<std::string>() + ":text");
  body["content"] = "Replaced, and word1 is everywhere.";
  put(contents, body);
  json gone = get(emails + "/" + rows[2]["docId"].get<std::string>());
  put(emails, {{"_id", gone["_id"]}, {"_rev", gone["_rev"]}, {"_deleted", true}});
  from.succeed({"sync", "alice", "--once"});
  from.start_serving();  // which does not stand in the way
  const auto second = export_to(from, "alice", tar(2), first);
  from.stop_serving();
  // A conflict.
  const auto conflicting = http("POST", emails + "/_bulk_docs",
                                json({{"new_edits", false},
                                      {"docs",
                                       {{{"_id", rows[3]["docId"]},
                                         {"subject", "another"},
                                         {"_rev", "1-ffff0000ffff0000ffff0000ffff0000"}}}}})
                                    .dump());
  ASSERT_LT(conflicting.status, 300) << conflicting.payload;
  from.succeed({"sync", "alice", "--once"});
  export_to(from, "alice", tar(3), second);

  to.succeed({"import", "bob", tar(1).string()});
  const auto missing = to.run({"import", "bob", tar(3).string()});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("one between them is missing"), std::string::npos) << missing.err;
  to.succeed({"import", "bob", tar(2).string()});
  to.succeed({"import", "bob", tar(2).string()});
  to.succeed({"import", "bob", tar(3).string()});
  EXPECT_EQ(whole(to, "bob"), whole(from, "alice"));
  EXPECT_EQ(to.run_json({"list", "bob", "--flagged"})["total"], 1);
  for (const auto& row : from.run_json({"list", "alice"})["messages"]) {
    const std::string id = row["id"];
    EXPECT_EQ(to.run({"show", "bob", id, "--text"}).out,
              from.run({"show", "alice", id, "--text"}).out);
    EXPECT_EQ(to.run({"show", "bob", id, "--raw"}).out,
              from.run({"show", "alice", id, "--raw"}).out);
  }
}

TEST(Export, GoesThroughAgeAndBack) {
  const Davenport davenport;
  const std::string folder = davenport.folder().string();
  write_maildir(davenport.folder() / "mail", 20);
  davenport.succeed({"import", "ada", folder + "/mail"});
  const auto key =
      shell(fmt::format("age-keygen -o '{0}/key' 2>/dev/null && age-keygen -y '{0}/key'", folder));
  ASSERT_EQ(key.exit_code, 0) << key.err;
  const std::string recipient = key.out.substr(0, key.out.find('\n'));
  const auto through =
      shell(line_of(davenport, {"export", "ada"}) + "| age -r " + recipient + " | age -d -i '" +
            folder + "/key' | " + line_of(davenport, {"import", "bob", "-"}));
  EXPECT_EQ(through.exit_code, 0) << through.err;
  EXPECT_EQ(whole(davenport, "bob"), whole(davenport, "ada"));
}

TEST(Export, AServerTakesOneFromAPipe) {
  Davenport davenport;
  const std::string folder = davenport.folder().string();
  write_maildir(davenport.folder() / "mail", 20);
  davenport.succeed({"import", "ada", folder + "/mail"});
  davenport.start_serving();
  const auto imported = shell(line_of(davenport, {"export", "ada"}) + "| " +
                              line_of(davenport, {"import", "bob", "-"}));
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(whole(davenport, "bob"), whole(davenport, "ada"));
  // Mail in a tar, by the same way.
  const auto mail =
      shell("tar -C '" + folder + "/mail' -cz . | " + line_of(davenport, {"import", "carol", "-"}));
  EXPECT_EQ(mail.exit_code, 0) << mail.err;
  EXPECT_EQ(davenport.everything("carol"), davenport.everything("ada"));
  davenport.stop_serving();
}

TEST(Export, AnImportOfOneThatIsKilledGoesOn) {
  const Davenport davenport;
  const std::string folder = davenport.folder().string();
  write_maildir(davenport.folder() / "mail", 400);
  davenport.succeed({"import", "ada", folder + "/mail"});
  export_to(davenport, "ada", davenport.folder() / "ada.tar");
  std::mt19937 random(20'261'125);
  for (int kill = 0; kill < 12; ++kill) {
    support::Program program(davenport.command({"import", "bob", folder + "/ada.tar"}));
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
    program.signal(SIGKILL);
    program.wait();
  }
  davenport.succeed({"import", "bob", folder + "/ada.tar"});
  EXPECT_EQ(whole(davenport, "bob"), whole(davenport, "ada"));
}

TEST(Export, ReplacedMailOfAnImportedMaildirFollows) {
  const Davenport davenport;
  const auto mail = davenport.folder() / "mail";
  write_maildir(mail, 5);
  davenport.succeed({"import", "ada", mail.string()});
  EXPECT_EQ(davenport.run_json({"list", "ada", "--unread"})["total"], 2);
  std::filesystem::rename(mail / "Inbox/cur/0.test:2,", mail / "Inbox/cur/0.test:2,S");
  davenport.succeed({"import", "ada", mail.string()});
  EXPECT_EQ(davenport.run_json({"list", "ada", "--unread"})["total"], 1);
}

TEST(Export, ATerminalAndADamagedOneAreRefused) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", 5);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto file = davenport.folder() / "ada.tar";
  export_to(davenport, "ada", file);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  const auto cut = davenport.run({"import", "bob", file.string()});
  EXPECT_EQ(cut.exit_code, 1);
  EXPECT_EQ(davenport.run({"list", "bob"}).exit_code, 1) << "nothing is left of it";
  EXPECT_EQ(davenport.run({"export", "nobody"}).exit_code, 1);
  const auto mark = davenport.account_folder("ada") / "unfinished-backup";
  support::write_file(mark, "");
  const auto unfinished = davenport.run({"export", "ada"});
  EXPECT_EQ(unfinished.exit_code, 1);
  EXPECT_THAT(unfinished.err, testing::HasSubstr("broken off"));
  std::filesystem::remove(mark);
  EXPECT_EQ(davenport.run({"export", "ada", "--since", "never"}).exit_code, 1);
  const auto terminal =
      support::run({"script", "-qec", line_of(davenport, {"export", "ada"}), "/dev/null"});
  EXPECT_EQ(terminal.exit_code, 2) << terminal.out;
}

}  // namespace
}  // namespace end_to_end
