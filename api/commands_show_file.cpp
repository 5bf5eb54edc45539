// show, of a file that is no mail: what its document says of it, and its text.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/command_support.hpp"
#include "api/commands_show.hpp"
#include "api/message_lines.hpp"
#include "api/render.hpp"
#include "api/terminal.hpp"

namespace api {
namespace {

using nlohmann::json;

std::string tags_line(const json& row) {
  std::string line;
  for (const json& tag : row.value("tags", json::array())) {
    if (!tag.is_string()) continue;
    line += fmt::format("{}{}", line.empty() ? "" : ", ",
                        for_terminal(tag.get_ref<const std::string&>()));
  }
  return line;
}

std::string file_summary(const json& row) {
  std::string lines;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) lines += fmt::format("{}: {}\n", name, value);
  };
  add("Name", text_of(row, "name"));
  add("Path", text_of(row, "path"));
  add("Type", text_of(row, "type"));
  add("Size", bytes_in_words(row.value("size", std::uint64_t{0})));
  add("Tags", tags_line(row));
  add("Updated", text_of(row, "updatedAt"));
  return lines;
}

}  // namespace

int show_file(const ShowCommand& command, const indexer::Account& account, const std::string& row) {
  using View = ShowCommand::View;
  if (command.view != View::kMessage && command.view != View::kText) {
    throw std::runtime_error(
        fmt::format("'{}' is a file, not a message: show it as it is, or only its --text",
                    for_terminal(command.id)));
  }
  if (command.json && command.view == View::kMessage) {
    print(row + "\n");
    return kDone;
  }
  const std::string text = account.file_text(command.id).value_or("");
  if (command.json) {
    print(render_bodies(command.id, {{"inline", "text/plain", text, false}}) + "\n");
    return kDone;
  }
  std::string lines = lines_for_terminal(text);
  if (!lines.empty() && !lines.ends_with('\n')) lines += '\n';
  if (command.view == View::kMessage)
    lines = file_summary(json::parse(row, nullptr, false)) + "\n" + lines;
  print(lines);
  return kDone;
}

}  // namespace api
