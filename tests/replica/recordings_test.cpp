// What real servers answered, byte for byte, is given to the client; what the client makes of it is what a plain reading of the
// payload gives.
#include "tests/support/recordings.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "replica/replicator.hpp"
#include "replica/source_url.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/scripted_server.hpp"

namespace replica {
namespace {

using nlohmann::json;
using support::Exchange;
using support::kCouchdb;
using support::kPouchdbServer;
using support::Recorded;
using support::recording;
using Kind = SourceError::Kind;

constexpr auto kServers = {kCouchdb, kPouchdbServer};

// A client, and a server that answers one request beside its welcome.
class Replay {
 public:
  Replay(const std::string& server, const std::string& request, const Recorded& recorded,
         std::vector<Exchange> others = {})
      : server_(script(server, request, recorded, std::move(others))) {}

  template <typename T>
  T run(net::awaitable<T> coroutine) {
    return support::run(context_, std::move(coroutine));
  }

  net::io_context context_{1};

 private:
  static std::vector<Exchange> script(const std::string& server, const std::string& request,
                                      const Recorded& recorded, std::vector<Exchange> script) {
    Exchange welcome;
    welcome.request = "GET /";
    welcome.answer = recording(server, "welcome").answer;
    welcome.optional = true;
    Exchange exchange;
    exchange.request = request;
    exchange.answer = recorded.answer;
    exchange.close = true;
    exchange.optional = recorded.answer.empty();  // then the client asks once more
    exchange.piece = 700;  // somewhere within lines, numbers and characters
    script.push_back(welcome);
    script.push_back(exchange);
    return script;
  }

  support::ScriptedServer server_;

 public:
  CouchClient client{context_.get_executor(), {server_.url(), "", "", {}}};
};

std::vector<std::string> texts(const std::vector<RevId>& revs) {
  std::vector<std::string> texts;
  for (const RevId& rev : revs) texts.push_back(rev.to_string());
  return texts;
}

ChangesPage changes_of(const std::string& server, const Recorded& recorded) {
  Replay replay(server, "GET /t/_changes*", recorded);
  ChangesQuery query;
  query.limit = 1'000;
  query.include_docs = true;
  return replay.run(replay.client.changes("t", query));
}

void expect_feed(const std::string& server, const std::string& file, std::size_t index = 0) {
  SCOPED_TRACE(fmt::format("{}/{} {}", server, file, index));
  const Recorded recorded = recording(server, file, index);
  const json payload = json::parse(recorded.payload, nullptr, false);
  if (payload.is_discarded()) {  // the recorder did not wait for the end
    EXPECT_THROW((void)changes_of(server, recorded), SourceError);
    return;
  }
  const ChangesPage page = changes_of(server, recorded);
  EXPECT_EQ(json::parse(page.last_seq.json), payload.at("last_seq"));
  EXPECT_EQ(page.pending.has_value(), payload.contains("pending"));
  EXPECT_EQ(page.pending.value_or(0), payload.value("pending", 0));
  ASSERT_EQ(page.rows.size(), payload.at("results").size());
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    const FeedRow& ours = page.rows[i];
    json theirs = payload.at("results").at(i);
    SCOPED_TRACE(theirs.dump());
    EXPECT_EQ(ours.problem, "");
    EXPECT_EQ(ours.id, theirs.at("id"));
    EXPECT_EQ(ours.deleted, theirs.value("deleted", false));
    std::vector<std::string> leaves;
    for (const json& change : theirs.at("changes")) leaves.push_back(change.at("rev"));
    EXPECT_THAT(texts(ours.leaves), testing::UnorderedElementsAreArray(leaves));
    if (!theirs.contains("doc")) {
      EXPECT_EQ(ours.document, "");
    } else {
      EXPECT_EQ(json::parse(ours.document), theirs.at("doc"));
      EXPECT_EQ(ours.leaves.front().to_string(), theirs.at("doc").at("_rev"));
    }
  }
}

TEST(Recordings, Feeds) {
  for (const char* server : kServers) {
    for (const char* file :
         {"changes-empty", "changes-normal", "changes-all-docs", "changes-include-docs",
          "changes-seq-interval", "changes-since-last", "changes-since-now", "changes-limit-0",
          "changes-longpoll-ready", "changes-longpoll-wait", "changes-longpoll-timeout",
          "changes-gzip", "changes-etag", "att-changes-stubs"})
      expect_feed(server, file);
    expect_feed(server, "changes-limit", 1);
    expect_feed(server, "recreate-after", 1);
    expect_feed(server, "recreate-after", 2);
    expect_feed(server, "compact-after", 2);
    expect_feed(server, "revs-limit", 2);
  }
  expect_feed(kCouchdb, "changes-since-other-db");
  expect_feed(kCouchdb, "purge", 3);
  expect_feed(kCouchdb, "recreate-longpoll");
}

// A revision as `_bulk_get` and `open_revs` send it.
void expect_revision(const FetchedRevision& ours, const json& theirs) {
  EXPECT_EQ(ours.problem, "");
  const IncomingRevision& revision = ours.revision;
  EXPECT_EQ(revision.id, theirs.at("_id"));
  EXPECT_EQ(revision.rev.to_string(), theirs.at("_rev"));
  EXPECT_EQ(revision.deleted, theirs.value("_deleted", false));
  std::vector<std::string> ids = theirs.at("_revisions").at("ids");
  ids.erase(ids.begin());
  EXPECT_EQ(revision.ancestors, ids);
  json body = theirs;
  body.erase("_revisions");
  EXPECT_EQ(json::parse(revision.body), body);
}

// The document that was sent for a revision that was asked for: itself or its successor.
const json* find_sent(const json& rows, const std::string& id, const RevId& rev) {
  for (const json& row : rows) {
    if (!row.contains("ok") || row.at("ok").at("_id") != id) continue;
    const auto& history = row.at("ok").at("_revisions");
    const auto& ids = history.at("ids");
    const std::uint64_t start = history.at("start");
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (start - i == rev.generation && ids[i] == rev.digest) return &row.at("ok");
    }
  }
  return nullptr;
}

