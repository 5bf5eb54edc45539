#include "api/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;

std::variant<api::CommandLine, api::Information> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "davenport");
  return api::parse_command_line(static_cast<int>(words.size()), words.data());
}

template <typename Command>
Command command(std::vector<const char*> words) {
  return std::get<Command>(std::get<api::CommandLine>(parse(std::move(words))).command);
}

TEST(CommandLine, OptionsBeforeTheCommand) {
  const auto line =
      std::get<api::CommandLine>(parse({"--config", "c.toml", "--data", "d", "serve"}));
  EXPECT_EQ(line.config, "c.toml");
  EXPECT_EQ(line.data, "d");
  EXPECT_TRUE(std::holds_alternative<api::ServeCommand>(line.command));
  EXPECT_EQ(std::get<api::CommandLine>(parse({"status"})).config, std::nullopt);
}

TEST(CommandLine, Sync) {
  const auto sync = command<api::SyncCommand>({"sync", "alice", "--once"});
  EXPECT_EQ(sync.account, "alice");
  EXPECT_TRUE(sync.once);
  EXPECT_FALSE(sync.no_index);
}

TEST(CommandLine, Import) {
  const auto import = command<api::ImportCommand>(
      {"import", "alice", "a", "b", "--into", "http://h", "--user", "u", "--password-file", "p"});
  EXPECT_EQ(import.paths, (std::vector<std::filesystem::path>{"a", "b"}));
  EXPECT_EQ(import.into, "http://h");
  EXPECT_EQ(import.user, "u");
  EXPECT_EQ(import.password_file, "p");
}

TEST(CommandLine, List) {
  const auto list =
      command<api::ListCommand>({"list", "alice", "--mailbox", "inbox", "--unread", "--sort",
                                 "received", "--limit", "10", "--after", "xyz", "--json"});
  EXPECT_EQ(list.filter.mailbox, "inbox");
  EXPECT_TRUE(list.filter.unread);
  EXPECT_EQ(list.sort, "received");
  EXPECT_EQ(list.limit, 10U);
  EXPECT_EQ(list.after, "xyz");
  EXPECT_TRUE(list.json);
  EXPECT_EQ(command<api::ListCommand>({"list", "alice"}).sort, "-received");
  EXPECT_EQ(command<api::ListCommand>({"list", "alice", "--sort", "-subject"}).sort, "-subject");
}

TEST(CommandLine, Complete) {
  const auto complete =
      command<api::CompleteCommand>({"complete", "alice", "ada", "ex", "--limit", "5", "--json"});
  EXPECT_EQ(complete.account, "alice");
  EXPECT_EQ(complete.typed, "ada ex");
  EXPECT_EQ(complete.limit, 5U);
  EXPECT_TRUE(complete.json);
  EXPECT_THROW((void)parse({"complete", "alice", "ada", "--limit", "101"}), api::UsageError);
}

TEST(CommandLine, AQueryMayBeginWithADash) {
  EXPECT_EQ(command<api::SearchCommand>({"search", "alice", "--", "-from:bob"}).query, "-from:bob");
  const auto search =
      command<api::SearchCommand>({"search", "alice", "--limit", "3", "--", "-from:bob", "report"});
  EXPECT_EQ(search.query, "-from:bob report");
  EXPECT_EQ(search.limit, 3U);
  EXPECT_EQ(command<api::SearchCommand>({"search", "--sort", "relevance", "alice", ""}).query, "");
}

TEST(CommandLine, MistakesSayWhatToDo) {
  const struct {
    std::vector<const char*> words;
    const char *says, *help;
  } rows[] = {
      {{"search", "alice", "-foo"}, "'-foo' is no option of davenport search; a word", "search"},
      {{"search", "alice", "report", "-foo"}, "comes after \"--\"", "search"},
      {{"search", "alice"}, "QUERY is required", "search"},
      {{"sync", "alice", "--often"}, "'--often' is no option", "sync"},
      {{"list", "alice", "--limit", "0"}, "--limit", "list"},
      {{"list", "alice", "--mailbox", ""}, "--mailbox: is empty", "list"},
      {{"list", "alice", "--keyword", ""}, "--keyword: is empty", "list"},
      {{"list", "alice", "--around", ""}, "--around: is empty", "list"},
      {{"changes", "alice", "--since", "s", "--mailbox", ""}, "--mailbox: is empty", "changes"},
      {{"account", "pause"}, "ACCOUNT is required", "account pause"},
      {{"token", "create"}, "--account", "token create"},
      {{"show", "alice", "id", "--output", "f"}, "--attachment", "show"},
  };
  for (const auto& row : rows) {
    try {
      (void)parse(row.words);
      ADD_FAILURE() << row.words[0] << " " << row.says;
    } catch (const api::UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(row.says));
      EXPECT_THAT(error.what(),
                  testing::EndsWith(std::string("see davenport ") + row.help + " --help"));
    }
  }
}

TEST(CommandLine, TimesAreSaidToBeUtc) {
  for (const char* name : {"list", "search", "show"})
    EXPECT_THAT(std::get<api::Information>(parse({name, "--help"})).text, HasSubstr("UTC"));
}

