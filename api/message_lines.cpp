#include "api/message_lines.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/clock.hpp"
#include "api/terminal.hpp"
#include "mail/documents.hpp"

namespace api {
namespace {

using nlohmann::json;

constexpr std::size_t kFromColumns = 20;
constexpr std::size_t kMinSubjectColumns = 24;

// "2001-05-14 23:39", in UTC, of "2001-05-14T16:39:12-07:00": lists are sorted so.
std::string minute_of(const std::string& time) {
  const auto parsed = mail::parse_rfc3339(time);
  if (!parsed) return std::string(16, ' ');
  const std::string utc = to_rfc3339(parsed->utc);
  return utc.substr(0, 10) + " " + utc.substr(11, 5);
}

bool has_keyword(const json& row, const char* keyword) {
  const auto keywords = row.find("keywords");
  return keywords != row.end() && keywords->is_object() && keywords->contains(keyword);
}

// New, flagged, replied to, with an attachment. A draft is not new.
std::string flags_of(const json& row) {
  std::string flags;
  flags += has_keyword(row, "$seen") || has_keyword(row, "$draft") ? ' ' : 'N';
  flags += has_keyword(row, "$flagged") ? '!' : ' ';
  flags += has_keyword(row, "$answered") ? 'r' : ' ';
  flags += row.value("hasAttachment", false) ? '@' : ' ';
  return flags;
}

std::string first_sender(const json& row) {
  const auto from = row.find("from");
  if (from == row.end() || !from->is_array() || from->empty()) return "";
  const std::string name = text_of(from->front(), "name");
  return name.empty() ? text_of(from->front(), "email") : name;
}

// The id comes last and whole, so that it can be pasted; what is before it gives way.
std::string line_of(const std::string& time, const std::string& flags, const std::string& who,
                    const std::string& what, const std::string& id, std::size_t width) {
  const std::string begin =
      fmt::format("{}  {}  {}  ", minute_of(time), flags, fit(who, kFromColumns));
  const std::size_t used = 16 + 2 + flags.size() + 2 + kFromColumns + 2 + 2 + id.size();
  const std::size_t room = std::max(kMinSubjectColumns, width > used ? width - used : 0);
  return fmt::format("{}{}  {}\n", begin, fit(what, room), id);
}

std::string shell_word(const std::string& word) {
  const bool is_plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("-_./:=@%+,").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (is_plain) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

std::string message_line(const json& row, std::size_t width) {
  const std::string received = text_of(row, "receivedAt");
  std::string subject = text_of(row, "subject");
  if (const auto thread = row.find("thread"); thread != row.end() && thread->is_object()) {
    if (const auto count = thread->value("count", std::int64_t{1}); count > 1)
      subject = fmt::format("({}) {}", count, subject);
  }
  return line_of(received.empty() ? text_of(row, "sentAt") : received, flags_of(row),
                 first_sender(row), subject, text_of(row, "id"), width);
}

std::string file_line(const json& row, std::size_t width) {
  const std::string path = text_of(row, "path");
  return line_of(text_of(row, "updatedAt"), "file", text_of(row, "type"),
                 path.empty() ? text_of(row, "name") : path, text_of(row, "id"), width);
}

std::string addresses_line(const json& addresses) {
  std::string line;
  if (!addresses.is_array()) return line;
  for (const json& address : addresses) {
    if (!line.empty()) line += ", ";
    const std::string name = text_of(address, "name");
    const std::string email = text_of(address, "email");
    line += name.empty() ? email : fmt::format("{} <{}>", name, email);
  }
  return line;
}

std::string text_of(const json& object, const char* member) {
  if (!object.is_object()) return "";
  const auto value = object.find(member);
  return value != object.end() && value->is_string()
             ? for_terminal(value->get_ref<const std::string&>())
             : "";
}

std::string shell_command(const CommandLine& line, const std::vector<std::string>& words) {
  std::string command = "davenport";
  if (line.config) command += " --config " + shell_word(line.config->string());
  if (line.data) command += " --data " + shell_word(line.data->string());
  for (const std::string& word : words) command += " " + shell_word(word);
  return command;
}

}  // namespace api