void expect_fetched(const std::vector<FetchedRevision>& fetched,
                    const std::vector<RevisionsOfDocument>& wanted, const json& rows) {
  std::size_t at = 0;
  for (const auto& document : wanted) {
    for (const RevId& rev : document.revs) {
      SCOPED_TRACE(document.id + ' ' + rev.to_string());
      ASSERT_LT(at, fetched.size());
      const FetchedRevision& ours = fetched[at++];
      const json* theirs = find_sent(rows, document.id, rev);
      if (theirs != nullptr) {
        expect_revision(ours, *theirs);
      } else {
        EXPECT_NE(ours.problem, "");
      }
    }
  }
  EXPECT_EQ(at, fetched.size());
}

void expect_bulk_get(const std::string& server, const std::string& file, std::size_t index = 0) {
  SCOPED_TRACE(fmt::format("{}/{} {}", server, file, index));
  const Recorded recorded = recording(server, file, index);
  std::vector<RevisionsOfDocument> wanted;
  const json sent = json::parse(recorded.sent);
  for (const json& asked : sent.at("docs")) {
    const auto rev = RevId::parse(asked.value("rev", ""));
    if (!rev) continue;  // davenport does not ask for such
    if (wanted.empty() || wanted.back().id != asked.at("id"))
      wanted.push_back({asked.at("id"), {}});
    wanted.back().revs.push_back(*rev);
  }
  json rows = json::array();
  const json payload = json::parse(recorded.payload);
  for (const json& row : payload.at("results")) {
    for (const json& document : row.at("docs")) rows.push_back(document);
  }
  Replay replay(server, "POST /t/_bulk_get*", recorded);
  expect_fetched(replay.run(replay.client.fetch("t", wanted)), wanted, rows);
}

TEST(Recordings, BulkGet) {
  for (const char* server : kServers) {
    for (const char* file : {"bulk-get", "bulk-get-missing", "bulk-get-latest"})
      expect_bulk_get(server, file);
    expect_bulk_get(server, "att-bulk-get", 1);
    expect_bulk_get(server, "compact-after", 3);
  }
}

// Where there is no `_bulk_get`.
TEST(Recordings, OpenRevs) {
  for (const char* server : kServers) {
    const std::vector<std::size_t> exchanges = {0, 1, 2, 3};
    for (const std::size_t index : exchanges) {
      const Recorded recorded = recording(server, "open-revs-json", index);
      SCOPED_TRACE(fmt::format("{} {}", server, recorded.target));
      const auto slash = recorded.target.rfind('/');
      const std::string id = recorded.target.substr(slash + 1, 8);
      RevisionsOfDocument wanted{id, {}};
      for (std::string_view rest = recorded.target; rest.find("%22") != std::string_view::npos;) {
        rest.remove_prefix(rest.find("%22") + 3);
        if (const auto rev = RevId::parse(rest.substr(0, rest.find("%22"))))
          wanted.revs.push_back(*rev);
        rest.remove_prefix(rest.find("%22") + 3);
      }
      ASSERT_FALSE(wanted.revs.empty());
      // The database is there, though the route is not.
      Exchange no_route, database;
      no_route.request = "POST /t/_bulk_get*";
      no_route.answer = support::answer("{}", 405);
      database.request = "GET /t/";
      database.answer = recording(server, "db-info").answer;
      Replay replay(server, fmt::format("GET /t/{}?*", id), recorded, {no_route, database});
      expect_fetched(replay.run(replay.client.fetch("t", {wanted})), {wanted},
                     json::parse(recorded.payload));
    }
  }
}

