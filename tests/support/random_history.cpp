#include "tests/support/random_history.hpp"

#include <fmt/format.h>
#include <iterator>
#include <set>
#include <stdexcept>

#include "tests/support/bytes.hpp"

namespace support {

using nlohmann::json;

namespace {

constexpr int kOperationsPerRequest = 100;
constexpr std::uint64_t kIds = 700;  // few enough that most documents have a past

}  // namespace

RandomHistory::RandomHistory(PlainClient& server, const std::string& database, std::uint64_t seed)
    : server_(server), path_('/' + percent_encoded(database)), random_(seed) {}

std::uint64_t RandomHistory::below(std::uint64_t limit) { return random_() % limit; }

void RandomHistory::write(int operations) {
  while (operations > 0) {
    json edits = json::array();
    json grafts = json::array();
    std::set<std::string> touched;  // one change of a document in a request
    for (int i = 0; i < kOperationsPerRequest && operations > 0; ++i, --operations) {
      const std::string id = fmt::format("m/{:03} ü", below(kIds));
      if (!touched.insert(id).second) continue;
      const bool is_live = live_.contains(id);
      if (is_live && below(8) == 0) {
        add_conflict(grafts, id);
      } else {
        add_edit(edits, id);
      }
    }
    post(edits, true);
    post(grafts, false);
  }
}

std::string RandomHistory::forget_one() {
  if (live_.empty()) return {};
  const auto chosen = std::next(live_.begin(), static_cast<std::ptrdiff_t>(below(live_.size())));
  std::string id = chosen->first;
  live_.erase(chosen);
  return id;
}

void RandomHistory::forget_all() { live_.clear(); }

json RandomHistory::body(const std::string& id) {
  json document = {{"_id", id}, {"n", ++written_}, {"subject", "Grüße 📧 \\ \"quoted\""}};
  if (below(10) == 0) document["text"] = std::string(below(20'000), 'x');
  if (below(15) == 0) {
    const std::string text = fmt::format("attachment {} ", written_) + std::string(500, 'y');
    document["_attachments"] = {
        {"body.txt", {{"content_type", "text/plain"}, {"data", base64(text)}}},
        {"a b.png", {{"content_type", "image/png"}, {"data", base64(md5(text))}}}};
  }
  return document;
}

// Creates a document, makes it again after its deletion, edits one of its live leaves, or deletes that.
void RandomHistory::add_edit(json& edits, const std::string& id) {
  json document = body(id);
  const auto known = live_.find(id);
  if (known != live_.end()) {
    auto& leaves = known->second;
    const auto leaf = leaves.begin() + static_cast<std::ptrdiff_t>(below(leaves.size()));
    document["_rev"] = *leaf;
    leaves.erase(leaf);
    if (below(4) == 0) document = {{"_id", id}, {"_rev", document["_rev"]}, {"_deleted", true}};
  }
  edits.push_back(std::move(document));
}

// Two successors of one leaf, one of them perhaps deleted; as another replicator would bring them.
void RandomHistory::add_conflict(json& grafts, const std::string& id) {
  auto& leaves = live_.at(id);
  const std::string parent = leaves.back();
  leaves.pop_back();
  const auto dash = parent.find('-');
  const std::uint64_t generation = std::stoull(parent.substr(0, dash)) + 1;
  for (int i = 0; i < 2; ++i) {
    json document = {{"_id", id}, {"n", ++written_}};
    const std::string digest = hex(md5(fmt::format("{} {}", id, written_)));
    const std::string rev = fmt::format("{}-{}", generation, digest);
    document["_rev"] = rev;
    document["_revisions"] = {{"start", generation}, {"ids", {digest, parent.substr(dash + 1)}}};
    if (i == 1 && below(3) == 0) {
      document["_deleted"] = true;
    } else {
      leaves.push_back(rev);
    }
    grafts.push_back(std::move(document));
  }
}

void RandomHistory::post(const json& edits, bool new_edits) {
  if (edits.empty()) return;
  const auto answer = server_.ask("POST", path_ + "/_bulk_docs",
                                  json({{"docs", edits}, {"new_edits", new_edits}}).dump());
  if (answer.status != 201) throw std::runtime_error("_bulk_docs: " + answer.payload);
  if (!new_edits) return;
  const json rows = json::parse(answer.payload);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const json& row = rows.at(i);
    if (!row.value("ok", false)) throw std::runtime_error("_bulk_docs: " + row.dump());
    auto& leaves = live_[row.at("id")];
    if (!edits[i].value("_deleted", false)) leaves.push_back(row.at("rev"));
    if (leaves.empty()) live_.erase(row.at("id"));
  }
}

}  // namespace support
