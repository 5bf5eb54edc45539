#include "tests/soak/shown.hpp"

#include <fmt/format.h>
#include <map>
#include <stdexcept>

#include "tests/support/program.hpp"

namespace soak {
namespace {

// Calls `visit` with each page of a command that pages.
template <typename Visit>
void for_each_page(std::vector<std::string> command, const Visit& visit) {
  command.insert(command.end(), {"--json", "--limit", "500"});
  std::string cursor;
  do {
    auto words = command;
    if (!cursor.empty()) words.insert(words.end(), {"--after", cursor});
    const auto result = support::run(words);
    if (result.exit_code != 0) {
      throw std::runtime_error(
          fmt::format("{} ended with {}: {}", fmt::join(words, " "), result.exit_code, result.err));
    }
    const json page = json::parse(result.out);
    visit(page);
    cursor = page["next"].is_string() ? page["next"].get<std::string>() : std::string();
  } while (!cursor.empty());
}

std::vector<std::string> joined(std::vector<std::string> words,
                                const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

std::map<std::string, json> shown_list(const std::vector<std::string>& davenport,
                                       const std::string& account,
                                       const std::vector<std::string>& flags) {
  std::map<std::string, json> messages;
  for_each_page(joined(joined(davenport, {"list", account}), flags), [&](const json& page) {
    for (const json& message : page["messages"]) messages[message["docId"]] = message;
  });
  return messages;
}

std::vector<std::string> shown_hits(const std::vector<std::string>& davenport,
                                    const std::string& account, const std::string& query) {
  std::vector<std::string> ids;
  for_each_page(joined(davenport, {"search", account, query, "--no-snippets"}),
                [&](const json& page) {
                  for (const json& hit : page["hits"]) {
                    const json& found = hit["kind"] == "mail" ? hit["message"] : hit["file"];
                    ids.push_back(found["docId"]);
                  }
                });
  return ids;
}

}  // namespace soak