TEST(CommandLine, ShowTakesOnePart) {
  EXPECT_EQ(command<api::ShowCommand>({"show", "alice", "id"}).view,
            api::ShowCommand::View::kMessage);
  EXPECT_EQ(command<api::ShowCommand>({"show", "alice", "id", "--raw"}).view,
            api::ShowCommand::View::kRaw);
  EXPECT_THROW((void)parse({"show", "alice", "id", "--raw", "--text"}), api::UsageError);
  const auto saved = command<api::ShowCommand>(
      {"show", "alice", "id", "--attachment", "q1.pdf", "--output", "f.pdf"});
  EXPECT_EQ(saved.view, api::ShowCommand::View::kAttachment);
  EXPECT_EQ(saved.part, "q1.pdf");
  EXPECT_EQ(saved.output, "f.pdf");
  EXPECT_THROW((void)parse({"show", "alice", "id", "--raw", "--json"}), api::UsageError);
  for (const char* other : {"--json", "--text"}) {
    EXPECT_THROW((void)parse({"show", "alice", "id", "--attachment", "2", other}), api::UsageError);
  }
}

TEST(CommandLine, TokensHaveCommandsOfTheirOwn) {
  const auto created = command<api::TokenCommand>(
      {"token", "create", "--account", "alice,bob", "--admin", "--expires", "30d"});
  EXPECT_EQ(created.action, api::TokenCommand::Action::kCreate);
  EXPECT_THAT(created.accounts, testing::ElementsAre("alice", "bob"));
  EXPECT_TRUE(created.is_admin);
  EXPECT_EQ(created.expires, "30d");
  EXPECT_FALSE(created.force);
  EXPECT_THAT(command<api::TokenCommand>({"token", "create", "--all"}).accounts,
              testing::ElementsAre("*"));
  EXPECT_EQ(command<api::TokenCommand>({"token", "revoke", "ab"}).id, "ab");
  EXPECT_EQ(command<api::TokenCommand>({"token", "list"}).action, api::TokenCommand::Action::kList);
}

TEST(CommandLine, AnIdMayBeginWithADash) {
  EXPECT_EQ(command<api::ShowCommand>({"show", "alice", "--", "-id"}).id, "-id");
}

TEST(CommandLine, HelpAndVersionAreNoErrors) {
  EXPECT_THAT(std::get<api::Information>(parse({"--version"})).text,
              HasSubstr("davenport " DAVENPORT_VERSION));
  const std::string help = std::get<api::Information>(parse({"--help"})).text;
  for (const char* name : {"serve", "sync", "import", "list", "search", "show", "reindex",
                           "compact", "backup", "task", "status", "token"}) {
    EXPECT_THAT(help, HasSubstr(name));
    EXPECT_THAT(std::get<api::Information>(parse({name, "--help"})).text,
                HasSubstr("example: davenport"))
        << name;
  }
}

TEST(CommandLine, HelpIsInColumns) {
  const std::string help = std::get<api::Information>(parse({"search", "--help"})).text;
  const auto column_of = [&](const char* words) {
    const auto at = help.find(words);
    return at - help.rfind('\n', at);
  };
  EXPECT_EQ(column_of("counts of the hits"), column_of("QUERY is a JSON filter"));
}

TEST(CommandLine, MistakesAreUsageErrors) {
  const std::vector<std::vector<const char*>> rows = {
      {},
      {"frobnicate"},
      {"sync"},
      {"sync", "alice", "--often"},
      {"reindex", "alice", "--query", ""},
      {"reindex", "alice", "--query", "  "},
      {"token", "create", "--account", "alice", "--expires", ""},
      {"import", "alice"},
      {"import", "alice", "p", "--user", "u"},
      {"import", "alice", "p", "--into", "http://h", "--password-file", "f"},
      {"list", "alice", "--limit", "0"},
      {"list", "alice", "--limit", "100000"},
      {"list", "alice", "--limit", "many"},
      {"list", "alice", "--sort", "colour"},
      {"search", "alice"},
      {"search", "alice", "q", "--sort", "colour"},
      {"show", "alice"},
      {"token"},
      {"token", "create"},
      {"token", "create", "--account", "a", "--all"},
      {"token", "create", "--all", "--read", "--admin"},
      {"token", "revoke"},
  };
  for (const auto& row : rows) {
    try {
      (void)parse(row);
      ADD_FAILURE() << testing::PrintToString(row);
    } catch (const api::UsageError& error) {
      EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n"))) << testing::PrintToString(row);
    }
  }
}

TEST(CommandLine, WhatIsNoCommandIsNamed) {
  const std::pair<std::vector<const char*>, const char*> rows[] = {
      {{"frobnicate"}, "'frobnicate' is no command: davenport --help lists them"},
      {{"task", "foo"}, "'foo' is no command of davenport task: davenport task --help lists them"},
      {{"task"}, "A subcommand is required: see davenport task --help"},
  };
  for (const auto& [words, says] : rows) {
    try {
      (void)parse(words);
      ADD_FAILURE() << says;
    } catch (const api::UsageError& error) {
      EXPECT_STREQ(error.what(), says);
    }
  }
}

}  // namespace
