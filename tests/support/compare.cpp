#include "tests/support/compare.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>

#include "tests/support/bytes.hpp"

namespace support {
namespace {

using nlohmann::json;

constexpr std::size_t kDocumentsPerRequest = 200;
constexpr std::size_t kDifferencesShown = 20;

struct SourceLeaf {
  std::vector<std::string> digests;  // `_revisions.ids`: the leaf's own, then its ancestors
  json document;  // without _revisions
};

struct SourceDocument {
  std::string winner;
  bool deleted = false;
  std::map<std::string, SourceLeaf> leaves;  // by revision
};

using SourceDocuments = std::map<std::string, SourceDocument>;

json ask(PlainClient& server, const std::string& method, const std::string& target,
         const std::string& payload = {}) {
  const auto answer = server.ask(method, target, payload);
  if (answer.status != 200)
    throw std::runtime_error(
        fmt::format("{} {}: {} {}", method, target, answer.status, answer.payload.substr(0, 200)));
  return json::parse(answer.payload);
}

// Ids, leaves and winners, by the feed.
SourceDocuments read_feed(PlainClient& server, const std::string& path) {
  SourceDocuments documents;
  const json feed = ask(server, "GET", path + "/_changes?style=all_docs&include_docs=true");
  for (const json& row : feed.at("results")) {
    const std::string id = row.at("id");
    if (id.starts_with("_design/")) continue;
    SourceDocument& document = documents[id];
    document.winner = row.at("doc").at("_rev");
    document.deleted = row.value("deleted", false);
    for (const json& change : row.at("changes")) document.leaves[change.at("rev")];
  }
  return documents;
}

void take_leaf(SourceDocuments& documents, json document) {
  SourceDocument& owner = documents.at(document.at("_id"));
  const auto leaf = owner.leaves.find(document.at("_rev").get<std::string>());
  if (leaf == owner.leaves.end()) return;
  leaf->second.digests = document.at("_revisions").at("ids").get<std::vector<std::string>>();
  document.erase("_revisions");
  leaf->second.document = std::move(document);
}

// Histories and bodies of all leaves.
void read_leaves(PlainClient& server, const std::string& path, SourceDocuments& documents) {
  for (auto next = documents.begin(); next != documents.end();) {
    json wanted = json::array();
    for (std::size_t i = 0; i < kDocumentsPerRequest && next != documents.end(); ++i, ++next) {
      for (const auto& [rev, leaf] : next->second.leaves)
        wanted.push_back({{"id", next->first}, {"rev", rev}});
    }
    const json answer = ask(server, "POST", path + "/_bulk_get?revs=true",
                            json({{"docs", std::move(wanted)}}).dump());
    for (const json& row : answer.at("results")) {
      for (const json& sent : row.at("docs")) {
        if (sent.contains("ok")) take_leaf(documents, sent.at("ok"));
      }
    }
  }
}

class Comparison {
 public:
  Comparison(PlainClient& server, std::string path, const replica::Store& store,
             const replica::Blobs* blobs)
      : server_(server), path_(std::move(path)), store_(store), blobs_(blobs) {}

  std::vector<std::string> run() {
    SourceDocuments documents = read_feed(server_, path_);
    read_leaves(server_, path_, documents);
    std::int64_t live = 0;
    for (const auto& [id, document] : documents) {
      compare_document(id, document);
      if (!document.deleted) ++live;
    }
    find_left_over(documents);
    const auto counts = store_.counts();
    if (counts.documents != live)
      differ("", fmt::format("the store counts {} documents, the source has {}", counts.documents,
                             live));
    return std::move(differences_);
  }

 private:
  void differ(const std::string& id, const std::string& what) {
    differences_.push_back(id.empty() ? what : id + ": " + what);
  }

