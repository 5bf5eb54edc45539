#include "tests/support/changes_page.hpp"

#include <algorithm>
#include <cctype>

namespace support {
namespace {

// Where the JSON value at `at` ends. Follows strings and brackets only.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  int depth = 0;
  bool in_string = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '}' || c == ']') --depth;
  }
  return at;
}

std::size_t skip_space(std::string_view json, std::size_t at) {
  while (at < json.size() && std::isspace(static_cast<unsigned char>(json[at])) != 0) ++at;
  return at;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(skip_space(text, 0));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

std::vector<std::string> elements(std::string_view array) {
  std::vector<std::string> found;
  std::size_t at = 1;
  while (at < array.size()) {
    const std::size_t end = end_of_value(array, at);
    const std::string_view value = trimmed(array.substr(at, end - at));
    if (!value.empty()) found.emplace_back(value);
    at = end + 1;
  }
  return found;
}

void replace_member(std::string& json, std::string_view name, std::string_view value) {
  const auto old = member(json, name);
  if (!old) return;
  json.replace(static_cast<std::size_t>(old->data() - json.data()), old->size(), value);
}

}  // namespace

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::string_view> member(std::string_view json, std::string_view name) {
  std::size_t at = skip_space(json, 0) + 1;
  while (at < json.size()) {
    at = skip_space(json, at);
    if (at >= json.size() || json[at] != '"') return std::nullopt;
    const std::size_t end_of_name = json.find('"', at + 1);  // names of ours hold no quotes
    if (end_of_name == std::string_view::npos) return std::nullopt;
    const std::string_view found = json.substr(at + 1, end_of_name - at - 1);
    const std::size_t colon = json.find(':', end_of_name);
    if (colon == std::string_view::npos) return std::nullopt;
    const std::size_t end = end_of_value(json, colon + 1);
    if (found == name) return trimmed(json.substr(colon + 1, end - colon - 1));
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<ChangesPage> ChangesPage::parse(std::string_view json) {
  const auto results = member(json, "results");
  const auto last_seq = member(json, "last_seq");
  if (!results || !last_seq || !results->starts_with('[') || !results->ends_with(']'))
    return std::nullopt;
  ChangesPage page;
  page.rows = elements(*results);
  page.last_seq = *last_seq;
  if (const auto pending = member(json, "pending"); pending && is_number(*pending))
    page.pending = std::stoll(std::string(*pending));
  return page;
}

std::string ChangesPage::json() const {
  std::string json = "{\"results\":[\n";
  for (std::size_t i = 0; i < rows.size(); ++i) json += (i > 0 ? ",\n" : "") + rows[i];
  json += "\n],\n\"last_seq\":" + last_seq;
  if (pending) json += ",\"pending\":" + std::to_string(*pending);
  return json + "}\n";
}

void ChangesPage::repeat_rows(std::size_t rows_wanted, std::mt19937_64& random) {
  while (!rows.empty() && rows.size() < rows_wanted) {
    const std::size_t from = random() % rows.size();
    const std::size_t to = from + 1 + random() % (rows.size() - from);
    rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(to), std::string(rows[from]));
  }
}

void ChangesPage::end_early(std::mt19937_64& random) {
  if (rows.size() < 2) return;
  const std::size_t kept = 1 + random() % (rows.size() - 1);
  const auto seq = member(rows[kept - 1], "seq");
  if (!seq || *seq == "null") return;
  last_seq = *seq;
  if (pending) *pending += static_cast<std::int64_t>(rows.size() - kept);
}

void ChangesPage::empty(std::string_view since) {
  if (rows.empty()) return;
  const auto first = member(rows.front(), "seq");
  if (pending) *pending += static_cast<std::int64_t>(rows.size());
  const bool are_numbers = first && is_number(*first) && is_number(since);
  last_seq = are_numbers        ? std::to_string(std::stoll(std::string(*first)) - 1)
             : is_number(since) ? std::string(since)
                                : '"' + std::string(since) + '"';
  rows.clear();
}

void ChangesPage::forget_sequences() {
  for (std::string& row : rows) replace_member(row, "seq", "null");
}

namespace {

// Where the parameter's value begins and ends; npos when there is none.
std::pair<std::size_t, std::size_t> find_parameter(std::string_view target, std::string_view name) {
  std::size_t at = target.find('?');
  while (at != std::string_view::npos) {
    const std::size_t end = std::min(target.find('&', at + 1), target.size());
    const std::string_view pair = target.substr(at + 1, end - at - 1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return {at + 1 + name.size() + 1, end};
    at = end == target.size() ? std::string_view::npos : end;
  }
  return {std::string_view::npos, std::string_view::npos};
}

}  // namespace

std::string parameter(std::string_view target, std::string_view name) {
  const auto [begin, end] = find_parameter(target, name);
  if (begin == std::string_view::npos) return {};
  return std::string(target.substr(begin, end - begin));
}

std::string with_parameter(std::string_view target, std::string_view name, std::string_view value) {
  const auto [begin, end] = find_parameter(target, name);
  if (begin != std::string_view::npos) {
    return std::string(target.substr(0, begin)) + std::string(value) +
           std::string(target.substr(end));
  }
  const char separator = target.find('?') == std::string_view::npos ? '?' : '&';
  return std::string(target) + separator + std::string(name) + "=" + std::string(value);
}

}  // namespace support
