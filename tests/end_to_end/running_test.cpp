// A server over its life: reloads, stops, second instances, logs.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <map>
#include <thread>

#include "tests/end_to_end/davenport.hpp"
#include "tests/support/memory_couchdb.hpp"

namespace end_to_end {
namespace {

using testing::HasSubstr;
using testing::Not;
using Clock = std::chrono::steady_clock;

std::string source_at(const support::MemoryCouchdb& couch, const std::string& accounts) {
  return fmt::format("[[source]]\nurl = \"{}\"\naccounts = {}\npoll_interval = \"1s\"\n",
                     couch.url(), accounts);
}

void fill(support::MemoryCouchdb& couch, const std::string& account, int messages) {
  const std::string emails = account + "/io-cozy-emails";
  couch.create(emails);
  for (int i = 0; i < messages; ++i) {
    couch.put(emails, fmt::format("m{}", i),
              fmt::format(R"({{"subject":"Secretsubject {}","receivedAt":"2021-01-01T00:00:00Z",)"
                          R"("from":[{{"email":"hidden@example.org"}}],"text":"words"}})",
                          i));
  }
}

bool comes_to(const Davenport& davenport, const std::string& account, int messages) {
  return eventually([&] {
    const auto answer = http("GET", davenport.url("/v1/accounts/" + account + "/messages"));
    return answer.status == 200 && answer.body()["total"] == messages;
  });
}

TEST(Running, AReloadTakesOverAccountsWhileRequestsAreAnswered) {
  support::MemoryCouchdb couch;
  fill(couch, "ada", 3);
  fill(couch, "bob", 4);
  Davenport davenport(source_at(couch, R"(["ada"])"));
  davenport.start_serving();
  ASSERT_TRUE(comes_to(davenport, "ada", 3));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, asked{0};
  std::thread reader([&] {
    while (!stop) {
      const auto answer = http("GET", davenport.url("/v1/accounts/ada/messages"));
      ++asked;
      if (answer.status != 200 || answer.body()["total"] != 3) ++wrong;
    }
  });
  davenport.configure(source_at(couch, R"(["ada", "bob"])"));
  davenport.server().signal(SIGHUP);
  EXPECT_TRUE(comes_to(davenport, "bob", 4));
  davenport.configure("[[source]]\nurl = 7\n");
  davenport.server().signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return davenport.server().err_so_far().find("source.url") != std::string::npos; }));
  EXPECT_TRUE(comes_to(davenport, "bob", 4)) << "the configuration before goes on";
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0) << "of " << asked;
  EXPECT_GT(asked, 1);
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

TEST(Running, AReloadTakesOverRatesOriginsAndWhoNeedsAToken) {
  Davenport davenport;
  const auto letters = davenport.folder() / "letters";
  support::write_file(letters / "cur" / "1:2,", "From: a@example.org\r\nSubject: x\r\n\r\nx\r\n");
  davenport.succeed({"import", "ada", letters.string()});
  const auto created = davenport.run({"token", "create", "--account", "ada", "--json"});
  const auto token = json::parse(created.out)["token"].get<std::string>();
  davenport.start_serving();
  const auto url = davenport.url("/v1/accounts/ada/messages");
  const auto list_with = [&](const std::string& password) {
    const auto host = url.find("//") + 2;
    return http("GET", password.empty()
                           ? url
                           : url.substr(0, host) + "x:" + password + "@" + url.substr(host))
        .status;
  };
  ASSERT_EQ(list_with(""), 200);
  const auto reload = [&](const std::string& rest_of_http_section) {
    davenport.configure(rest_of_http_section);
    davenport.server().signal(SIGHUP);
  };
  reload("open_on_loopback = false\n");
  EXPECT_TRUE(eventually([&] { return list_with("") == 401; }));
  EXPECT_EQ(list_with(token), 200);
  reload("open_on_loopback = false\nrequests_per_second = 1\n");
  EXPECT_TRUE(eventually([&] { return list_with(token) == 429; }));
  reload("open_on_loopback = false\n");
  EXPECT_TRUE(eventually([&] { return list_with(token) == 200; }));
  // It can be read, but not be used: nothing of it counts.
  const auto no_certificate = davenport.folder() / "no-certificate";
  support::write_file(no_certificate, "none");
  reload(
      fmt::format("open_on_loopback = true\n[[source]]\nurl = \"https://127.0.0.1:1\"\n"
                  "accounts = [\"ada\"]\nca_file = \"{}\"\n",
                  no_certificate.string()));
  EXPECT_TRUE(eventually([&] {
    return davenport.server().err_so_far().find("the one before goes on") != std::string::npos;
  }));
  EXPECT_EQ(list_with(""), 401);
  EXPECT_EQ(list_with(token), 200);
  reload("");
  EXPECT_TRUE(eventually([&] { return list_with("") == 200; }));
  EXPECT_EQ(davenport.stop_serving().err.find("next start"), std::string::npos);
}

