// What `config check --connect` finds at sources that allow more or less.
#include "api/config_check.hpp"

#include <gmock/gmock.h>

#include "tests/support/memory_couchdb.hpp"
#include "tests/support/program.hpp"

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

support::CouchOptions guarded() {
  support::CouchOptions options;
  options.user = "admin";
  options.password = "secret";
  return options;
}

api::SourceConfig source_at(const std::string& url, const std::string& user,
                            const std::string& password) {
  api::SourceConfig source;
  source.name = "office";
  source.address.url = url;
  source.address.user = user;
  source.address.password = password;
  source.accounts = {"alice"};
  return source;
}

TEST(ConfigCheck, AnAdministratorMayDoEverything) {
  support::MemoryCouchdb couch(guarded());
  couch.create("alice/io-cozy-emails");
  couch.create("bob/io-cozy-emails");
  auto source = source_at(couch.url(), "admin", "secret");
  source.has_all_accounts = true;
  source.accounts.clear();
  const auto check = api::check_source(source);
  EXPECT_THAT(check.server, HasSubstr("CouchDB 3"));
  EXPECT_THAT(check.problems, IsEmpty());
  EXPECT_THAT(check.facts, Contains(HasSubstr("2 accounts")));
  EXPECT_THAT(check.facts, Contains(HasSubstr("_db_updates can be read")));
}

TEST(ConfigCheck, NoAccountAtAllIsAProblem) {
  support::MemoryCouchdb couch(guarded());
  couch.create("aliceio-cozy-emails");  // as PouchDB Server lists it
  auto source = source_at(couch.url(), "admin", "secret");
  source.has_all_accounts = true;
  source.accounts.clear();
  const auto check = api::check_source(source);
  EXPECT_THAT(check.facts, Contains(HasSubstr("0 accounts")));
  EXPECT_THAT(check.problems, ElementsAre(HasSubstr("layout = \"{account}/{doctype}\"")));
}

TEST(ConfigCheck, AMemberIsToldWhatItLacks) {
  support::MemoryCouchdb couch(guarded());
  couch.create("alice/io-cozy-emails");
  couch.create("alice/io-cozy-files");
  couch.add_user("reader", "secret");
  couch.set_members("alice/io-cozy-emails", {"reader"});
  const auto check = api::check_source(source_at(couch.url(), "reader", "secret"));
  EXPECT_THAT(check.problems, ElementsAre(HasSubstr("alice/io-cozy-files")));
  EXPECT_THAT(check.facts, Contains(HasSubstr("1 databases can be read, 2 are not there")));
  EXPECT_THAT(check.facts, Contains(HasSubstr("_db_updates cannot be read")));
}

TEST(ConfigCheck, AProxyThatDecodesPathsIsNamed) {
  auto options = guarded();
  options.decodes_paths = true;
  support::MemoryCouchdb couch(options);
  couch.create("alice/io-cozy-emails");
  couch.create("alice/io-cozy-files");
  const auto check = api::check_source(source_at(couch.url(), "admin", "secret"));
  EXPECT_THAT(check.problems, ElementsAre(HasSubstr("proxy_pass")));
}

TEST(ConfigCheck, WhoIsNotLetInIsToldSo) {
  support::MemoryCouchdb couch(guarded());
  couch.create("alice/io-cozy-emails");
  const auto refused = api::check_source(source_at(couch.url(), "admin", "wrong"));
  EXPECT_THAT(refused.problems, Contains(HasSubstr("password")));
  const auto dead = api::check_source(
      source_at("http://127.0.0.1:" + std::to_string(support::free_port()), "", ""));
  EXPECT_EQ(dead.server, "");
  EXPECT_THAT(dead.problems, ElementsAre(HasSubstr("cannot reach")));
}

}  // namespace
