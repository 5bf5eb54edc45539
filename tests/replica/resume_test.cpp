#include "replica/resume.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace replica {
namespace {

TEST(Resume, TellsWhetherTheCheckpointContinuesTheSource) {
  struct Case {
    const char* what;
    Dialect dialect;
    Checkpoint checkpoint;
    const char* start_time;
    const char* update_seq;
    Continuation continuation;
  };
  constexpr auto kCouchdb = Dialect::kCouchdb, kPouchdb = Dialect::kPouchdb, kCozy = Dialect::kCozy;
  const std::vector<Case> cases = {
      {"new", kCouchdb, {{""}, "", "", ""}, "2", "", Continuation::kContinues},
      {"the same", kCouchdb, {{"\"3-g\""}, "1", "", "f"}, "1", "", Continuation::kContinues},
      {"made anew", kCouchdb, {{"\"3-g\""}, "1", "", "f"}, "2", "", Continuation::kBroken},
      {"2.x", kCouchdb, {{"\"3-g\""}, "", "", "f"}, "0", "", Continuation::kUncertain},
      {"2.x, as older stores have it",
       kCouchdb,
       {{"\"3-g\""}, "0", "", "f"},
       "1",
       "",
       Continuation::kUncertain},
      {"1.x", kCouchdb, {{"7"}, "", "", "f"}, "", "9", Continuation::kUncertain},
      {"1.x, as older stores have it",
       kCouchdb,
       {{"7"}, "1764185794000000", "", "f"},
       "",
       "9",
       Continuation::kUncertain},
      {"1.x, went back", kCouchdb, {{"10"}, "", "", "f"}, "", "9", Continuation::kBroken},
      {"Sync Gateway", kCouchdb, {{"\"7::9\""}, "", "", "f"}, "", "9", Continuation::kUncertain},
      {"cozy-stack", kCozy, {{"\"3-g\""}, "", "", "f"}, "", "", Continuation::kUncertain},
      {"another filter", kCouchdb, {{"\"3-g\""}, "1", "", ""}, "1", "", Continuation::kBroken},
      {"grew", kPouchdb, {{"7"}, "", "", "f"}, "99", "9", Continuation::kUncertain},
      {"stood still", kPouchdb, {{"7"}, "", "", "f"}, "99", "7", Continuation::kUncertain},
      {"went back", kPouchdb, {{"10"}, "", "", "f"}, "99", "9", Continuation::kBroken},
      {"was a CouchDB 3", kPouchdb, {{"\"3-g\""}, "1", "", "f"}, "9", "9", Continuation::kBroken},
      {"was a CouchDB 2", kPouchdb, {{"\"3-g\""}, "", "", "f"}, "9", "9", Continuation::kBroken},
  };
  for (const Case& each : cases) {
    DatabaseInfo info;
    info.instance_start_time = each.start_time;
    info.update_seq = each.update_seq;
    EXPECT_EQ(continuation(each.checkpoint, info, each.dialect, "f"), each.continuation)
        << each.what;
  }
}

TEST(Resume, TellsWhetherAFeedEndedTooSoon) {
  const auto at = [](const std::string& update_seq) {
    DatabaseInfo info;
    info.update_seq = update_seq;
    return info;
  };
  EXPECT_TRUE(ends_before({R"("20-g1AAA")"}, at(R"("23-g1BBB")")));
  EXPECT_FALSE(ends_before({R"("23-g1AAA")"}, at(R"("23-g1BBB")")));
  EXPECT_FALSE(ends_before({R"("24-g1AAA")"}, at(R"("23-g1BBB")")));
  // One node tells no sums: CouchDB 1.x, PouchDB Server, Sync Gateway.
  EXPECT_FALSE(are_of_other_copies({R"("23-g1AAA")"}, at(R"("23-g1BBB")")));
  EXPECT_TRUE(are_of_other_copies({R"("24-g1AAA")"}, at(R"("23-g1BBB")")));
  EXPECT_FALSE(ends_before({"20"}, at("23")));
  EXPECT_FALSE(ends_before({R"("20::19")"}, at("23")));
  DatabaseInfo one_copy = at(R"("23-g1BBB")");
  one_copy.copies = 1;
  EXPECT_FALSE(ends_before({R"("20-g1AAA")"}, one_copy)) << "what was purged had the last numbers";
}

TEST(Resume, CountsPurgesWhoeverAnswered) {
  Checkpoint checkpoint;
  checkpoint.purge_seq = R"("2-abc")";
  DatabaseInfo info;
  info.purge_seq = R"("2-xyz")";
  EXPECT_FALSE(has_purged(checkpoint, info));
  info.purge_seq = R"("3-abc")";
  EXPECT_TRUE(has_purged(checkpoint, info));
  info.purge_seq = R"("1-abc")";  // of a copy that is behind
  EXPECT_FALSE(has_purged(checkpoint, info));
  info.purge_seq.clear();
  EXPECT_FALSE(has_purged(checkpoint, info));
  checkpoint.purge_seq = "2";  // CouchDB 1.x
  info.purge_seq = "3";
  EXPECT_TRUE(has_purged(checkpoint, info));
}

}  // namespace
}  // namespace replica