TEST(Running, AccountsThatNobodyUsesFollowOtherRulesToo) {
  support::MemoryCouchdb couch;
  for (const char* account : {"ada", "bob"}) fill(couch, account, 3);
  const auto source = source_at(couch, R"(["ada", "bob"])");
  Davenport davenport(source);
  davenport.start_serving();
  for (const char* account : {"ada", "bob"}) ASSERT_TRUE(comes_to(davenport, account, 3));
  const auto generation = [&](const std::string& account) {
    return support::read_file(davenport.account_folder(account) / "derived/current");
  };
  ASSERT_TRUE(eventually([&] {
    const auto status = davenport.run_json({"status"});
    return std::all_of(status["accounts"].begin(), status["accounts"].end(),
                       [](const json& each) { return each["index"]["complete"] == true; });
  }));
  const std::map<std::string, std::string> before = {{"ada", generation("ada")},
                                                     {"bob", generation("bob")}};
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
  davenport.configure("[index]\nlanguage = \"de\"\n" + source);
  davenport.start_serving();
  for (const auto& [account, name] : before)
    EXPECT_TRUE(eventually([&] { return generation(account) != name; })) << account;
  EXPECT_THAT(davenport.stop_serving().err, HasSubstr("they follow other rules"));
}

TEST(Running, AReloadTakesOverTheAddressUnlessItIsTaken) {
  Davenport davenport, other;
  davenport.start_serving();
  other.start_serving();
  const auto before = davenport.url("/healthz");
  const auto reload_at = [&](unsigned short port) {
    davenport.use_port(port);
    davenport.configure("workers = 4\n");
    davenport.server().signal(SIGHUP);
  };
  const auto says = [&](const std::string& words) {
    return eventually(
        [&] { return davenport.server().err_so_far().find(words) != std::string::npos; });
  };
  reload_at(other.port());
  EXPECT_TRUE(says("[http] stays as it was: cannot listen on"));
  EXPECT_EQ(http("GET", before).status, 200);
  reload_at(support::free_port());
  EXPECT_TRUE(says(fmt::format("listening on http://127.0.0.1:{}, open", davenport.port())));
  EXPECT_EQ(http("GET", davenport.url("/healthz")).status, 200);
  EXPECT_NE(http("GET", before).status, 200);
  EXPECT_EQ(davenport.stop_serving().exit_code, 0);
}