  void compare_document(const std::string& id, const SourceDocument& document) {
    const auto tree = store_.tree(id);
    const auto stored = store_.read(id);
    if (!tree || !stored || tree->leaves().empty()) {
      differ(id, "is not in the store");
      return;
    }
    std::set<std::string> ours;
    std::int64_t live = 0;
    for (const auto& leaf : tree->leaves()) {
      const std::string rev = leaf.rev.to_string();
      ours.insert(rev);
      if (!leaf.deleted) ++live;
      const auto theirs = document.leaves.find(rev);
      if (theirs == document.leaves.end()) {
        differ(id, "leaf " + rev + " is not the source's");
      } else {
        compare_leaf(id, leaf, theirs->second);
      }
    }
    for (const auto& [rev, leaf] : document.leaves) {
      if (!ours.contains(rev)) differ(id, "leaf " + rev + " is missing");
    }
    const auto& change = stored->change;
    if (change.rev.to_string() != document.winner)
      differ(id, "winner " + change.rev.to_string() + " instead of " + document.winner);
    if (change.deleted != document.deleted) differ(id, change.deleted ? "is deleted" : "is live");
    if (!change.deleted && change.conflicts != live - 1)
      differ(id, fmt::format("{} conflicts of {} live leaves", change.conflicts, live));
  }

  void compare_leaf(const std::string& id, const replica::Leaf& leaf, const SourceLeaf& theirs) {
    const std::string rev = leaf.rev.to_string();
    if (theirs.document.is_null()) {
      differ(id, "leaf " + rev + " cannot be read from the source");
      return;
    }
    for (std::size_t i = 0; i < leaf.ancestors.size() && i + 1 < theirs.digests.size(); ++i) {
      if (leaf.ancestors[i] == theirs.digests[i + 1]) continue;
      differ(id, "leaf " + rev + " has another history");
      break;
    }
    if (leaf.deleted != theirs.document.value("_deleted", false))
      differ(id, "leaf " + rev + (leaf.deleted ? " is deleted" : " is live"));
    const auto body = store_.body(id, leaf.rev);
    if (!body) {
      differ(id, "leaf " + rev + " has no body");
    } else if (const json ours = json::parse(*body, nullptr, false); ours != theirs.document) {
      differ(id, "leaf " + rev + " is " + *body + " instead of " + theirs.document.dump());
    }
    if (blobs_ != nullptr && !leaf.deleted) compare_attachments(id, rev, theirs.document);
  }

  void compare_attachments(const std::string& id, const std::string& rev, const json& document) {
    if (!document.contains("_attachments")) return;
    for (const auto& [name, stub] : document.at("_attachments").items()) {
      const std::string digest = stub.at("digest");
      const auto ours = blobs_->get(digest);
      if (!ours) {
        differ(id, "the bytes of attachment " + name + " of " + rev + " are not there");
        continue;
      }
      const auto theirs = server_.ask(
          "GET",
          fmt::format("{}/{}/{}?rev={}", path_, percent_encoded(id), percent_encoded(name), rev));
      if (theirs.status != 200 || *ours != theirs.payload)
        differ(id, "the bytes of attachment " + name + " of " + rev + " are others");
    }
  }

  void find_left_over(const SourceDocuments& documents) {
    replica::LocalSeq since;
    for (;;) {
      const auto rows = store_.changes(since, 1000);
      if (rows.empty()) return;
      since = rows.back().seq;
      for (const auto& change : rows) {
        if (!change.purged && !documents.contains(change.id))
          differ(change.id, "is in the store, and not in the source");
      }
    }
  }

  PlainClient& server_;
  std::string path_;
  const replica::Store& store_;
  const replica::Blobs* blobs_;
  std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> compare(PlainClient& server, const std::string& database,
                                 const replica::Store& store, const replica::Blobs* blobs) {
  return Comparison(server, '/' + percent_encoded(database), store, blobs).run();
}

std::string summary(const std::vector<std::string>& differences) {
  std::string text;
  for (std::size_t i = 0; i < std::min(differences.size(), kDifferencesShown); ++i)
    text += differences[i].substr(0, 1000) + '\n';
  if (differences.size() > kDifferencesShown)
    text += fmt::format("and {} more\n", differences.size() - kDifferencesShown);
  return text;
}

}  // namespace support
