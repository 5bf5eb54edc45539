// davenport doctor: what it says and how it ends, with and without a server, of local accounts and of pulled ones.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replica/store.hpp"
#include "tests/end_to_end/davenport.hpp"
#include "tests/support/pouchdb_server.hpp"
#include "tests/support/store_edits.hpp"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The catalog of an account's live generation.
fs::path catalog_of(const Davenport& davenport, const std::string& account) {
  const auto derived = davenport.account_folder(account) / "derived";
  auto name = support::read_file(derived / "current");
  name.pop_back();
  return derived / name / "catalog.db";
}

// The beginnings of its pages.
void damage(const fs::path& file) {
  auto bytes = support::read_file(file);
  for (std::size_t page = 4'096; page + 8 < bytes.size(); page += 4'096)
    bytes.replace(page, 8, 8, '\x55');
  support::write_file(file, bytes);
}

void import_mail(const Davenport& davenport, const std::string& account, int messages) {
  write_maildir(davenport.folder() / account, messages);
  davenport.succeed({"import", account, (davenport.folder() / account).string()});
}

TEST(Doctor, FindsNothingAndSaysWhatItLookedAt) {
  const Davenport davenport;
  import_mail(davenport, "alice", 20);
  const auto said = davenport.run({"doctor", "alice"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("alice: "));
  EXPECT_THAT(said.out, HasSubstr("20 listed, 20 in the index: 0 differences"));
  const auto report = davenport.run_json({"doctor", "alice", "--json"});
  EXPECT_EQ(report["account"], "alice");
  EXPECT_EQ(report["checked"]["catalog"], 20);
  EXPECT_EQ(report["checked"]["index"], 20);
  EXPECT_TRUE(report["checked"]["source"].is_null());
  EXPECT_TRUE(report["differences"].empty());
  EXPECT_EQ(report["repaired"], 0);
}

TEST(Doctor, NamesDamageLeavesItAndMendsItWhenAsked) {
  const Davenport davenport;
  import_mail(davenport, "alice", 200);
  import_mail(davenport, "bob", 5);
  const auto seen = davenport.everything("alice");
  damage(catalog_of(davenport, "alice"));
  const auto before = support::read_file(catalog_of(davenport, "alice"));

  auto said = davenport.run({"doctor", "--all"});
  EXPECT_EQ(said.exit_code, 3);
  EXPECT_THAT(said.err, HasSubstr("catalog damaged"));
  EXPECT_THAT(said.out, HasSubstr("bob: "));
  EXPECT_EQ(support::read_file(catalog_of(davenport, "alice")), before);

  said = davenport.run({"doctor", "--all", "--repair", "--json"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  const auto reports = json::parse(said.out)["accounts"];
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_GT(reports[0]["repaired"], 0);
  EXPECT_FALSE(reports[0]["repairs"].empty());
  EXPECT_EQ(reports[1]["repaired"], 0);
  EXPECT_EQ(davenport.everything("alice"), seen);
}

TEST(Doctor, OneThatCannotBeExaminedKeepsNoOtherFromIt) {
  Davenport davenport;
  for (const char* name : {"alice", "bob", "cyd"}) import_mail(davenport, name, 3);
  support::mark_as_newer(davenport.account_folder("bob") / "store/io-cozy-emails.db");
  for (const bool is_served : {false, true}) {
    if (is_served) davenport.start_serving();
    auto said = davenport.run({"doctor", "--all"});
    EXPECT_EQ(said.exit_code, 1);
    EXPECT_THAT(said.err, HasSubstr("davenport: bob: "));
    EXPECT_THAT(said.err, HasSubstr("use the newer program"));
    EXPECT_THAT(said.out, HasSubstr("alice: "));
    EXPECT_THAT(said.out, HasSubstr("cyd: "));
    said = davenport.run({"doctor", "--all", "--json"});
    EXPECT_EQ(said.exit_code, 1);
    const auto reports = json::parse(said.out)["accounts"];
    ASSERT_EQ(reports.size(), 3U);
    EXPECT_EQ(reports[0]["found"], 0);
    EXPECT_EQ(reports[1]["account"], "bob");
    EXPECT_THAT(reports[1]["error"].dump(), HasSubstr("use the newer program"));
    EXPECT_EQ(reports[2]["found"], 0);
  }
}

TEST(Doctor, SaysThatListsAndIndexWereNotThere) {
  const Davenport davenport;
  import_mail(davenport, "alice", 3);
  std::filesystem::remove_all(davenport.account_folder("alice") / "derived");
  EXPECT_THAT(davenport.run({"doctor", "alice"}).out, HasSubstr("were not there: made anew"));
  EXPECT_THAT(davenport.run({"doctor", "alice"}).out, testing::Not(HasSubstr("made anew")));
}

TEST(Doctor, AsksTheServer) {
  Davenport davenport;
  import_mail(davenport, "alice", 20);
  davenport.start_serving();
  auto said = davenport.run({"doctor", "alice"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("20 in the index: 0 differences"));
  EXPECT_EQ(davenport.run_json({"doctor", "alice", "--json"})["checked"]["catalog"], 20);
  const auto tasks = http("GET", davenport.url("/v1/admin/tasks")).body()["tasks"];
  EXPECT_EQ(tasks[0]["kind"], "doctor");
  EXPECT_EQ(tasks[0]["state"], "done");

  const auto doctor = davenport.url("/v1/admin/accounts/alice/doctor");
  EXPECT_EQ(http("POST", davenport.url("/v1/admin/accounts/nobody/doctor")).status, 404);
  EXPECT_EQ(http("POST", doctor, R"({"source": true})").status, 409) << "it has no source";
  EXPECT_EQ(http("POST", doctor, R"({"repare": true})").status, 400);
  davenport.stop_serving();
}

TEST(Doctor, CannotLookAtWhatIsNotThere) {
  const Davenport davenport;
  import_mail(davenport, "alice", 1);
  EXPECT_EQ(davenport.run({"doctor", "nobody"}).exit_code, 1);
  EXPECT_EQ(davenport.run({"doctor", "alice", "--source"}).exit_code, 1);
  EXPECT_EQ(davenport.run({"doctor"}).exit_code, 2);
}

class DoctorOfASource : public testing::Test {
 protected:
  void SetUp() override {
    const Davenport importer;
    write_maildir(importer.folder() / "mail", 30);
    importer.succeed(
        {"import", "alice", (importer.folder() / "mail").string(), "--into", server_.url()});
    davenport_ = std::make_unique<Davenport>(server_.url(), "alice");
  }
  [[nodiscard]] std::string database() const { return server_.url() + "/alice%2Fio-cozy-emails"; }
  [[nodiscard]] fs::path store() const {
    return davenport_->account_folder("alice") / "store/io-cozy-emails.db";
  }
  [[nodiscard]] json examined(const std::vector<std::string>& more, int exit_code) const {
    std::vector<std::string> command = {"doctor", "alice", "--json"};
    command.insert(command.end(), more.begin(), more.end());
    const auto said = davenport_->run(command);
    EXPECT_EQ(said.exit_code, exit_code) << said.out << said.err;
    return json::parse(said.out, nullptr, false);
  }

  support::PouchdbServer server_;
  std::unique_ptr<Davenport> davenport_;
};

TEST_F(DoctorOfASource, NamesWhatTheStoreHasOtherwiseAndFetchesItAgain) {
  const auto list = [this] { return davenport_->run_json({"list", "alice", "--limit", "100"}); };
  davenport_->succeed({"sync", "alice", "--once"});
  const std::string conflicted = list()["messages"][0]["docId"],
                    gone = list()["messages"][1]["docId"];
  auto conflict = http("GET", database() + "/" + conflicted).body();
  conflict["_rev"] = "1-00000000000000000000000000000000";
  ASSERT_EQ(http("POST", database() + "/_bulk_docs",
                 json{{"new_edits", false}, {"docs", {conflict}}}.dump())
                .status,
            201);
  davenport_->succeed({"sync", "alice", "--once"});
  auto report = examined({"--source"}, 0);
  EXPECT_GE(report["checked"]["source"], 30);
  const auto seen = davenport_->everything("alice");
  const std::string winner = list()["messages"][0]["rev"];
  {
    replica::Store store(this->store(), replica::sqlite::Access::kReadWrite);
    support::purge(store, {gone});
    replica::Batch batch;
    batch.exact = {{conflicted, {*replica::RevId::parse(winner)}}};
    store.commit(batch);
    replica::Batch added;
    added.revisions = {{"added", {1, "abc"}, {}, false, R"({"subject":"only here"})"}};
    store.commit(added);
  }
  report = examined({"--source"}, 3);
  std::map<std::string, std::string> kinds;
  for (const auto& each : report["differences"]) {
    EXPECT_EQ(each["where"], "source");
    kinds[each["docId"]] = each["kind"];
  }
  EXPECT_EQ(kinds, (std::map<std::string, std::string>{
                       {gone, "missing"}, {conflicted, "differs"}, {"added", "extra"}}));
  EXPECT_EQ(examined({}, 0)["found"], 0) << "lists and index follow from the store";

  report = examined({"--source", "--repair"}, 0);
  EXPECT_EQ(report["repaired"], 3);
  EXPECT_EQ(davenport_->everything("alice"), seen);
}

TEST_F(DoctorOfASource, WhatIsYetToBePulledIsNoDifference) {
  davenport_->succeed({"sync", "alice", "--once"});
  ASSERT_EQ(http("PUT", database() + "/later", R"({"subject":"later"})").status, 201);
  const auto report = examined({"--source"}, 0);
  EXPECT_EQ(report["found"], 0);
  EXPECT_THAT(report["notes"].dump(), HasSubstr("1 documents changed since the last pull"));
}

TEST_F(DoctorOfASource, WhatIsBeingComparedAnewIsComparedAllTheSame) {
  davenport_->succeed({"sync", "alice", "--once"});
  const auto gone =
      davenport_->run_json({"list", "alice"})["messages"][0]["docId"].get<std::string>();
  davenport_->succeed({"account", "resync", "alice"});
  auto report = examined({"--source"}, 0);
  EXPECT_THAT(report["notes"].dump(), HasSubstr("in the middle of a resync"));
  EXPECT_EQ(report["checked"]["source"], report["checked"]["store"]);
  {
    replica::Store store(this->store(), replica::sqlite::Access::kReadWrite);
    support::purge(store, {gone});
  }
  report = examined({"--source"}, 3);
  EXPECT_EQ(report["differences"][0]["docId"], gone);
  EXPECT_EQ(report["differences"][0]["kind"], "missing");
}

TEST_F(DoctorOfASource, WhatWasNeverPulledIsNamed) {
  davenport_->succeed({"sync", "alice", "--once"});
  const auto files = server_.url() + "/alice%2Fio-cozy-files";
  (void)http("PUT", files);
  ASSERT_EQ(http("PUT", files + "/f", R"({"type":"file","name":"f"})").status, 201);
  auto report = examined({"--source"}, 3);
  EXPECT_EQ(report["found"], 1);
  EXPECT_TRUE(report["differences"][0]["docId"].is_null());
  EXPECT_THAT(report["differences"][0]["detail"].get<std::string>(),
              HasSubstr("alice/io-cozy-files: not compared: it was never pulled"));
  report = examined({"--source", "--repair"}, 0);
  EXPECT_EQ(report["found"], 0);
}

TEST_F(DoctorOfASource, DeletedDocumentsAreNotCounted) {
  davenport_->succeed({"sync", "alice", "--once"});
  const auto before = examined({"--source"}, 0)["checked"];
  EXPECT_EQ(before["source"], before["store"]);
  const auto message = davenport_->run_json({"list", "alice"})["messages"][0];
  ASSERT_EQ(
      http("DELETE", fmt::format("{}/{}?rev={}", database(), message["docId"].get<std::string>(),
                                 message["rev"].get<std::string>()))
          .status,
      200);
  davenport_->succeed({"sync", "alice", "--once"});
  const auto after = examined({"--source"}, 0)["checked"];
  EXPECT_EQ(after["source"], before["source"].get<int>() - 1);
  EXPECT_EQ(after["store"], after["source"]);
}

TEST_F(DoctorOfASource, WithAllALocalAccountIsComparedWithoutASource) {
  davenport_->succeed({"sync", "alice", "--once"});
  import_mail(*davenport_, "aaa", 3);
  for (const bool is_served : {false, true}) {
    if (is_served) davenport_->start_serving();
    auto said = davenport_->run({"doctor", "--all", "--source"});
    EXPECT_EQ(said.exit_code, 0) << said.err;
    EXPECT_THAT(said.out, HasSubstr("3 listed, 3 in the index: 0 differences; it is local"));
    EXPECT_THAT(said.out, HasSubstr("it is local: there is no source to compare with"));
    EXPECT_THAT(said.out, HasSubstr("documents at the source"));
    const auto reports =
        davenport_->run_json({"doctor", "--all", "--source", "--json"})["accounts"];
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_THAT(reports[0]["notes"].dump(), HasSubstr("it is local"));
    EXPECT_TRUE(reports[1]["notes"].empty()) << reports[1];
    EXPECT_GE(reports[1]["checked"]["source"], 30);
  }
}

TEST_F(DoctorOfASource, ADamagedFileOfAttachmentsIsMovedAsideAndFetchedAnew) {
  davenport_->succeed({"sync", "alice", "--once"});
  const auto seen = davenport_->everything("alice");
  const auto packed = davenport_->account_folder("alice") / "blobs/packed.db";
  fs::resize_file(packed, fs::file_size(packed) / 2);
  auto report = examined({}, 3);
  EXPECT_EQ(report["differences"][0]["where"], "blobs");
  report = examined({"--repair"}, 0);
  EXPECT_THAT(report["repairs"].dump(), HasSubstr("blobs/packed.db was moved aside"));
  EXPECT_EQ(examined({"--source"}, 0)["found"], 0);
  EXPECT_EQ(davenport_->everything("alice"), seen);
}

TEST_F(DoctorOfASource, ADamagedStoreIsMovedAsideAndPulledAnew) {
  davenport_->succeed({"sync", "alice", "--once"});
  const auto total = davenport_->run_json({"list", "alice"})["total"];
  damage(store());
  auto report = examined({}, 3);
  EXPECT_EQ(report["differences"][0]["where"], "store");
  report = examined({"--repair"}, 0);
  EXPECT_THAT(report["repairs"].dump(), HasSubstr("moved aside"));
  EXPECT_EQ(davenport_->run_json({"list", "alice"})["total"], total);
  int kept = 0;
  for (const auto& file : fs::directory_iterator(store().parent_path()))
    kept += file.path().string().find(".damaged-") != std::string::npos ? 1 : 0;
  EXPECT_GT(kept, 0);
}

}  // namespace
}  // namespace end_to_end
