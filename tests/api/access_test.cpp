// Every route, asked without a token and with each kind that does not suffice: nothing may be told.
#include "api/access.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>

#include "api/percent.hpp"
#include "api/route.hpp"
#include "tests/api/routes_fixture.hpp"

namespace {

using api::HttpRequest;
using api::HttpResponse;
using api::Needs;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kMessage =
    "From: Ada <ada@example.org>\r\nSubject: Xylophone\r\nMessage-ID: <one@x>\r\n\r\nZither.\r\n";

std::string base64(std::string_view text) {
  std::string out(text.size() / 3 * 4 + 5, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

bool operator==(const HttpResponse& a, const HttpResponse& b) {
  return a.status == b.status && a.content_type == b.content_type && a.payload == b.payload &&
         a.fields == b.fields;
}

class AccessTest : public RoutesFixture {
 protected:
  // What tells listeners asks for their rights: it ends before what knows them.
  ~AccessTest() override {
    tasks_.stop();
    replication_.stop();
  }

  std::string token(std::vector<std::string> accounts, bool is_admin = false,
                    std::optional<std::chrono::sys_seconds> expires = {}) {
    api::Token token;
    token.has_all_accounts = accounts.empty();
    token.accounts = std::move(accounts);
    token.is_admin = is_admin;
    token.expires = expires;
    return tokens_.create(token);
  }

  HttpResponse ask_as(const std::string& authorization, const std::string& method,
                      const std::string& path, std::multimap<std::string, std::string> query = {}) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.authorization = authorization;
    request.client = "192.0.2.1";
    return closed_routes_.handle(request);
  }

  // The route with these things named; a parameter that it has not is a mistake, which nobody may be told of too early.
  HttpResponse ask_route(const std::string& authorization, const api::Route& route,
                         const std::string& account) {
    std::string path(route.pattern);
    const auto put = [&path](std::string_view name, const std::string& value) {
      if (const auto at = path.find(name); at != path.npos) path.replace(at, name.size(), value);
    };
    put("{account}", account);
    put("{id}", route.needs == Needs::kTaskAdmin ? task_of(account) : id_);
    put("{partId}", "1");
    std::multimap<std::string, std::string> query = {{"nonsense", "1"}};
    if (route.needs == Needs::kAccounts) query.emplace("accounts", account);
    return ask_as(authorization, std::string(route.method), path, query);
  }

  std::string task_of(const std::string& account) {
    const auto tasks = tasks_.list();
    for (const auto& task : tasks) {
      if (task.account == account) return task.id;
    }
    return "no-task";
  }

  api::AccessControl closed_{tokens_, {}};
  api::Routes closed_routes_{config_, accounts_, tasks_, replication_, metrics_, events_, closed_};
};

// What is left of an answer when the name that was asked for is taken out.
std::string without(const HttpResponse& response, const std::string& name) {
  std::string text = std::to_string(response.status) + response.content_type + response.payload;
  for (const auto& [field, value] : response.fields) text += field + value;
  for (auto at = text.find(name); at != text.npos; at = text.find(name))
    text.erase(at, name.size());
  return text;
}

TEST_F(AccessTest, WithoutAValidTokenEveryRouteAnswersTheSame) {
  import_message(kMessage);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto good = token({"alice"});
  const auto revoked = token({"alice"}, true);
  tokens_.revoke(revoked.substr(4, 10));
  auto forged = good;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  const std::string shown[] = {"Bearer " + forged,
                               "Bearer " + token({"alice"}, true, now - std::chrono::seconds(1)),
                               "Bearer " + revoked,
                               "Basic " + base64("alice:" + forged),
                               "Basic !!!",
                               "Basic ====",
                               "Basic =",
                               "Basic " + std::string(4'000, 'A'),
                               "Bearer",
                               "Digest " + good,
                               good};
  const auto none = ask_as("", "GET", "/v1/accounts/alice/messages");
  const auto wrong = ask_as(shown[0], "GET", "/v1/accounts/alice/messages");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(field(wrong, "WWW-Authenticate"), R"(Bearer realm="davenport", error="invalid_token")");
  for (const auto& route : api::route_table()) {
    if (route.needs == Needs::kNothing) continue;
    for (const std::string account : {"alice", "nobody", "..%2f", "%41"}) {
      EXPECT_TRUE(ask_route("", route, account) == none) << route.pattern << account;
      for (const auto& authorization : shown) {
        EXPECT_TRUE(ask_route(authorization, route, account) == wrong)
            << route.method << route.pattern << account << authorization;
      }
    }
  }
}

TEST_F(AccessTest, AForeignAccountIsLikeOneThatDoesNotExist) {
  import_message(kMessage);
  (void)ask("POST", "/v1/admin/accounts/alice/reindex");
  for (const bool is_admin : {false, true}) {
    const auto authorization = "Bearer " + token({"carol"}, is_admin);
    for (const auto& route : api::route_table()) {
      const bool names_no_account = route.needs == Needs::kNothing ||
                                    route.needs == Needs::kToken || route.needs == Needs::kAdmin;
      if (names_no_account) continue;
      const auto foreign = ask_route(authorization, route, "alice");
      const auto unknown = ask_route(authorization, route, "nobody");
      EXPECT_GE(foreign.status, 403) << route.pattern;
      EXPECT_LE(foreign.status, 404) << route.pattern;
      if (route.needs == Needs::kTaskAdmin) {
        EXPECT_EQ(without(foreign, task_of("alice")), without(unknown, "no-task")) << route.pattern;
      } else {
        EXPECT_EQ(without(foreign, "alice"), without(unknown, "nobody")) << route.pattern;
      }
      EXPECT_THAT(foreign.payload, Not(HasSubstr("nonsense")));
      EXPECT_THAT(foreign.payload, Not(HasSubstr("Xylophone")));
    }
  }
  const auto several = ask_as("Bearer " + token({"carol"}), "GET", "/v1/search",
                              {{"accounts", "carol,alice"}, {"q", "("}});
  EXPECT_EQ(several.status, 404);
  EXPECT_THAT(several.payload, HasSubstr("unknown account 'alice'"));
  EXPECT_EQ(ask_as("Bearer " + token({"alice"}), "GET", "/v1/search",
                   {{"accounts", "alice"}, {"accounts", "carol"}, {"q", "zither"}})
                .status,
            404)
      << "a second parameter is looked at as well";
}

TEST_F(AccessTest, AForeignAccountIsNotLookedUp) {
  import_message(kMessage);
  accounts_.close_idle();
  const auto authorization = "Bearer " + token({"carol"}, true);
  config_.replication.account_idle = std::chrono::milliseconds(0);
  accounts_.close_idle();
  const auto open_before = accounts_.open_count();
  for (const auto& route : api::route_table()) {
    if (route.needs != Needs::kNothing) (void)ask_route(authorization, route, "alice");
  }
  EXPECT_EQ(accounts_.open_count(), open_before);
}

TEST_F(AccessTest, ATokenThatReadsDoesNotAdminister) {
  import_message(kMessage);
  const auto reader = "Bearer " + token({"alice"});
  const auto admin = "Bearer " + token({"alice"}, true);
  const auto reader_of_all = "Bearer " + token({});
  const auto admin_of_all = "Bearer " + token({}, true);
  (void)ask("POST", "/v1/admin/accounts/alice/reindex");
  for (const auto& route : api::route_table()) {
    const auto status = [&](const std::string& who) {
      return ask_route(who, route, "alice").status;
    };
    switch (route.needs) {
      case Needs::kNothing:
      case Needs::kToken:
        break;
      case Needs::kAccount:
      case Needs::kAccounts:
        for (const auto& who : {reader, admin, reader_of_all, admin_of_all})
          EXPECT_EQ(status(who), 400) << route.pattern << ": the mistake is told";
        break;
      case Needs::kAccountAdmin:
      case Needs::kTaskAdmin:
        EXPECT_EQ(status(reader), 403) << route.pattern;
        EXPECT_EQ(status(reader_of_all), 403) << route.pattern;
        EXPECT_EQ(status(admin), 400) << route.pattern;
        EXPECT_EQ(status(admin_of_all), 400) << route.pattern;
        break;
      case Needs::kAdmin:
        for (const auto& who : {reader, reader_of_all})
          EXPECT_EQ(status(who), 403) << route.pattern;
        for (const auto& who : {admin, admin_of_all}) EXPECT_EQ(status(who), 400) << route.pattern;
        break;
      case Needs::kServerAdmin:
        for (const auto& who : {reader, admin, reader_of_all})
          EXPECT_EQ(status(who), 403) << route.pattern;
        EXPECT_EQ(status(admin_of_all), 400) << route.pattern;
        break;
      case Needs::kAdminSocket:
        for (const auto& who : {reader, admin, reader_of_all, admin_of_all})
          EXPECT_EQ(status(who), 403) << route.pattern;
        break;
    }
  }
}

TEST_F(AccessTest, AnAdministratorOfAnAccountIsToldOfItAlone) {
  import_message(kMessage);
  const auto of_bob = tasks_.start({"work", "bob"});
  const auto names = [this](const std::string& token, const char* path, const char* list) {
    const auto answer = ask_as("Bearer " + token, "GET", path);
    EXPECT_EQ(answer.status, 200) << answer.payload;
    std::vector<std::string> accounts;
    const auto json = nlohmann::json::parse(answer.payload);
    for (const auto& each : json[list]) accounts.push_back(each["account"]);
    return accounts;
  };
  const auto alices = token({"alice"}, true), everybodys = token({}, true),
             carols = token({"carol"}, true);
  replica::Batch batch;
  batch.quarantined.push_back({.id = "q", .reason = "nests too deep"});
  accounts_.find("alice")->stores().create(mail::Doctype::kEmails).commit(batch);
  EXPECT_THAT(names(alices, "/v1/admin/tasks", "tasks"), testing::Each("alice"));
  EXPECT_THAT(names(everybodys, "/v1/admin/tasks", "tasks"), testing::Contains("bob"));
  const auto in_quarantine = [this](const std::string& token, bool of_alice) {
    const std::multimap<std::string, std::string> of{{"account", "alice"}};
    return ask_as("Bearer " + token, "GET", "/v1/admin/quarantine",
                  of_alice ? of : std::multimap<std::string, std::string>{})
        .payload;
  };
  EXPECT_THAT(in_quarantine(alices, false), HasSubstr("nests too deep"));
  EXPECT_THAT(in_quarantine(everybodys, false), HasSubstr("nests too deep"));
  EXPECT_THAT(in_quarantine(carols, false), Not(HasSubstr("nests too deep")));
  EXPECT_THAT(in_quarantine(carols, true), Not(HasSubstr("nests too deep")));
  const auto quarantine_of = [&](const std::string& account) {
    return ask_as("Bearer " + alices, "GET", "/v1/admin/quarantine", {{"account", account}});
  };
  EXPECT_EQ(quarantine_of("alice").status, 200);
  EXPECT_EQ(quarantine_of("bob").status, 404);
  EXPECT_EQ(quarantine_of("nobody").status, 404);
}

TEST_F(AccessTest, BearerAndBasicAreTheSame) {
  import_message(kMessage);
  const auto text = token({"alice"});
  for (const auto& authorization :
       {"Bearer " + text, "bearer  " + text, "Basic " + base64("alice:" + text),
        "Basic " + base64(":" + text), "BASIC " + base64("any:" + text)}) {
    const auto answer = ask_as(authorization, "GET", "/v1/accounts/alice/messages");
    EXPECT_EQ(answer.status, 200) << authorization;
    EXPECT_THAT(answer.payload, HasSubstr("Xylophone"));
  }
  EXPECT_EQ(ask_as("Bearer " + text, "GET", "/v1/accounts").payload, R"({"accounts":["alice"]})");
  EXPECT_EQ(ask_as("Bearer " + token({"bob"}), "GET", "/v1/accounts").payload,
            R"({"accounts":[]})");
  EXPECT_EQ(ask_as("", "GET", "/healthz").status, 200);
}

TEST_F(AccessTest, TooManyRequestsAreToldWhenToComeBack) {
  import_message(kMessage);
  const api::AccessControl limited(tokens_, {false, 1, true});
  const api::Routes routes(config_, accounts_, tasks_, replication_, metrics_, events_, limited);
  const auto ask_from = [&](const std::string& client, const std::string& authorization) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/v1/accounts/alice/messages";
    request.authorization = authorization;
    request.client = client;
    return routes.handle(request);
  };
  const auto alice = "Bearer " + token({"alice"});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask_from("192.0.2.1", alice).status, 200);
  const auto refused = ask_from("192.0.2.2", alice);
  EXPECT_EQ(refused.status, 429) << "a token is one client, wherever it is used";
  EXPECT_EQ(field(refused, "Retry-After"), "1");
  EXPECT_EQ(ask_from("192.0.2.1", "Bearer " + token({"alice"})).status, 200);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask_from("192.0.2.1", "Bearer x").status, 401);
  EXPECT_EQ(ask_from("192.0.2.1", "Bearer y").status, 429);
  EXPECT_EQ(ask_from("192.0.2.1", "").status, 429);
  EXPECT_EQ(ask_from("192.0.2.3", "").status, 401);
}

}  // namespace
