#include <cstdio>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/message_lines.hpp"
#include "api/render.hpp"
#include "api/search_call.hpp"
#include "api/search_cursor.hpp"
#include "api/terminal.hpp"
#include "indexer/mailbox_paths.hpp"

namespace api {
namespace {

using nlohmann::json;

std::string next_page(const SearchCommand& command, const CommandLine& line,
                      const std::string& cursor) {
  std::vector<std::string> words = {"search", command.account, "--limit",
                                    std::to_string(command.limit)};
  if (command.sort != "date") words.insert(words.end(), {"--sort", command.sort});
  if (command.threads) words.emplace_back("--threads");
  if (!command.kind.empty()) words.insert(words.end(), {"--kind", command.kind});
  if (command.no_snippets) words.emplace_back("--no-snippets");
  if (command.is_filter) words.emplace_back("--filter");
  words.insert(words.end(), {"--after", cursor, "--", command.query});
  return shell_command(line, words);
}

// A mistake in the query, with its place by a number: positions count bytes from 0. A filter's
// message names the place itself.
[[noreturn]] void refuse(const SearchCommand& command, const indexer::QueryError& error) {
  if (command.is_filter) throw UsageError(for_terminal(error.message));
  refuse_query(error);
}

// "[q1.pdf] " where the words around the hit are an attachment's.
std::string attachment_of(const indexer::SearchAnswer::Found& hit, const json& row) {
  if (hit.part.empty()) return "";
  for (const auto& attachment : row.value("attachments", json::array())) {
    if (text_of(attachment, "partId") != hit.part) continue;
    const auto name = text_of(attachment, "name");
    return fmt::format("[{}] ", for_terminal(name.empty() ? hit.part : name));
  }
  return fmt::format("[{}] ", for_terminal(hit.part));
}

std::string hit_lines(const indexer::SearchAnswer::Found& hit, std::size_t width, bool bold) {
  const json row = json::parse(hit.row, nullptr, false);
  std::string lines =
      hit.kind == indexer::Kind::kMail ? message_line(row, width) : file_line(row, width);
  if (!hit.preview.empty())
    lines += "    " + attachment_of(hit, row) + snippet_text(hit.preview, bold) + "\n";
  return lines;
}

std::string summary_of(const indexer::SearchAnswer& answer, bool threads) {
  std::string line =
      fmt::format("{}{}{} found", answer.total_is_exact ? "" : "about ", answer.total,
                  !threads            ? ""
                  : answer.total == 1 ? " thread"
                                      : " threads");
  if (answer.is_partial) line += "; the time was up before all was looked at";
  if (!answer.index.complete)
    line +=
        fmt::format("; the index is not complete: {} entries are pending", answer.index.pending);
  return line + "\n";
}

// Mailboxes are counted by their ids; people know them by their names and those of their parents.
std::vector<std::pair<std::string, std::int64_t>> with_mailbox_names(
    std::vector<std::pair<std::string, std::int64_t>> counts, const indexer::Account& account) {
  indexer::MailboxPaths paths;
  for (const auto& each : account.mailboxes()) paths.add(each.mailbox);
  for (auto& [id, count] : counts) id = paths.path_of(id);
  return counts;
}

std::string facet_lines(const std::vector<indexer::FacetCounts>& facets,
                        const indexer::Account& account) {
  std::string lines;
  for (const auto& facet : facets) {
    if (facet.values.empty()) continue;
    lines +=
        fmt::format("{}{}:", facet_name(facet.facet), facet.is_exact ? "" : " (of the newest)");
    const bool is_of_mailboxes = facet.facet == indexer::Facet::kMailbox;
    for (const auto& [value, count] :
         is_of_mailboxes ? with_mailbox_names(facet.values, account) : facet.values)
      lines += fmt::format("  {} {}", for_terminal(value), count);
    lines += "\n";
  }
  return lines;
}

std::string explanation_lines(const indexer::Explanation& explanation) {
  std::string lines = fmt::format("query: {}\n", for_terminal(explanation.query));
  lines += fmt::format("forms of words in: {}\n", fmt::join(explanation.languages, ", "));
  for (const auto& part : explanation.parts) {
    lines += fmt::format("  {}: about {} entries\n", for_terminal(part.text), part.matches);
    for (const auto& [term, entries] : part.terms)
      lines += fmt::format("    {} {}\n", for_terminal(term), entries);
  }
  return lines;
}

indexer::SearchRequest request_of(const SearchCommand& command, const indexer::Query& query) {
  indexer::SearchRequest request;
  request.query = &query;
  request.written = command.query;
  request.is_text = !command.is_filter;
  (void)set_search_order(request, command.sort);  // the command line took nothing else
  request.limit = command.limit;
  request.threads = command.threads;
  request.explain = command.explain;
  if (!command.kind.empty())
    request.kind = command.kind == "mail" ? indexer::Kind::kMail : indexer::Kind::kFile;
  std::string unknown;
  auto facets = parse_facets(command.facets, unknown);
  if (!facets)
    throw UsageError(
        fmt::format("there is no facet '{}'; known are {}", for_terminal(unknown), known_facets()));
  request.facets = std::move(*facets);
  if (command.after.empty()) return request;
  request.after = from_cursor(request, command.after);
  if (!request.after) {
    throw UsageError(
        "--after is no cursor of this search: take the one that its last page printed, with the "
        "same query and flags");
  }
  return request;
}

}  // namespace

int run(const SearchCommand& command, const CommandLine& line, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto account = open_account(accounts, command.account);
  const auto query = command.is_filter ? indexer::parse_filter(command.query)
                                       : indexer::parse_query(command.query);
  if (!query) refuse(command, query.error());
  const auto request = request_of(command, *query);
  const auto answer = account->search(request, !command.no_snippets);
  if (!answer) refuse(command, answer.error());
  if (command.json) {
    print(render_search(*answer, request) + "\n");
    return kDone;
  }

  const std::size_t width = terminal_width();
  const bool bold = is_terminal(STDOUT_FILENO);
  std::string lines;
  for (const auto& hit : answer->hits) lines += hit_lines(hit, width, bold);
  lines += summary_of(*answer, command.threads) + facet_lines(answer->facets, *account);
  if (answer->did_you_mean)
    lines += fmt::format("did you mean: {}\n", for_terminal(*answer->did_you_mean));
  if (answer->explanation) lines += explanation_lines(*answer->explanation);
  if (answer->next)
    lines += "next page: " + next_page(command, line, to_cursor(request, *answer->next)) + "\n";
  print(lines);
  return kDone;
}

}  // namespace api
