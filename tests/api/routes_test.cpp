#include "api/routes.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "api/percent.hpp"
#include "api/route.hpp"
#include "api/task_kinds.hpp"
#include "tests/api/routes_fixture.hpp"

namespace {

using api::HttpRequest;
using api::HttpResponse;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kMessage =
    "From: Ada <ada@example.org>\r\nTo: bob@example.org\r\nSubject: Quarterly "
    "report\r\nMessage-ID: <one@x>\r\n"
    "Date: Mon, 14 May 2001 16:39:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
    "boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>The "
    "<b>numbers</b></p><script>evil()</script>\r\n"
    "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; "
    "filename*=UTF-8''z%C3%A4hler%2F%221.pdf\r\n\r\naGVsbG8=\r\n--b--\r\n";

// With one imported message.
class RoutesTest : public RoutesFixture {
 protected:
  void import_message() { RoutesFixture::import_message(kMessage); }
};

TEST_F(RoutesTest, DescriptionAndTableNameTheSameRoutesAndParameters) {
  const auto description = get_json("/openapi.json");
  std::set<std::string> described, known;
  for (const auto& [path, item] : description["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      described.insert(method + " " + path);
      for (const auto& parameter : operation.value("parameters", json::array())) {
        const bool in_path = parameter["in"] == "path";
        described.insert(method + " " + path + (in_path ? " /" : " ?") +
                         parameter["name"].get<std::string>());
      }
    }
  }
  for (const auto& route : api::route_table()) {
    std::string name(route.method);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    name += " " + std::string(route.pattern);
    known.insert(name);
    for (const auto parameter : route.parameters)
      known.insert(name + " ?" + std::string(parameter));
    for (auto open = route.pattern.find('{'); open != route.pattern.npos;
         open = route.pattern.find('{', open + 1)) {
      known.insert(
          name + " /" +
          std::string(route.pattern.substr(open + 1, route.pattern.find('}', open) - open - 1)));
    }
  }
  EXPECT_EQ(described, known);
}

TEST_F(RoutesTest, DescriptionNamesWhatAnyRequestMayBeAnswered) {
  const auto description = get_json("/openapi.json");
  for (const auto& [path, item] : description["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      std::set<std::string> statuses{"400", "403", "421", "429", "431", "500", "503"};
      if (operation.contains("requestBody")) statuses.insert("413");
      if (path.starts_with("/v1")) statuses.insert("507");
      for (const auto& status : statuses)
        EXPECT_TRUE(operation["responses"].contains(status))
            << method << " " << path << " " << status;
    }
  }
  const std::string text = description.dump();
  for (const char* code : {"confirmationNeeded", "paused", "removed", "goesOn", "payloadTooLarge",
                           "wrongHost", "headerTooLarge", "noSpace", "unknownDocument"})
    EXPECT_THAT(text, HasSubstr(code));
}

TEST_F(RoutesTest, DescriptionRefersOnlyToWhatItHolds) {
  const auto description = get_json("/openapi.json");
  const std::string text = description.dump();
  for (auto at = text.find("\"$ref\":\"#"); at != std::string::npos;
       at = text.find("\"$ref\":\"#", at + 1)) {
    const auto begin = at + 9;
    const auto pointer = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_TRUE(description.contains(json::json_pointer(pointer))) << pointer;
  }
}

TEST_F(RoutesTest, MistakesAreNamed) {
  import_message();
  const std::string mail = "/v1/accounts/alice/";
  const struct {
    std::string method, path;
    std::multimap<std::string, std::string> query;
    int status;
    std::string code, words;
  } cases[] = {
      {"GET", "/nowhere", {}, 404, "unknownRoute", "/openapi.json"},
      {"GET", mail + "messages/", {}, 404, "unknownRoute", ""},
      {"GET", "/v1/accounts/bob/messages", {}, 404, "unknownAccount", "GET /v1/accounts"},
      {"GET", "/v1/accounts/..%2Falice/messages", {}, 404, "unknownAccount", "../alice"},
      {"GET", mail + "messages/nope", {}, 404, "unknownMessage", "nope"},
      {"GET", mail + "messages/nope/body", {}, 404, "unknownMessage", ""},
      {"GET", mail + "messages/nope/raw", {}, 404, "unknownMessage", ""},
      {"GET", mail + "messages/%zz", {}, 400, "badParameter", "two hex digits"},
      {"GET", mail + "messages/" + id_ + "/attachments/99", {}, 404, "unknownAttachment", "99"},
      {"GET", mail + "threads/nope", {}, 404, "unknownThread", ""},
      {"GET", mail + "files/nope", {}, 404, "unknownFile", ""},
      {"GET", mail + "messages", {{"mailbox", "nope"}}, 404, "unknownMailbox", "nope"},
      {"GET",
       mail + "messages",
       {{"colour", "red"}},
       400,
       "badParameter",
       "known are mailbox, keyword"},
      {"GET", mail + "mailboxes", {{"x", ""}}, 400, "badParameter", "there are none here"},
      {"GET", mail + "messages", {{"limit", "0"}}, 400, "badParameter", "1 to 500"},
      {"GET", mail + "messages", {{"limit", "501"}}, 400, "badParameter", "501"},
      {"GET", mail + "messages", {{"limit", "5x"}}, 400, "badParameter", "5x"},
      {"GET", mail + "messages", {{"unread", "yes"}}, 400, "badParameter", "true or false"},
      {"GET", mail + "messages", {{"sort", "colour"}}, 400, "badParameter", "-received, received"},
      {"GET",
       mail + "messages",
       {{"unread", "true"}, {"seen", "true"}},
       400,
       "badParameter",
       "seen"},
      {"GET",
       mail + "messages",
       {{"keyword", "$draft"}, {"draft", "false"}},
       400,
       "badParameter",
       "exclude each other"},
      {"GET",
       mail + "messages",
       {{"after", "x"}, {"around", id_}},
       400,
       "badParameter",
       "only one of"},
      {"GET", mail + "messages", {{"anchorOffset", "3"}}, 400, "badParameter", "anchor"},
      {"GET",
       mail + "messages",
       {{"around", id_}, {"flagged", "true"}},
       404,
       "anchorNotFound",
       "not in this list"},
      {"GET", mail + "messages/changes", {}, 400, "badParameter", "since"},
      {"GET", mail + "messages/changes", {{"since", "x-1"}}, 409, "cannotCalculateChanges", "anew"},
      {"GET",
       mail + "messages",
       {{"limit", "5"}, {"limit", "6"}},
       400,
       "badParameter",
       "more than once"},
      {"GET", mail + "messages", {{"ids", ""}}, 400, "badParameter", "1 to 500"},
      {"GET", mail + "messages", {{"ids", "a"}, {"limit", "5"}}, 400, "badParameter", "ids"},
      {"GET", mail + "messages", {{"after", "x"}}, 400, "badCursor", "next"},
      {"GET",
       mail + "search",
       {{"sort", "relevance"}, {"after", "eyJkYXRlIjo1LCJpZCI6IngifQ"}},
       400,
       "badCursor",
       ""},
      {"GET", mail + "search", {{"q", "report AND ("}}, 400, "badQuery", ""},
      {"POST", mail + "messages", {}, 405, "readOnly", "CouchDB by docId and rev"},
      {"DELETE", mail + "messages/" + id_, {}, 405, "readOnly", "CouchDB"},
      {"POST", mail + "mailboxes", {}, 405, "readOnly", "CouchDB"},
      {"DELETE", mail + "threads/x", {}, 405, "readOnly", "CouchDB"},
      {"PUT", mail + "files/x", {}, 405, "readOnly", "CouchDB"},
      {"PUT", "/healthz", {}, 405, "methodNotAllowed", "GET, HEAD"},
      {"POST", mail + "sync", {}, 409, "noSource", "local"},
      {"POST", "/v1/accounts/nobody/sync", {}, 404, "unknownAccount", ""},
      {"POST", "/v1/admin/accounts/alice/sync", {}, 409, "noSource", "local"},
      {"POST", "/v1/admin/accounts/alice/pause", {}, 409, "noSource", "local"},
      {"POST", "/v1/admin/accounts/alice/resume", {}, 409, "noSource", "local"},
      {"POST", "/v1/admin/accounts/alice/import", {}, 403, "adminSocketOnly", "davenport import"},
      {"POST", "/v1/admin/accounts/bob/reindex", {}, 404, "unknownAccount", ""},
      {"POST",
       "/v1/admin/accounts/alice/quarantine/ignore",
       {{"doc", "x"}},
       404,
       "unknownDocument",
       "'x'"},
      {"POST", "/v1/admin/accounts/alice/quarantine/ignore", {}, 400, "badParameter", "'doc'"},
      {"POST",
       "/v1/admin/accounts/alice/quarantine/retry",
       {{"doc", "x"}},
       404,
       "unknownDocument",
       "GET /v1/admin/quarantine"},
      {"POST",
       "/v1/admin/accounts/alice/quarantine/retry",
       {{"doc", ""}},
       400,
       "badParameter",
       "'doc'"},
      {"GET", "/v1/admin/tasks/nope", {}, 404, "unknownTask", ""},
      {"DELETE", "/v1/admin/tasks/nope", {}, 404, "unknownTask", ""},
  };
  const std::string description = get_json("/openapi.json").dump();
  for (const auto& example : cases) {
    const auto response = ask(example.method, example.path, example.query);
    const std::string what = example.method + " " + example.path + "\n" + response.payload;
    EXPECT_THAT(description, HasSubstr(example.code));
    EXPECT_EQ(response.status, example.status) << what;
    const auto error = json::parse(response.payload)["error"];
    EXPECT_EQ(error["code"], example.code) << what;
    EXPECT_THAT(error["message"].get<std::string>(), HasSubstr(example.words)) << what;
    EXPECT_EQ(error.contains("position"), example.code == "badQuery") << what;
  }
}

TEST_F(RoutesTest, MethodsThatArePossibleAreNamed) {
  EXPECT_EQ(field(ask("PATCH", "/v1/admin/tasks/1"), "Allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(field(get("/v1/accounts/alice/sync"), "Allow"), "POST");
}

TEST_F(RoutesTest, ImportIsCarefulWithItsPayload) {
  const auto import = [this](std::string payload, std::string type) {
    return routes_.handle({"POST",
                           "/v1/admin/accounts/alice/import",
                           {},
                           "",
                           std::move(payload),
                           true,
                           std::move(type)});
  };
  EXPECT_EQ(import(R"({"paths":["/x"]})", "text/plain").status, 415);
  for (const char* payload :
       {"", "[]", "{}", R"({"paths":[]})", R"({"paths":"x"})", R"({"paths":["relative"]})"}) {
    EXPECT_EQ(import(payload, "application/json").status, 400) << payload;
  }
}

// As when a configuration changes and is taken back.
TEST_F(RoutesTest, AReindexThatIsNeededNoMoreDoesNothing) {
  import_message();
  indexer::Progress progress;
  api::TaskReport task;
  task.account = "alice";
  auto reindex = api::task_kinds(config_, accounts_, nullptr).at("reindex");
  task.arguments = api::kReindexForRules;
  EXPECT_THAT(reindex(task, progress).line, StartsWith("not needed any more"));
  task.arguments = api::kReindexForDamage;
  EXPECT_THAT(reindex(task, progress).line, HasSubstr("indexed in"));
}

TEST_F(RoutesTest, WhatIsWrongWithAReindexIsSaid) {
  import_message();
  const auto reindex = [this](std::string payload) {
    return routes_.handle({"POST",
                           "/v1/admin/accounts/alice/reindex",
                           {},
                           "",
                           std::move(payload),
                           true,
                           "application/json"});
  };
  const struct {
    const char *payload, *words;
  } rows[] = {{"[]", "the payload must be {\"query\""},
              {R"({"colour":1})", "unknown member \"colour\""},
              {R"({"failed":"yes"})", "\"failed\" cannot be that"},
              {R"({"rate":1000001})", "from 1 to 1000000"},
              {R"({"rate":0})", "\"rate\" cannot be that"},
              {R"({"query":"glue","failed":true})", "exclude each other"}};
  for (const auto& row : rows) {
    const auto refused = reindex(row.payload);
    EXPECT_EQ(refused.status, 400) << row.payload;
    const auto error = json::parse(refused.payload)["error"];
    EXPECT_EQ(error["code"], "badPayload");
    EXPECT_THAT(error["message"].get<std::string>(), HasSubstr(row.words));
  }
  EXPECT_EQ(reindex(R"({"query":"glue","failed":false})").status, 202);
}

TEST_F(RoutesTest, ListsMessagesAndMailboxes) {
  import_message();
  const auto list =
      get_json("/v1/accounts/alice/messages", {{"limit", "1"}, {"attachment", "true"}});
  EXPECT_EQ(list["messages"][0]["subject"], "Quarterly report");
  EXPECT_EQ(list["total"], 1);
  const auto one = get_json("/v1/accounts/alice/messages/" + id_);
  EXPECT_EQ(one["id"], id_);
  const std::string doc_id = one["docId"];
  EXPECT_EQ(get_json("/v1/accounts/alice/messages/" + api::percent_encode(doc_id))["id"], id_);
  EXPECT_EQ(get_json("/v1/accounts/alice/messages", {{"ids", "nope," + id_}})["messages"].size(),
            1U);
  EXPECT_EQ(get_json("/v1/accounts/alice/threads/" + id_)["id"], one["threadId"]);
  EXPECT_TRUE(get_json("/v1/accounts/alice/mailboxes")["mailboxes"].is_array());
  EXPECT_TRUE(get_json("/v1/accounts/alice/files")["files"].empty());
  EXPECT_THAT(metrics_.to_text(), HasSubstr("davenport_content_reads_total{reason=\"list\"} 0"));
}

TEST_F(RoutesTest, FindsAndShows) {
  import_message();
  const auto found = get_json("/v1/accounts/alice/search", {{"q", "numbers"}});
  ASSERT_EQ(found["hits"].size(), 1U) << found;
  EXPECT_EQ(found["hits"][0]["message"]["id"], id_);
  EXPECT_THAT(found["hits"][0]["snippet"]["preview"].get<std::string>(),
              HasSubstr("<mark>numbers</mark>"));
  EXPECT_FALSE(
      get_json("/v1/accounts/alice/search", {{"q", "numbers"}, {"snippets", "false"}})["hits"][0]
          .contains("snippet"));
  EXPECT_TRUE(found["hits"][0]["snippet"]["part"].is_null());
  const auto of_kind = [&](const char* kind) {
    return get_json("/v1/accounts/alice/search", {{"q", "numbers"}, {"kind", kind}})["hits"].size();
  };
  EXPECT_EQ(of_kind("mail"), 1U);
  EXPECT_EQ(of_kind("file"), 0U);

  const auto path = "/v1/accounts/alice/messages/" + id_ + "/";
  const auto text = get(path + "body");
  EXPECT_THAT(text.content_type, StartsWith("text/plain"));
  EXPECT_THAT(text.payload, HasSubstr("The numbers"));
  const auto html = get(path + "body", {{"type", "text/html"}});
  EXPECT_THAT(html.payload, HasSubstr("<b>numbers</b>"));
  EXPECT_THAT(html.payload, Not(HasSubstr("evil")));
  EXPECT_THAT(field(html, "Content-Security-Policy"), StartsWith("sandbox"));
  const auto parts = json::parse(get(path + "body", {}, "application/json").payload)["parts"];
  EXPECT_EQ(parts[0]["type"], "text/html");
  EXPECT_THAT(parts[0]["content"].get<std::string>(), Not(HasSubstr("evil")));
  EXPECT_EQ(get(path + "body", {}, "image/png").status, 406);
  EXPECT_EQ(get(path + "raw").payload, kMessage);
  EXPECT_EQ(get(path + "raw").content_type, "message/rfc822");
}

TEST_F(RoutesTest, AttachmentsAreSavedUnderASafeName) {
  import_message();
  const auto message = get_json("/v1/accounts/alice/messages/" + id_);
  const auto path = "/v1/accounts/alice/messages/" + id_ + "/attachments/" +
                    message["attachments"][0]["partId"].get<std::string>();
  const auto attachment = get(path);
  EXPECT_EQ(attachment.payload, "hello");
  EXPECT_EQ(attachment.content_type, "application/pdf");
  EXPECT_EQ(field(attachment, "Content-Disposition"),
            "attachment; filename=\"z_hler__1.pdf\"; filename*=UTF-8''z%C3%A4hler__1.pdf");
}

TEST_F(RoutesTest, ReindexIsATask) {
  import_message();
  const auto started = ask("POST", "/v1/admin/accounts/alice/reindex");
  ASSERT_EQ(started.status, 202);
  const auto where = field(started, "Location");
  json task;
  for (int turn = 0; turn < 6'000; ++turn) {
    task = get_json(where);
    if (task["state"] == "done" || task["state"] == "failed") break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_THAT(task["outcome"].get<std::string>(), StartsWith("1 entries indexed in ")) << task;
  EXPECT_EQ(get_json("/v1/admin/tasks")["tasks"][0]["id"], task["id"]);
  EXPECT_EQ(
      get_json("/v1/admin/accounts")["accounts"],
      json::parse(
          R"([{"account":"alice","local":true,"source":null,"gone":false,"paused":false,"feeds":[]}])"));
  EXPECT_EQ(get_json("/v1/admin/sources"), json::parse(R"({"sources":[]})"));
  const auto status = get_json("/v1/admin/status");
  EXPECT_EQ(status["accounts"][0]["messages"], 1);
  EXPECT_EQ(status["accounts"][0]["index"]["complete"], true);
}

TEST_F(RoutesTest, PageAllowsOnlyItsOwnScriptAndStyle) {
  const auto page = get("/");
  EXPECT_THAT(page.content_type, StartsWith("text/html"));
  const auto policy = field(page, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page.payload, Not(HasSubstr(" style=\"")))
      << "inline style attributes would be refused";
  EXPECT_THAT(page.payload, Not(HasSubstr(" onclick=")));
}

TEST_F(RoutesTest, PageUsesWhatTheRoutesOffer) {
  const auto page = get("/").payload;
  for (const char* use : {"new EventSource(`${base()}/events`)", "&images=${images}", "message.cut",
                          "asTree(mailboxes)", "} threads · "})
    EXPECT_THAT(page, HasSubstr(use));
}

TEST_F(RoutesTest, HealthAndMetrics) {
  EXPECT_EQ(get_json("/healthz")["status"], "ok");
  EXPECT_THAT(get("/metrics").payload, HasSubstr("route=\"/healthz\",status=\"2xx\"} 1"));
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_THAT(get("/metrics").payload, Not(HasSubstr("nowhere")));
}

}  // namespace
