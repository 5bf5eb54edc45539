#include "api/tokens.hpp"

#include <gmock/gmock.h>

#include "api/davenport_db.hpp"
#include "api/registry.hpp"
#include "tests/support/support.hpp"

namespace {

using api::Token;
using api::Tokens;
using replica::sqlite::Access;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const std::chrono::sys_seconds kNow =
    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

class TokensTest : public testing::Test {
 protected:
  std::string create(std::vector<std::string> accounts, bool is_admin = false) {
    Token token;
    token.accounts = std::move(accounts);
    token.is_admin = is_admin;
    return tokens_.create(token);
  }
  static std::string id_of(const std::string& text) { return text.substr(4, 10); }

  support::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "davenport.db";
  Tokens tokens_{file_, Access::kReadWrite};
};

TEST_F(TokensTest, ATokenIsKnownByItsWholeText) {
  const auto text = create({"bob", "alice"});
  EXPECT_THAT(text, MatchesRegex("dav_[0-9a-f]+_[A-Za-z0-9_-]+"));
  EXPECT_EQ(text.size(), 4 + 10 + 1 + 43U);
  const auto token = tokens_.check(text, kNow);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, id_of(text));
  EXPECT_TRUE(token->may_see("alice"));
  EXPECT_TRUE(token->may_see("bob"));
  EXPECT_FALSE(token->may_see("carol"));
  EXPECT_FALSE(token->may_see(""));
  EXPECT_FALSE(token->is_admin);
}

TEST_F(TokensTest, NothingElseIsOne) {
  const auto text = create({"alice"});
  const auto other = create({"alice"});
  auto changed = text;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  for (const std::string& wrong :
       {std::string(), std::string("dav_"), "dav_" + id_of(text), "dav_" + id_of(text) + "_",
        changed, text + "x", text.substr(0, text.size() - 1), " " + text, text + "\n",
        "dav_" + id_of(other) + text.substr(14), std::string(100'000, 'x'),
        text + std::string(1, '\0'), std::string("dav__x"), "DAV" + text.substr(3)}) {
    EXPECT_FALSE(tokens_.check(wrong, kNow)) << wrong.substr(0, 100);
  }
}

TEST_F(TokensTest, ItsTextIsNotInTheFile) {
  const auto text = create({"alice"});
  for (const char* name : {"davenport.db", "davenport.db-wal"}) {
    if (!std::filesystem::exists(folder_ / name)) continue;
    EXPECT_THAT(support::read_file(folder_ / name), Not(HasSubstr(text.substr(15))));
  }
}

TEST_F(TokensTest, OneExpiresToTheSecond) {
  Token token;
  token.accounts = {"alice"};
  token.expires = kNow + std::chrono::seconds(10);
  const auto text = tokens_.create(token);
  EXPECT_TRUE(tokens_.check(text, kNow + std::chrono::seconds(9)));
  EXPECT_FALSE(tokens_.check(text, kNow + std::chrono::seconds(10)));
  EXPECT_EQ(tokens_.list().at(0).expires, token.expires);
}

TEST_F(TokensTest, WhatAnotherProcessDoesIsKnownAtOnce) {
  Tokens server(file_, Access::kReadWrite);
  EXPECT_FALSE(server.check("dav_x_y", kNow));
  const auto text = create({"alice"});
  EXPECT_TRUE(server.check(text, kNow));
  EXPECT_TRUE(tokens_.revoke(id_of(text)));
  EXPECT_FALSE(server.check(text, kNow));
  EXPECT_FALSE(tokens_.revoke(id_of(text)));
}

TEST_F(TokensTest, ReadersNeedNoFile) {
  support::TemporaryFolder empty;
  const Tokens none(empty / "davenport.db", Access::kReadOnly);
  EXPECT_TRUE(none.list().empty());
  EXPECT_FALSE(none.check("dav_x_y", kNow));
}

TEST_F(TokensTest, AFileOfTheFormatBeforeIsUpgraded) {
  const auto old = folder_ / "old.db";
  {
    replica::sqlite::Connection connection(old, Access::kReadWrite,
                                           replica::sqlite::Durability::kFull);
    connection.execute(
        "CREATE TABLE database (source TEXT, name TEXT, account TEXT, doctype TEXT, gone INTEGER, "
        "seen TEXT, incarnation TEXT, quarantined INTEGER, next_attempt INTEGER);"
        "CREATE TABLE behind (account TEXT PRIMARY KEY);"
        "INSERT INTO behind VALUES ('alice'); PRAGMA user_version=1");
  }
  EXPECT_TRUE(Tokens(old, Access::kReadOnly).list().empty());
  Tokens tokens(old, Access::kReadWrite);
  Token token;
  token.has_all_accounts = true;
  const auto text = tokens.create(token);
  EXPECT_TRUE(Tokens(old, Access::kReadOnly).check(text, kNow)->may_see("anybody"));
  EXPECT_THAT(api::Registry(old, Access::kReadWrite).behind(), testing::ElementsAre("alice"));
}

}  // namespace
