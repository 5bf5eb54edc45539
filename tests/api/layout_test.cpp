#include "api/layout.hpp"

#include <gtest/gtest.h>

namespace {

using api::DatabaseName;
using api::Layout;
using mail::Doctype;

TEST(Layout, NamesDatabasesAndFindsThemAgain) {
  const struct {
    std::string pattern;
    std::string database;  // of alice's contents
    bool names_accounts;
    bool has_all_doctypes;
  } rows[] = {
      {"{account}/{doctype}", "alice/io-cozy-email-contents", true, false},
      {"x-{doctype}-of-{account}", "x-io-cozy-email-contents-of-alice", true, false},
      {"{doctype}", "io.cozy.email.contents", false, false},
      {"cozy/{doctype}", "cozy/io-cozy-email-contents", false, false},
      {"{account}", "alice", true, true},
      {"mail-{account}", "mail-alice", true, true},
      {"mail", "mail", false, true},
  };
  for (const auto& row : rows) {
    ASSERT_EQ(Layout::mistake_in(row.pattern), std::nullopt) << row.pattern;
    const Layout layout(row.pattern);
    EXPECT_EQ(layout.names_accounts(), row.names_accounts) << row.pattern;
    EXPECT_EQ(layout.has_all_doctypes_in_one(), row.has_all_doctypes) << row.pattern;
    EXPECT_EQ(layout.database("alice", Doctype::kContents), row.database);
    const auto place = layout.parse(row.database, "alice");
    ASSERT_TRUE(place) << row.pattern;
    EXPECT_EQ(place->account, "alice") << row.pattern;
    EXPECT_EQ(place->doctype,
              row.has_all_doctypes ? std::nullopt : std::optional(Doctype::kContents))
        << row.pattern;
  }
}

TEST(Layout, OtherDatabasesAreNobodys) {
  const Layout layout;
  for (const std::string database :
       {"", "_users", "alice", "alice/io-cozy-notes", "/io-cozy-emails", "io-cozy-emails",
        "Alice/io-cozy-emails", "alice/io-cozy-emails-2", "a/b/io-cozy-emails", "../io-cozy-emails",
        "_x/io-cozy-emails"}) {
    EXPECT_EQ(layout.parse(database, ""), std::nullopt) << database;
  }
  EXPECT_EQ(Layout("mail-{account}").parse("mail-", ""), std::nullopt);
  EXPECT_EQ(Layout("mail").parse("mail2", "alice"), std::nullopt);
}

TEST(Layout, EveryDoctypeIsFound) {
  const Layout layout("{account}-{doctype}");
  for (const Doctype doctype : mail::kDoctypes) {
    EXPECT_EQ(layout.parse(layout.database("a-b", doctype), ""), (DatabaseName{"a-b", doctype}));
  }
}

TEST(AccountName, IsSafeAsFolderAndDatabase) {
  for (const std::string name : {"alice", "0", "a.b_c-d+e$f(g)", "alice.example.org"}) {
    EXPECT_TRUE(api::is_valid_account_name(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("Alice"), std::string(".."), std::string("a/b"),
        std::string("-a"), std::string("a b"), std::string("é"), std::string(201, 'a')}) {
    EXPECT_FALSE(api::is_valid_account_name(name)) << name;
  }
}

}  // namespace
