// The replication log, at the source and in the store.
#include "replica/replication_log.hpp"
#include "tests/replica/replicator_fixture.hpp"

namespace replica {
namespace {

using testing::HasSubstr;

class LogTest : public ReplicatorTest {
 protected:
  LogTest() { options_.write_checkpoints = true; }

  std::string document() const {
    return "/mail/_local/" + replication_id(store_.identity().uuid, "mail");
  }
  Exchange read_log(const std::string& json, int status = 200) const {
    return get("GET " + document(), answer(json, status));
  }
  Exchange no_log() const { return read_log(R"({"error":"not_found","reason":"missing"})", 404); }
  Exchange write_log(const std::string& body, const std::string& rev = "0-1") const {
    return post("PUT " + document(), body,
                answer(R"({"ok":true,"id":"x","rev":")" + rev + "\"}", 201));
  }
  Exchange nothing_new() const { return get(feed("1-g"), answer(page({}, R"("1-g")"))); }

  void pull_one() {
    pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-a")}, R"("1-g")"))),
          no_log(), write_log(R"("source_last_seq":"1-g")")});
  }
};

TEST_F(LogTest, IsWrittenWhenSomethingCame) {
  pull_one();
  const std::string written = store_.replication_log();
  EXPECT_THAT(written, HasSubstr(R"("docs_written":1)"));
  // Nothing came: nothing is written; the first pull of a process has a look at it.
  pulls({welcome(), database(), read_log(written), nothing_new(), database(), nothing_new()},
        options_, 2);
  // The second session writes what it knows of the first, to the revision that it has seen.
  std::string stored = written;
  stored.insert(1, R"("_id":"_local/x","_rev":"0-1",)");
  pull({welcome(), database(), read_log(stored),
        get(feed("1-g"), answer(page({row("b", "1-b")}, R"("2-g")"))),
        write_log(R"({"_rev":"0-1","session_id":")", "0-2")});
  EXPECT_EQ(parse_replication_log(store_.replication_log()).history.size(), 2U);
}

TEST_F(LogTest, IsMergedWhereSomebodyElseWroteIt) {
  const std::string theirs =
      R"({"_rev":"0-7","session_id":"theirs","history":[{"session_id":"theirs","recorded_seq":"1-x"}]})";
  pull({welcome(), database(), get(feed("0"), answer(page({row("a", "1-a")}, R"("1-g")"))),
        no_log(),
        post("PUT " + document(), "",
             answer(R"({"error":"conflict","reason":"Document update conflict."})", 409)),
        read_log(theirs), write_log(R"({"_rev":"0-7",)", "0-8")});
  EXPECT_THAT(store_.replication_log(), HasSubstr("theirs"));
}

TEST_F(LogTest, RefusalsAreNoFailure) {
  for (const int status : {401, 403, 404, 405, 500}) {
    pull({welcome(), database(),
          get(feed(status == 401 ? "0" : "1-g"), answer(page({row("a", "1-a")}, R"("1-g")"))),
          read_log(R"({"error":"forbidden","reason":"no"})", status)});
  }
  pull({welcome(), database(), get(feed("1-g"), answer(page({row("a", "1-a")}, R"("1-g")"))),
        no_log(), post("PUT " + document(), "", answer(R"({"error":"forbidden"})", 403))});
  EXPECT_TRUE(parse_replication_log(store_.replication_log()).history.empty());
}

TEST_F(LogTest, ADatabaseWithoutItWasMadeAnew) {
  pull_one();
  pull({welcome(), database(), no_log(),
        get(window("0"), answer(page({bare_row("b", {"1-b"})}, R"("1-h")"))),
        post(kBulkGet, "1-b", answer(results({fetched("b", 1, "b")}))),
        get(window("1-h"), answer(page({}, R"("1-h")"))), write_log("1-h")});
  EXPECT_EQ(body("a"), "purged");
  EXPECT_NE(body("b"), "none");
}

TEST_F(LogTest, AStoreThatWasPutBackGoesOnWhereItIs) {
  pull_one();
  const std::string first = store_.replication_log();
  const StoreIdentity before = store_.identity();
  const auto later = [&](const std::string& seq) {
    ReplicationLog log = parse_replication_log(first);
    ReplicationSession session;
    session.id = "later";
    session.recorded_seq.json = seq;
    record(log, session);
    return to_json(log);
  };
  // Only the copy was not written: the program was killed.
  pull({welcome(), database(), read_log(later(R"("1-g")")), nothing_new()});
  EXPECT_EQ(store_.identity(), before);
  pull({welcome(), database(), read_log(later(R"("9-g")")), nothing_new()});
  EXPECT_EQ(store_.identity().uuid, before.uuid);
  EXPECT_NE(store_.identity().epoch, before.epoch);
}

TEST_F(LogTest, ASourceThatWasPutBackIsSwept) {
  pull_one();
  const std::string first = store_.replication_log();
  pull({welcome(), database(), read_log(first),
        get(feed("1-g"), answer(page({row("b", "1-b")}, R"("2-g")"))), write_log("2-g", "0-2")});
  pull(
      {welcome(), database(), read_log(first),
       get(window("0"), answer(page({bare_row("a", {"1-a"}), bare_row("c", {"1-c"})}, R"("2-h")"))),
       post(kBulkGet, "1-c", answer(results({fetched("c", 1, "c")}))),
       get(window("2-h"), answer(page({}, R"("2-h")"))), write_log("2-h", "0-2")});
  EXPECT_EQ(body("b"), "purged");
  EXPECT_NE(body("c"), "none");
  EXPECT_EQ(store_.checkpoint().since.json, R"("2-h")");
}

}  // namespace
}  // namespace replica
