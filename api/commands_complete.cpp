#include <fmt/format.h>

#include "api/clock.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/render.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

// "Ada Lovelace <ada@example.org>  12 messages, last 2026-11-02"
std::string line_of(const indexer::Completion& completion) {
  constexpr std::size_t kDay = 10;  // characters of "2026-11-02"
  const std::chrono::sys_seconds last_seen{std::chrono::seconds(completion.last_seen)};
  const auto day = to_rfc3339(last_seen).substr(0, kDay);
  const auto address = completion.name.empty()
                           ? completion.email
                           : fmt::format("{} <{}>", completion.name, completion.email);
  return fmt::format("{}  {} message{}, last {}\n", for_terminal(address), completion.count,
                     completion.count == 1 ? "" : "s", day);
}

}  // namespace

int run(const CompleteCommand& command, const CommandLine&, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto account = open_account(accounts, command.account);
  const auto completions = account->complete(command.typed, command.limit);
  if (command.json) {
    print(render_completions(completions) + "\n");
    return kDone;
  }
  std::string lines;
  for (const auto& completion : completions) lines += line_of(completion);
  print(lines);
  return kDone;
}

}  // namespace api
