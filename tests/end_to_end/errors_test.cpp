// What goes wrong is said plainly, with the right exit code, and harms nothing.
#include <gtest/gtest.h>

#include "tests/end_to_end/davenport.hpp"

namespace end_to_end {
namespace {

TEST(Errors, AreOneLineThatSaysWhatToDo) {
  const Davenport davenport;
  write_maildir(davenport.folder() / "mail", 3);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string says;
  };
  const std::vector<Case> cases = {
      {{"list", "nobody"}, 1, "unknown account 'nobody'"},
      {{"search", "nobody", "x"}, 1, "unknown account 'nobody'"},
      {{"show", "ada", "nothing"}, 1, "nothing"},
      {{"search", "ada", "(a OR"}, 2, "position 3"},
      {{"search", "ada", "colour:red"}, 2, "colour"},
      {{"search", "ada", "in:nowhere"}, 2, "nowhere"},
      {{"list", "ada", "--after", "rubbish"}, 2, "cursor"},
      {{"list", "ada", "--frobnicate"}, 2, "--frobnicate"},
      {{"frobnicate"}, 2, "frobnicate"},
      {{"sync", "ada", "--once"}, 1, "source"},
      {{"import", "ada", "/does/not/exist"}, 1, "/does/not/exist"},
      {{"account", "resume", "ada"}, 1, "is local"},
      {{"changes", "ada", "--since", "abc"}, 2, "is no state"},
      {{"search", "ada", "--filter", "{\"from\": ada}"}, 2, "is no JSON: line 1, byte 10"},
      {{"search", "ada", "--filter", "{\"inMailbox\": \"x\"}"}, 2, "no mailbox of the id \"x\"\n"},
      {{"search", "ada", "--filter", "{\"inMailbox\": \"Inbox\"}"}, 2, "of the id \"Inbox\"\n"},
      {{"search", "ada", "lang:xx"}, 2, "\"xx\" is no language"},
      {{"token", "create", "--account", "nobody"}, 1, "no account 'nobody'"},
      {{"reindex", "nobody"}, 1, "unknown account 'nobody'"},
  };
  for (const auto& example : cases) {
    const auto result = davenport.run(example.arguments);
    const auto what = example.arguments.front() + " " + example.arguments.back();
    EXPECT_EQ(result.exit_code, example.exit_code) << what << "\n" << result.err;
    EXPECT_NE(result.err.find(example.says), std::string::npos) << what << "\n" << result.err;
    EXPECT_EQ(result.out, "") << what;
  }
  EXPECT_EQ(davenport.run_json({"list", "ada"})["total"], 3);
}

TEST(Errors, AConfigurationThatIsWrongNamesFileAndLine) {
  const support::TemporaryFolder folder;
  support::write_file(folder / "bad.toml",
                      "data_dir = \"/tmp\"\n[http]\nlisten_on = \"127.0.0.1:1\"\n");
  const auto result =
      support::run({DAVENPORT_BINARY, "--config", (folder / "bad.toml").string(), "status"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("bad.toml:3"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("listen_on"), std::string::npos) << result.err;
}

TEST(Errors, ASourceThatIsDownIsSaidSo) {
  const Davenport davenport("http://127.0.0.1:" + std::to_string(support::free_port()), "alice");
  const auto result = davenport.run({"sync", "alice", "--once"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("cannot reach"), std::string::npos) << result.err;
  EXPECT_EQ((result.out + result.err).find("again in"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace end_to_end
