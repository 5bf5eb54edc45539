#include "api/commands_show.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>
#include <unistd.h>

#include "api/admin_client.hpp"
#include "api/command_support.hpp"
#include "api/commands.hpp"
#include "api/message_lines.hpp"
#include "api/percent.hpp"
#include "api/render.hpp"
#include "api/terminal.hpp"
#include "mail/ascii.hpp"
#include "mail/documents.hpp"
#include "mail/html.hpp"

namespace api {
namespace {

using nlohmann::json;

std::vector<indexer::Body> bodies_of(const indexer::Account& account, const std::string& id) {
  auto bodies = account.bodies(id);
  return bodies ? std::move(*bodies) : std::vector<indexer::Body>();
}

// All parts of that type, each ended by a line end, with an empty line between two.
std::string readable(const std::vector<indexer::Body>& bodies, std::string_view type) {
  std::string text;
  for (const indexer::Body& body : bodies_as(bodies, type)) {
    if (body.content.empty()) continue;
    if (!text.empty()) text += '\n';
    text += lines_for_terminal(body.content);
    if (!text.ends_with('\n')) text += '\n';
  }
  return text;
}

// "From: Ada <ada@example.org>"; nothing for what is not there.
std::string header_line(std::string_view name, const std::string& value) {
  return value.empty() ? "" : fmt::format("{}: {}\n", name, value);
}

// Who, when and what, but for those headers that are in `given` (names in lower case).
std::string main_headers(const json& row, const std::set<std::string>& given) {
  std::string lines;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!given.contains(mail::lower_ascii(name))) lines += header_line(name, value);
  };
  const auto addresses = [&](const char* member) {
    const auto found = row.find(member);
    return found == row.end() ? std::string() : addresses_line(*found);
  };
  add("From", addresses("from"));
  add("To", addresses("to"));
  add("Cc", addresses("cc"));
  add("Date", text_of(row, "sentAt").empty() ? text_of(row, "receivedAt") : text_of(row, "sentAt"));
  add("Subject", text_of(row, "subject"));
  return lines;
}

std::string header_summary(const json& row) {
  std::string lines = main_headers(row, {});
  const auto add = [&](std::string_view name, const std::string& value) {
    lines += header_line(name, value);
  };
  if (const auto attachments = row.find("attachments");
      attachments != row.end() && attachments->is_array()) {
    for (const json& attachment : *attachments) {
      add("Attachment", fmt::format("{} ({}, {}; part {})", text_of(attachment, "name"),
                                    text_of(attachment, "type"),
                                    bytes_in_words(attachment.value("size", std::uint64_t{0})),
                                    text_of(attachment, "partId")));
    }
  }
  if (const auto cut = row.find("cut"); cut != row.end() && cut->is_array()) {
    for (const json& what : *cut) {
      if (what.is_string()) add("Left out", for_terminal(what.get_ref<const std::string&>()));
    }
  }
  return lines;
}

// As they stand in the original; where that is not kept, what the metadata document has of them.
std::string header_lines(const indexer::Account& account, const std::string& id,
                         const std::string& row) {
  if (const auto raw = account.raw(id)) {
    const std::size_t end = std::min(raw->find("\n\n"), raw->find("\n\r\n"));
    return lines_for_terminal(
        std::string_view(*raw).substr(0, end == std::string::npos ? end : end + 1));
  }
  const auto document = account.metadata_document(id);
  const auto metadata = document ? mail::read_metadata(*document) : mail::Malformed{"gone"};
  std::string kept;
  std::set<std::string> names;
  if (metadata) {
    for (const auto& [name, value] : metadata->headers) {
      kept += fmt::format("{}: {}\n", for_terminal(name), for_terminal(value));
      names.insert(mail::lower_ascii(name));
    }
  }
  return main_headers(json::parse(row, nullptr, false), names) + kept;
}

std::string thread_lines(const std::vector<std::string>& rows) {
  std::string lines;
  const std::size_t width = terminal_width();
  for (const std::string& row : rows)
    lines += message_line(json::parse(row, nullptr, false), width);
  return lines;
}

// A server fetches from the source what is not kept.
std::string original(const indexer::Account& account, const std::string& id, const Config& config) {
  if (auto raw = account.raw(id)) return std::move(*raw);
  const AdminClient server(config.data_dir);
  if (server.is_served()) {
    return server.request("GET", fmt::format("/v1/accounts/{}/messages/{}/raw",
                                             percent_encode(account.name()), percent_encode(id)));
  }
  throw std::runtime_error(fmt::format(
      "the original of message '{}' is not kept here: show it with --headers and --text, or ask "
      "while davenport serves, and it is fetched where the source has it",
      id));
}

std::string show(const ShowCommand& command, const indexer::Account& account,
                 const std::string& row, const Config& config) {
  using View = ShowCommand::View;
  switch (command.view) {
    case View::kMessage: {
      if (command.json) return row + "\n";
      return header_summary(json::parse(row, nullptr, false)) + "\n" +
             readable(bodies_of(account, command.id), "text/plain");
    }
    case View::kText:
    case View::kHtml: {
      const std::string_view type = command.view == View::kHtml ? "text/html" : "text/plain";
      const auto bodies = bodies_of(account, command.id);
      if (command.json) return render_bodies(command.id, bodies_as(bodies, type)) + "\n";
      const std::string text = readable(bodies, type);
      if (text.empty() && command.view == View::kHtml) {
        throw std::runtime_error(
            fmt::format("message '{}' has no HTML: show it with --text", command.id));
      }
      return text;
    }
    case View::kHeaders: {
      const std::string lines = header_lines(account, command.id, row);
      return command.json ? json({{"id", command.id}, {"headers", lines}}).dump() + "\n" : lines;
    }
    case View::kRaw: {
      std::string raw = original(account, command.id, config);
      return is_terminal(STDOUT_FILENO) ? lines_for_terminal(raw) : std::move(raw);
    }
    case View::kThread: {
      const auto rows = account.thread(command.id);
      if (!command.json) return thread_lines(rows);
      return render_thread(text_of(json::parse(row, nullptr, false), "threadId"), rows) + "\n";
    }
    case View::kAttachment:
      break;  // bytes, which are no text
  }
  return "";
}

}  // namespace

int run(const ShowCommand& command, const CommandLine&, const Config& config) {
  Accounts accounts(config, replica::sqlite::Access::kReadOnly);
  const auto account = open_account(accounts, command.account);
  const auto row = account->message(command.id);
  if (!row) {
    if (const auto file = account->file(command.id)) return show_file(command, *account, *file);
    throw std::runtime_error(fmt::format(
        "account '{}' has no message or file '{}': take an id that list or search printed",
        account->name(), for_terminal(command.id)));
  }
  if (command.view == ShowCommand::View::kAttachment)
    return write_attachment(command, *account, *row, config);
  print(show(command, *account, *row, config));
  return kDone;
}

}  // namespace api
