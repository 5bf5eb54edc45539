#include "tests/soak/check.hpp"

#include <fmt/format.h>
#include <map>
#include <stdexcept>

#include "replica/blobs.hpp"
#include "replica/store.hpp"
#include "tests/soak/shown.hpp"
#include "tests/support/compare.hpp"
#include "tests/support/plain_client.hpp"
#include "tests/support/program.hpp"
#include "tests/support/support.hpp"

namespace soak {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDatabases[] = {"io-cozy-emails", "io-cozy-email-contents",
                                      "io-cozy-email-mailboxes", "io-cozy-files"};
constexpr const char* kQueries[] = {"everyword", "bodyword", "again", "is:unread everyword",
                                    "subject:everyword is:flagged"};

std::vector<std::vector<std::string>> list_flags() {
  return {{}, {"--unread"}, {"--flagged"}, {"--attachment"}, {"--threads"}};
}

// Document by document, with the bytes of attachments that davenport fetches by itself.
void compare_stores(const Source& source, const Replica& replica,
                    std::vector<std::string>& differences) {
  support::PlainClient server(source.url());
  const fs::path folder = replica.data / "accounts" / replica.account;
  const replica::Blobs blobs(folder / "blobs", replica::sqlite::Access::kReadOnly);
  for (const char* name : kDatabases) {
    const std::string database = replica.account + "/" + name;
    const replica::Store store(folder / "store" / (std::string(name) + ".db"),
                               replica::sqlite::Access::kReadOnly);
    for (const std::string& difference : support::compare(server, database, store, &blobs))
      differences.push_back(fmt::format("{}: {}", name, difference));
    for (const auto& quarantined : store.quarantined()) {
      differences.push_back(
          fmt::format("{}: {} is in quarantine: {}", name, quarantined.id, quarantined.reason));
    }
  }
}

// The list must show exactly the message documents that are there and not deleted, each in its winning revision.
void compare_list(const Source& source, const Replica& replica,
                  std::vector<std::string>& differences) {
  const std::string database = replica.account + "/io-cozy-emails";
  const auto answer =
      source.ask("GET", "/" + percent_encoded(database) + "/_all_docs?include_docs=true");
  auto shown = shown_list(replica.davenport, replica.account, {});
  for (const json& row : answer.body["rows"]) {
    const json& document = row["doc"];
    const std::string id = document["_id"];
    const auto found = shown.extract(id);
    if (found.empty()) {
      differences.push_back(fmt::format("list: {} is not there", id));
      continue;
    }
    const json& message = found.mapped();
    const bool is_same = message["rev"] == document["_rev"] &&
                         message["subject"] == document.value("subject", "") &&
                         message["keywords"] == document.value("keywords", json::object());
    if (!is_same) {
      differences.push_back(
          fmt::format("list: {} is {} and should be {}", id, message.dump(), document.dump()));
    }
  }
  for (const auto& [id, message] : shown)
    differences.push_back(fmt::format("list: {} should not be there", id));
}

void compare_shown(const Replica& replica, const Replica& other,
                   std::vector<std::string>& differences) {
  for (const auto& flags : list_flags()) {
    auto here = shown_list(replica.davenport, replica.account, flags);
    const std::string name = fmt::format("list {}", fmt::join(flags, " "));
    for (const auto& [id, expected] : shown_list(other.davenport, other.account, flags)) {
      const auto found = here.extract(id);
      if (found.empty()) {
        differences.push_back(fmt::format("{}: {} is not there", name, id));
      } else if (found.mapped() != expected) {
        differences.push_back(fmt::format("{}: {} is {} and {} in a fresh replica", name, id,
                                          found.mapped().dump(), expected.dump()));
      }
    }
    for (const auto& [id, message] : here)
      differences.push_back(fmt::format("{}: {} is not in a fresh replica", name, id));
  }
  for (const char* query : kQueries) {
    const auto here = shown_hits(replica.davenport, replica.account, query);
    const auto there = shown_hits(other.davenport, other.account, query);
    if (here != there) {
      differences.push_back(fmt::format("search {}: {} hits ({}), {} in a fresh replica ({})",
                                        query, here.size(), fmt::join(here, ", "), there.size(),
                                        fmt::join(there, ", ")));
    }
  }
}

Replica pull_afresh(const Source& source, const Replica& replica, const fs::path& folder) {
  const fs::path config = folder / "davenport.toml";
  support::write_file(config,
                      fmt::format("data_dir = \"{}\"\n[[source]]\nurl = \"{}\"\n"
                                  "accounts = [\"{}\"]\nattachments = \"keep\"\n",
                                  (folder / "data").string(), source.url(), replica.account));
  Replica fresh = replica;
  fresh.davenport = {replica.davenport.front(), "--config", config.string()};
  fresh.data = folder / "data";
  auto command = fresh.davenport;
  command.insert(command.end(), {"sync", replica.account, "--once"});
  const auto result = support::run(command);
  if (result.exit_code != 0) {
    throw std::runtime_error(
        fmt::format("a fresh replica does not come to be: {} {}", result.exit_code, result.err));
  }
  return fresh;
}

}  // namespace

std::vector<std::string> differences(const Source& source, const Replica& replica,
                                     const fs::path& fresh) {
  std::vector<std::string> found;
  compare_stores(source, replica, found);
  compare_list(source, replica, found);
  compare_shown(replica, pull_afresh(source, replica, fresh), found);
  return found;
}

}  // namespace soak