TEST(Running, AStopIsOverSoonWhateverIsUnderWay) {
  support::MemoryCouchdb couch;
  fill(couch, "ada", 20'000);
  Davenport davenport(source_at(couch, R"(["ada"])"));
  write_maildir(davenport.folder() / "mail", 2'000);
  davenport.succeed({"import", "local", (davenport.folder() / "mail").string()});
  davenport.start_serving();
  EXPECT_EQ(http("POST", davenport.url("/v1/admin/accounts/local/reindex")).status, 202);
  EXPECT_EQ(http("POST", davenport.url("/v1/admin/accounts/ada/sync")).status, 202);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto began = Clock::now();
  const auto ended = davenport.stop_serving();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(10));
  davenport.start_serving();
  EXPECT_TRUE(comes_to(davenport, "ada", 20'000));
  EXPECT_TRUE(comes_to(davenport, "local", 2'000));
}

TEST(Running, ASecondServerIsRefusedAlsoWhenTheSocketIsGone) {
  Davenport davenport;
  davenport.start_serving();
  const auto pid = std::to_string(davenport.server().pid());
  std::filesystem::remove(davenport.folder() / "data/admin.sock");
  const auto second = davenport.run({"serve"});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr("another davenport (process " + pid + ")"));
  EXPECT_THAT(second.err, HasSubstr((davenport.folder() / "data").string()));
  davenport.server().signal(SIGKILL);
  (void)davenport.server().wait();
  davenport.start_serving();
  EXPECT_EQ(davenport.stop_serving().exit_code, 0) << "a lock ends with its process";
}

TEST(Running, TheLogIsLinesOfJsonWithoutSecretsAndMail) {
  support::CouchOptions options;
  options.user = "admin";
  options.password = "hunter2";
  support::MemoryCouchdb couch(options);
  fill(couch, "ada", 3);
  Davenport davenport;
  support::write_file(davenport.folder() / "password", "hunter2\n");
  support::write_file(davenport.folder() / "wrong", "swordfish\n");
  const auto sections = [&](const std::string& password) {
    return "[log]\nformat = \"json\"\nlevel = \"debug\"\n" + source_at(couch, R"(["ada"])") +
           fmt::format("user = \"admin\"\npassword_file = \"{}\"\n",
                       (davenport.folder() / password).string());
  };
  davenport.configure(sections("password"));
  davenport.start_serving();
  ASSERT_TRUE(comes_to(davenport, "ada", 3));
  (void)http("GET", davenport.url("/v1/accounts/ada/search?q=searchedword"));
  (void)http("GET", davenport.url("/v1/accounts/ada/search?q=%28searchedword"));
  (void)http("POST", davenport.url("/v1/admin/accounts/ada/reindex"));
  davenport.configure(sections("wrong"));
  davenport.server().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return davenport.server().err_so_far().find("sourceDown") != std::string::npos;
  })) << davenport.server().err_so_far();
  const auto log = davenport.stop_serving().err;
  for (const char* secret :
       {"hunter2", "swordfish", "Secretsubject", "hidden@example.org", "searchedword"})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  std::vector<std::string> events;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto parsed = json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    for (const char* member : {"time", "level", "event", "message"})
      EXPECT_TRUE(parsed.contains(member)) << line;
    events.push_back(parsed["event"]);
  }
  for (const char* event : {"started", "firstPull", "pulled", "reloaded", "stopping"})
    EXPECT_THAT(events, testing::Contains(event));
}

// As a program of another format leaves it: by its name a generation tells what it is of.
TEST(Running, ListsOfAnotherFormatAreServedWhileNewOnesAreMade) {
  Davenport davenport;
  write_maildir(davenport.folder() / "mail", 500);
  davenport.succeed({"import", "ada", (davenport.folder() / "mail").string()});
  const auto expected = davenport.everything("ada");
  const auto derived = davenport.account_folder("ada") / "derived";
  const auto current = support::read_file(derived / "current");
  const std::string name = current.substr(0, current.find('\n'));
  const std::string old = "c1a1o0-" + name.substr(name.find('-') + 1);
  std::filesystem::rename(derived / name, derived / old);
  support::write_file(derived / "current", old + current.substr(name.size()));
  davenport.start_serving();
  EXPECT_TRUE(eventually([&] {
    const auto answer = http("GET", davenport.url("/v1/accounts/ada/messages"));
    EXPECT_EQ(answer.status, 200) << answer.payload;
    EXPECT_EQ(answer.body()["total"], 500);
    return support::read_file(derived / "current") != old + current.substr(name.size());
  }));
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(derived / old); }));
  EXPECT_EQ(davenport.everything("ada"), expected);
}

}  // namespace
}  // namespace end_to_end
