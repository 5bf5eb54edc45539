#include "mail/mime.hpp"

#include "mail/ascii.hpp"
#include "mail/text.hpp"

namespace mail {
namespace {

// Length of the line at `at`, its line feed included.
std::size_t line_length(std::string_view text, std::size_t at) {
  const auto end = text.find('\n', at);
  return (end == std::string_view::npos ? text.size() : end + 1) - at;
}

bool is_empty_line(std::string_view line) { return line == "\n" || line == "\r\n" || line == "\r"; }

// Length of the field name that the line begins with, or 0. Blanks before the colon are tolerated.
std::size_t name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < '\x7F' && line[length] != ':')
    ++length;
  auto colon = length;
  while (colon < line.size() && is_wsp(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' ? length : 0;
}

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

std::string_view Entity::find(std::string_view name) const {
  for (const auto& field : fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

std::string_view without_blank_beginning(std::string_view raw) {
  if (raw.starts_with(kByteOrderMark)) raw.remove_prefix(kByteOrderMark.size());
  const auto first = std::min(raw.find_first_not_of(" \t\r\n"), raw.size());
  if (first > 0) raw.remove_prefix(raw.substr(0, first).find_last_of('\n') + 1);
  return raw;
}

std::string_view without_envelope(std::string_view raw) {
  raw = without_blank_beginning(raw);
  if (raw.substr(0, 5) == "From " || raw.substr(0, 6) == ">From ")
    raw.remove_prefix(line_length(raw, 0));
  return raw;
}

Entity read_entity(std::string_view raw) {
  Entity entity;
  entity.fields.reserve(32);
  std::size_t at = 0;
  while (at < raw.size()) {
    auto length = line_length(raw, at);
    const auto line = raw.substr(at, length);
    if (is_empty_line(line)) {
      at += length;
      break;
    }
    const auto name = name_length(line);
    if (line.substr(0, 2) == "--") break;  // the delimiter of a part, after a header without an end
    if (name == 0) {
      const auto next =
          raw.substr(at + length, std::min<std::size_t>(1'000, raw.size() - at - length));
      if (entity.fields.empty() || name_length(next.substr(0, line_length(next, 0))) == 0) break;
      at += length;
      continue;
    }
    while (at + length < raw.size() && is_wsp(raw[at + length])) {
      const auto continuation = line_length(raw, at + length);
      length += continuation;
    }
    if (entity.fields.size() < Entity::kMaxFields) {
      const auto colon = line.find(':', name);
      entity.fields.push_back(
          {line.substr(0, name), without_line_end(raw.substr(at + colon + 1, length - colon - 1))});
    } else {
      entity.fields_cut = true;
    }
    at += length;
  }
  entity.body = raw.substr(at);
  return entity;
}

std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary,
                                              std::size_t max_parts) {
  std::vector<std::string_view> parts;
  const std::string delimiter = "--" + std::string(boundary);
  std::size_t part_begin = std::string_view::npos;
  for (auto found = body.find(delimiter); found != std::string_view::npos;
       found = body.find(delimiter, found + 1)) {
    if (found > 0 && body[found - 1] != '\n') continue;
    const auto line_end = found + line_length(body, found);
    auto rest = without_line_end(
        body.substr(found + delimiter.size(), line_end - found - delimiter.size()));
    const bool last = rest.substr(0, 2) == "--";
    if (last) rest.remove_prefix(2);
    if (rest.find_first_not_of(" \t\r") != std::string_view::npos)
      continue;  // the boundary is only how the line begins
    if (part_begin != std::string_view::npos) {
      parts.push_back(
          without_line_end(body.substr(part_begin, found - std::min(part_begin, found))));
    }
    if (last || parts.size() >= max_parts) return parts;
    part_begin = line_end;
    found = line_end - 1;
  }
  if (part_begin != std::string_view::npos) parts.push_back(body.substr(part_begin));
  return parts;
}

}  // namespace mail
