#include "tests/soak/stores.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>

#include "replica/store.hpp"

namespace soak {
namespace {

constexpr const char* kDatabases[] = {"io-cozy-emails", "io-cozy-email-contents",
                                      "io-cozy-email-mailboxes", "io-cozy-files"};
constexpr std::size_t kLeavesPerRequest = 200;

struct SourceDocument {
  std::vector<std::string> leaves;  // in no order: PouchDB does not begin with the winner
  bool deleted = false;
  std::map<std::string, json> bodies;  // by leaf, with _revisions

  // Live before deleted, then the higher generation, then the greater digest.
  [[nodiscard]] std::string winner() const {
    const auto rank = [this](const std::string& rev) {
      const auto body = bodies.find(rev);
      const bool is_live = body != bodies.end() && !body->second.value("_deleted", false);
      return std::tuple(is_live, std::stoull(rev), rev.substr(rev.find('-') + 1));
    };
    return *std::max_element(leaves.begin(), leaves.end(),
                             [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  }
};
using SourceDatabase = std::map<std::string, SourceDocument>;

void read_bodies(const Source& source, const std::string& path, const json& asked,
                 SourceDatabase& documents) {
  const auto answer = source.ask("POST", path + "/_bulk_get?revs=true", {{"docs", asked}});
  for (const json& result : answer.body["results"]) {
    for (const json& each : result["docs"]) {
      if (!each.contains("ok")) continue;
      const json& body = each["ok"];
      documents[result["id"]].bodies[body["_rev"]] = body;
    }
  }
}

SourceDatabase read_source(const Source& source, const std::string& database) {
  SourceDatabase documents;
  const std::string path = "/" + percent_encoded(database);
  const auto feed = source.ask("GET", path + "/_changes?style=all_docs&since=0");
  json asked = json::array();
  for (const json& row : feed.body["results"]) {
    const std::string id = row["id"];
    SourceDocument document;
    document.deleted = row.value("deleted", false);
    for (const json& change : row["changes"]) {
      document.leaves.push_back(change["rev"]);
      asked.push_back({{"id", id}, {"rev", change["rev"]}});
    }
    documents[id] = std::move(document);
    if (asked.size() < kLeavesPerRequest) continue;
    read_bodies(source, path, asked, documents);
    asked.clear();
  }
  if (!asked.empty()) read_bodies(source, path, asked, documents);
  return documents;
}

// What the bodies are compared by: all but what says how the document is connected to others.
json plain(json body) {
  for (const char* member : {"_revisions", "_conflicts"}) body.erase(member);
  return body;
}

class Comparison {
 public:
  Comparison(const replica::Store& store, std::string database)
      : store_(store), database_(std::move(database)) {}

  void compare(const std::string& id, const SourceDocument& expected) {
    const auto document = store_.read(id);
    const auto tree = store_.tree(id);
    if (!document || document->change.purged || !tree) return differ(id, "is not there");
    const auto& change = document->change;
    const std::string winner = expected.winner();
    if (change.rev.to_string() != winner || change.deleted != expected.deleted) {
      differ(id, fmt::format("is won by {}{} instead of {}{}", change.rev.to_string(),
                             change.deleted ? " (deleted)" : "", winner,
                             expected.deleted ? " (deleted)" : ""));
    }
    std::vector<std::string> leaves;
    for (const auto& leaf : tree->leaves()) leaves.push_back(leaf.rev.to_string());
    auto expected_leaves = expected.leaves;
    std::sort(leaves.begin(), leaves.end());
    std::sort(expected_leaves.begin(), expected_leaves.end());
    if (leaves != expected_leaves) {
      differ(id, fmt::format("has the leaves {} instead of {}", fmt::join(leaves, ", "),
                             fmt::join(expected_leaves, ", ")));
    }
    for (const auto& leaf : tree->leaves()) compare_leaf(id, leaf, expected);
  }

  void compare_leaf(const std::string& id, const replica::Leaf& leaf,
                    const SourceDocument& expected) {
    const std::string rev = leaf.rev.to_string();
    const auto found = expected.bodies.find(rev);
    if (found == expected.bodies.end()) return;  // no leaf of the source, which was told already
    const json body = json::parse(store_.body(id, leaf.rev).value_or(""), nullptr, false);
    if (body != plain(found->second)) {
      differ(id, fmt::format("has in {} the body {} instead of {}", rev,
                             body.is_discarded() ? "-" : body.dump(), plain(found->second).dump()));
    }
    std::vector<std::string> ancestors = found->second["_revisions"]["ids"];
    ancestors.erase(ancestors.begin());
    if (leaf.ancestors != ancestors) {
      differ(id, fmt::format("descends in {} from {} instead of {}", rev,
                             fmt::join(leaf.ancestors, ", "), fmt::join(ancestors, ", ")));
    }
  }

  void compare_rest(const SourceDatabase& expected) {
    constexpr std::size_t kAll = 10'000'000;
    for (const auto& change : store_.changes({}, kAll)) {
      if (!change.purged && !expected.contains(change.id))
        differ(change.id, "is there, and not at the source");
    }
    for (const auto& quarantined : store_.quarantined())
      differ(quarantined.id, "is in quarantine: " + quarantined.reason);
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(differences_); }

 private:
  void differ(const std::string& id, const std::string& how) {
    differences_.push_back(fmt::format("{}: {} {}", database_, id, how));
  }

  const replica::Store& store_;
  std::string database_;
  std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> store_differences(const Source& source, const std::filesystem::path& data,
                                           const std::string& account) {
  std::vector<std::string> all;
  for (const std::string name : kDatabases) {
    const replica::Store store(data / "accounts" / account / "store" / (name + ".db"),
                               replica::sqlite::Access::kReadOnly);
    Comparison comparison(store, name);
    const SourceDatabase expected = read_source(source, account + "/" + name);
    for (const auto& [id, document] : expected) comparison.compare(id, document);
    comparison.compare_rest(expected);
    for (std::string& difference : comparison.take()) all.push_back(std::move(difference));
  }
  return all;
}

}  // namespace soak
