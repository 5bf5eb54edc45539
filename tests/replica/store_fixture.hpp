// A store of its own for each test, and short ways to write revisions and to read a feed.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "replica/store.hpp"
#include "tests/support/store_edits.hpp"
#include "tests/support/support.hpp"

namespace replica {

inline RevId rev(std::string_view text) { return *RevId::parse(text); }

inline IncomingRevision revision(std::string id, std::string_view text,
                                 std::vector<std::string> ancestors = {}, bool deleted = false) {
  std::string body = "{\"_id\":\"" + id + "\",\"_rev\":\"" + std::string(text) + "\"}";
  return {std::move(id), rev(text), std::move(ancestors), deleted, std::move(body)};
}

inline Batch batch(std::vector<IncomingRevision> revisions) {
  Batch result;
  result.revisions = std::move(revisions);
  return result;
}

// The feed as words: "a@1-x", with "!" after a deleted and "#" after a purged document.
inline std::vector<std::string> feed(const Store& store, std::int64_t since = 0) {
  std::vector<std::string> rows;
  for (const auto& change : store.changes({since}, 1'000'000)) {
    rows.push_back(change.id + '@' + (change.purged ? "" : change.rev.to_string()) +
                   (change.deleted ? "!" : "") + (change.purged ? "#" : ""));
  }
  return rows;
}

class StoreTest : public testing::Test {
 protected:
  support::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "store/io-cozy-emails.db";
  Store store_{file_, sqlite::Access::kReadWrite};
};

}  // namespace replica