TEST(Recordings, TheServer) {
  for (const char* server : kServers) {
    Replay replay(server, "GET /nothing/", recording(server, "db-missing"));
    const json payload = json::parse(recording(server, "welcome").payload);
    const ServerInfo info = replay.run(replay.client.server_info());
    EXPECT_EQ(info.version, payload.at("version"));
    EXPECT_EQ(info.dialect, server == kCouchdb ? Dialect::kCouchdb : Dialect::kPouchdb);
  }
}

TEST(Recordings, Databases) {
  for (const char* server : kServers) {
    for (const auto& [file, index] : std::vector<std::pair<const char*, std::size_t>>{
             {"db-info", 0}, {"db-info-empty", 0}, {"recreate-after", 0}, {"purge", 2}}) {
      SCOPED_TRACE(fmt::format("{}/{} {}", server, file, index));
      const Recorded recorded = recording(server, file, index);
      Replay replay(server, "GET /t/", recorded);
      const DatabaseInfo info = replay.run(replay.client.database_info("t"));
      const json payload = json::parse(recorded.payload);
      EXPECT_EQ(info.name, payload.at("db_name"));
      EXPECT_EQ(json::parse(info.update_seq), payload.at("update_seq"));
      EXPECT_EQ(info.instance_start_time, payload.at("instance_start_time"));
      EXPECT_EQ(info.documents, payload.at("doc_count"));
      EXPECT_EQ(info.deleted, payload.value("doc_del_count", 0));
      EXPECT_EQ(info.copies, payload.value("/cluster/n"_json_pointer, 0));
      if (payload.contains("purge_seq")) {
        EXPECT_EQ(json::parse(info.purge_seq), payload.at("purge_seq"));
      } else {
        EXPECT_EQ(info.purge_seq, "");
      }
    }
    const Recorded names = recording(server, "all-dbs");
    Replay replay(server, "GET /_all_dbs", names);
    EXPECT_EQ(json(replay.run(replay.client.all_databases())), json::parse(names.payload));
  }
  const Recorded infos = recording(kCouchdb, "all-dbs", 1);
  Replay several(kCouchdb, "POST /_dbs_info", infos);
  const auto found = several.run(several.client.databases_info({"t-upd", "t-none"}));
  ASSERT_EQ(found.size(), 1U);
  const json theirs = json::parse(infos.payload).at(0).at("info");
  EXPECT_EQ(found[0].name, "t-upd");
  EXPECT_EQ(json::parse(found[0].update_seq), theirs.at("update_seq"));
  EXPECT_EQ(found[0].documents, theirs.at("doc_count"));

  const Recorded purges = recording(kCouchdb, "purged-infos");
  Replay purged(kCouchdb, "GET /t/_purged_infos", purges);
  const auto revisions = purged.run(purged.client.purged("t"));
  ASSERT_TRUE(revisions);
  const json listed = json::parse(purges.payload).at("purged_infos");
  ASSERT_EQ(revisions->size(), listed.size());
  EXPECT_EQ(revisions->at(0).id, listed.at(0).at("id"));
  EXPECT_EQ(json(texts(revisions->at(0).revs)), listed.at(0).at("revs"));
}

TEST(Recordings, Documents) {
  for (const char* server : kServers) {
    for (const auto& [file, index, id] :
         std::vector<std::tuple<const char*, std::size_t, const char*>>{
             {"doc-get", 0, "mail0001"},
             {"doc-odd-id", 0, "mail/odd +%ü"},
             {"doc-delete", 1, "mail0002"},
             {"doc-delete", 2, "nothere"},
             {"local-doc", 0, "_local/abc.def"},
             {"local-doc", 2, "_local/abc.def"},
             {"local-odd-name", 1, "_local/Ab+cD=="}}) {
      SCOPED_TRACE(fmt::format("{}/{} {}", server, file, index));
      const Recorded recorded = recording(server, file, index);
      Replay replay(server, "GET /t/*", recorded);
      const auto document = replay.run(replay.client.get_document("t", id));
      ASSERT_EQ(document.has_value(), recorded.status == 200);
      if (document) {
        EXPECT_EQ(json::parse(*document), json::parse(recorded.payload));
      }
    }
  }
}

struct AttachmentSink {
  AttachmentAnswer answer;
  std::string bytes;

  net::awaitable<void> begin(AttachmentAnswer begun) {
    answer = begun;
    co_return;
  }
  net::awaitable<void> piece(std::string_view sent) {
    bytes += sent;
    co_return;
  }
};

