// Pulls into one store from scripted servers.
#pragma once

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "replica/replicator.hpp"
#include "tests/support/awaiting.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/support.hpp"

namespace replica {

using support::answer;
using support::chunked_answer;
using support::Exchange;
using support::ScriptedServer;

inline Exchange get(const std::string& request, const std::string& raw_answer) {
  Exchange exchange;
  exchange.request = request;
  exchange.answer = raw_answer;
  return exchange;
}

inline Exchange post(const std::string& request, const std::string& body,
                     const std::string& raw_answer) {
  Exchange exchange = get(request, raw_answer);
  exchange.body = body;
  return exchange;
}

inline Exchange welcome() {
  return get("GET /", answer(R"({"couchdb":"Welcome","version":"3.5.0","uuid":"9cb8"})"));
}

struct Database {
  std::string incarnation = "1700000000";
  std::string update_seq = R"("1-g1A")";
  std::string purge_seq = R"("0-p")";
  int documents = 3;
  int copies = 1;  // of each shard; 0: not told
};

inline Exchange database(const Database& info = {}) {
  const std::string cluster =
      info.copies > 0 ? fmt::format(R"(,"cluster":{{"q":2,"n":{}}})", info.copies) : "";
  return get("GET /mail/",
             answer(fmt::format(R"({{"db_name":"mail","update_seq":{},"purge_seq":{},)"
                                R"("doc_count":{},"instance_start_time":"{}"{}}})",
                                info.update_seq, info.purge_seq, info.documents, info.incarnation,
                                cluster)));
}

// A page with documents.
inline std::string feed(const std::string& since, std::size_t limit = 1000) {
  return fmt::format(
      "GET /mail/_changes?style=all_docs&limit={}&since={}&include_docs=true&seq_interval={}",
      limit, since, limit);
}

// A window without.
inline std::string window(const std::string& since, std::size_t limit = tuning::kWindowRows) {
  return fmt::format("GET /mail/_changes?style=all_docs&limit={}&since={}&seq_interval={}", limit,
                     since, limit);
}

inline std::string row(const std::string& id, const std::string& rev,
                       const std::string& more = {}) {
  return fmt::format(
      R"({{"seq":null,"id":"{0}","changes":[{{"rev":"{1}"}}],"doc":{{"_id":"{0}","_rev":"{1}"{2}}}}})",
      id, rev, more);
}

inline std::string bare_row(const std::string& id, const std::vector<std::string>& revs) {
  std::string changes;
  for (const std::string& rev : revs)
    changes += fmt::format(R"({}{{"rev":"{}"}})", changes.empty() ? "" : ",", rev);
  return fmt::format(R"({{"seq":null,"id":"{}","changes":[{}]}})", id, changes);
}

inline std::string page(const std::vector<std::string>& rows, const std::string& last_seq,
                        int pending = 0) {
  std::string json = "{\"results\":[\n";
  for (std::size_t i = 0; i < rows.size(); ++i) json += (i > 0 ? ",\n" : "") + rows[i];
  return json + fmt::format("\n],\n\"last_seq\":{},\"pending\":{}}}\n", last_seq, pending);
}

const std::string kBulkGet = "POST /mail/_bulk_get?revs=true&latest=true";

// A document of `_bulk_get`; `ids`: its digest and its ancestors', joined by commas.
inline std::string fetched(const std::string& id, int generation, const std::string& ids) {
  std::string list;
  for (const char c : ids) list += c == ',' ? std::string("\",\"") : std::string(1, c);
  return fmt::format(
      R"({{"id":"{0}","docs":[{{"ok":{{"_id":"{0}","_rev":"{1}-{2}","_revisions":{{"start":{1},"ids":["{3}"]}}}}}}]}})",
      id, generation, ids.substr(0, ids.find(',')), list);
}

inline std::string results(const std::vector<std::string>& rows) {
  std::string json = R"({"results":[)";
  for (std::size_t i = 0; i < rows.size(); ++i) json += (i > 0 ? "," : "") + rows[i];
  return json + "]}";
}

inline Exchange leaves(const std::string& id, const std::string& json, int status = 200) {
  return get("GET /mail/" + id + "?revs=true&open_revs=all", answer(json, status));
}

inline Exchange gone(const std::string& id) {
  return leaves(id, R"({"error":"not_found","reason":"missing"})", 404);
}

inline Exchange design_documents(int count) {
  std::string rows;
  for (int i = 0; i < count; ++i)
    rows += (i > 0 ? "," : "") + fmt::format(R"({{"id":"_design/{}"}})", i);
  return get("GET /mail/_all_docs?startkey=%22_design/%22&endkey=%22_design0%22",
             answer(R"({"total_rows":9,"offset":0,"rows":[)" + rows + "]}"));
}

class ReplicatorTest : public testing::Test {
 protected:
  ReplicatorTest() {
    options_.write_checkpoints = false;
    options_.keep = [](std::string_view) { return true; };  // then counts are not compared
  }

  PullSummary pull(std::vector<Exchange> script) { return pull(std::move(script), options_); }

  PullSummary pull(std::vector<Exchange> script, const ReplicatorOptions& options) {
    return pulls(std::move(script), options, 1).back();
  }

  // Several pulls by one replicator.
  std::vector<PullSummary> pulls(std::vector<Exchange> script, const ReplicatorOptions& options,
                                 int count, bool retry = false) {
    const ScriptedServer server(std::move(script));
    net::io_context context{1};
    net::thread_pool workers{2};
    CouchClient client(context.get_executor(), {server.url(), "", "", {}, {}},
                       {std::chrono::seconds(5), std::chrono::seconds(5)});
    Replicator replicator(
        client, "mail", store_, workers, [this](const PullSummary&) { ++commits_; }, options);
    if (retry) replicator.retry_now();
    struct Check {
      const ScriptedServer& server;
      ~Check() { EXPECT_EQ(server.complaints(), ""); }
    } check{server};
    std::vector<PullSummary> summaries;
    for (int i = 0; i < count; ++i)
      summaries.push_back(support::run(context, replicator.pull_until_caught_up()));
    return summaries;
  }

  // Tries again what is in quarantine.
  PullSummary retry(std::vector<Exchange> script) {
    return pulls(std::move(script), options_, 1, true).back();
  }

  std::string body(const std::string& id) const {
    const auto document = store_.read(id);
    if (!document) return "none";
    return document->change.purged ? "purged" : document->body;
  }

  std::vector<std::string> leaves_of(const std::string& id) const {
    std::vector<std::string> revs;
    if (const auto tree = store_.tree(id)) {
      for (const Leaf& leaf : tree->leaves()) revs.push_back(leaf.rev.to_string());
    }
    return revs;
  }

  support::TemporaryFolder folder_;
  Store store_{folder_ / "mail.db", sqlite::Access::kReadWrite};
  ReplicatorOptions options_;
  std::atomic<int> commits_ = 0;
};

}  // namespace replica
