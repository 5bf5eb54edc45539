#include "indexer/stores.hpp"

#include <gtest/gtest.h>

#include "tests/support/support.hpp"

namespace indexer {
namespace {

using replica::LocalSeq;
using replica::StoreIdentity;

TEST(DerivedCheckpoint, SurvivesItsJson) {
  DerivedCheckpoint checkpoint;
  EXPECT_EQ(checkpoint.to_json(), "{}");
  EXPECT_EQ(DerivedCheckpoint::parse("{}"), checkpoint);
  checkpoint.advance({"u1", "e1"}, LocalSeq{7});
  checkpoint.advance({"u2", "e2"}, LocalSeq{9'000'000'000});
  EXPECT_EQ(checkpoint.to_json(), R"({"u1":["e1",7],"u2":["e2",9000000000]})");
  EXPECT_EQ(DerivedCheckpoint::parse(checkpoint.to_json()), checkpoint);
}

TEST(DerivedCheckpoint, IsEmptyForWhatIsNotOurs) {
  for (const char* json :
       {"", "{", "[]", "null", R"({"u":["e",1])", R"({"u":["e"]})", R"({"u":["e",1],})",
        R"({"u":["e",x]})", R"({"u":["e",1]} )", R"({"u\"":["e",1]})"}) {
    EXPECT_EQ(DerivedCheckpoint::parse(json), DerivedCheckpoint{}) << json;
  }
}

TEST(DerivedCheckpoint, KnowsNothingOfAnotherEpoch) {
  DerivedCheckpoint checkpoint;
  checkpoint.advance({"u", "e1"}, LocalSeq{7});
  EXPECT_EQ(checkpoint.of({"u", "e1"}), LocalSeq{7});
  EXPECT_EQ(checkpoint.of({"u", "e2"}), LocalSeq{0});
  EXPECT_EQ(checkpoint.of({"v", "e1"}), LocalSeq{0});
}

TEST(DerivedCheckpoint, ContinuesOnlyTheLifeItWasDerivedFrom) {
  const support::TemporaryFolder folder;
  Stores stores(folder.path(), replica::sqlite::Access::kReadWrite);
  auto& store = stores.create(mail::Doctype::kEmails);
  DerivedCheckpoint checkpoint;
  EXPECT_TRUE(checkpoint.continues(store)) << "never followed";
  checkpoint.advance(store.identity(), LocalSeq{0});
  EXPECT_TRUE(checkpoint.continues(store));
  checkpoint.advance(store.identity(), LocalSeq{1});
  EXPECT_FALSE(checkpoint.continues(store)) << "more than the store holds";
  checkpoint.advance({store.identity().uuid, "another"}, LocalSeq{0});
  EXPECT_FALSE(checkpoint.continues(store)) << "another epoch";
}

TEST(Stores, CreateOnlyWhatIsAskedFor) {
  const support::TemporaryFolder folder;
  Stores stores(folder.path(), replica::sqlite::Access::kReadWrite);
  EXPECT_EQ(stores.find(mail::Doctype::kEmails), nullptr);
  EXPECT_FALSE(std::filesystem::exists(folder / "store"));
  const auto& created = stores.create(mail::Doctype::kContents);
  EXPECT_EQ(stores.find(mail::Doctype::kContents), &created);
  EXPECT_TRUE(std::filesystem::exists(folder / "store/io-cozy-email-contents.db"));
  EXPECT_EQ(stores.find(mail::Doctype::kFiles), nullptr);
}

TEST(Stores, ReadersSeeStoresThatCameLater) {
  const support::TemporaryFolder folder;
  const Stores reading(folder.path(), replica::sqlite::Access::kReadOnly);
  EXPECT_EQ(reading.find(mail::Doctype::kEmails), nullptr);
  Stores writing(folder.path(), replica::sqlite::Access::kReadWrite);
  std::ignore = writing.create(mail::Doctype::kEmails);
  EXPECT_NE(reading.find(mail::Doctype::kEmails), nullptr);
}

}  // namespace
}  // namespace indexer