TEST(Recordings, Attachments) {
  for (const char* server : kServers) {
    for (const char* file : {"att-get-plain", "att-get-gzip", "att-get-png"}) {
      SCOPED_TRACE(fmt::format("{}/{}", server, file));
      const Recorded recorded = recording(server, file);
      Replay replay(server, "GET /t/c1/*", recorded);
      AttachmentSink sink;
      const std::function<net::awaitable<void>(AttachmentAnswer)> begin =
          [&sink](AttachmentAnswer answer) { return sink.begin(answer); };
      const std::function<net::awaitable<void>(std::string_view)> piece =
          [&sink](std::string_view bytes) { return sink.piece(bytes); };
      support::run(replay.context_, replay.client.attachment(
                                        "t", {.id = "c1", .rev = "", .name = "x"}, begin, piece));
      EXPECT_EQ(sink.bytes, recorded.payload);
      EXPECT_EQ(sink.answer.is_gzip,
                recorded.answer.find("Content-Encoding: gzip") != std::string::npos);
      EXPECT_EQ(sink.answer.offset, 0U);
    }
  }
}

// The recorder hung up where the server would have gone on: that is how these end.
std::vector<std::string> moved_in(const std::string& request, const Recorded& recorded,
                                  const WatchQuery& query) {
  Replay replay(kCouchdb, request, recorded);
  std::vector<std::string> names;
  const std::function<void(const FeedEvent&)> note = [&names](const FeedEvent& moved) {
    names.push_back(moved.database + (moved.is_deleted ? " deleted" : ""));
  };
  try {
    (void)replay.run(replay.client.watch(query, note));
  } catch (const SourceError& error) {
    EXPECT_EQ(error.kind(), Kind::kProtocol) << error.what();
  }
  return names;
}

TEST(Recordings, FeedsThatSayThatSomethingMoved) {
  WatchQuery query;
  query.kind = FeedKind::kContinuous;
  query.database = "t";
  EXPECT_EQ(moved_in("GET /t/_changes*", recording(kCouchdb, "changes-continuous"), query),
            (std::vector<std::string>{"t", "t", "t"}));
  query.kind = FeedKind::kLongPoll;
  EXPECT_EQ(moved_in("GET /t/_changes*", recording(kCouchdb, "changes-longpoll-wait"), query),
            (std::vector<std::string>{"t"}));
  EXPECT_TRUE(
      moved_in("GET /t/_changes*", recording(kCouchdb, "recreate-longpoll"), query).empty());
  query.kind = FeedKind::kDatabaseUpdates;
  auto names = moved_in("GET /_db_updates*", recording(kCouchdb, "db-updates-continuous"), query);
  std::erase_if(names, [](const std::string& name) { return name.starts_with('_'); });
  EXPECT_EQ(names, (std::vector<std::string>{"t-upd", "t-upd", "t-upd deleted"}));
}

TEST(Recordings, Errors) {
  struct Case {
    const char* file;
    std::size_t index;
    Kind kind;
  };
  for (const Case& c :
       {Case{"db-missing", 1, Kind::kNotFound}, Case{"deleted-db", 0, Kind::kNotFound},
        // The client gives no user.
        Case{"unauthorized", 1, Kind::kForbidden}, Case{"unauthorized", 2, Kind::kForbidden},
        Case{"cookie-expired-401", 0, Kind::kForbidden}, Case{"forbidden", 1, Kind::kForbidden},
        Case{"lockout", 7, Kind::kForbidden}, Case{"changes-bad-params", 0, Kind::kServer},
        Case{"changes-since-bad", 0, Kind::kProtocol},
        Case{"request-too-large", 1, Kind::kTooLarge}}) {
    SCOPED_TRACE(fmt::format("{} {}", c.file, c.index));
    const Recorded recorded = recording(kCouchdb, c.file, c.index);
    try {
      (void)changes_of(kCouchdb, recorded);
      ADD_FAILURE() << "no error";
    } catch (const SourceError& error) {
      EXPECT_EQ(error.kind(), c.kind) << error.what();
      EXPECT_EQ(error.status(), recorded.status);
    }
  }
}

// PouchDB Server dies of some requests: the connection ends without an answer.
TEST(Recordings, AServerThatDied) {
  const Recorded recorded = recording(kPouchdbServer, "crash-bulk-get-latest-unknown-rev");
  try {
    (void)changes_of(kPouchdbServer, recorded);
    ADD_FAILURE() << "no error";
  } catch (const SourceError& error) {
    EXPECT_EQ(error.kind(), Kind::kNetwork) << error.what();
  }
}

}  // namespace
}  // namespace replica
