#include "api/config_section.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace api {

std::string Section::choice(std::string_view key, std::initializer_list<std::string_view> allowed) {
  const auto given = text(key);
  if (!given) return std::string(*allowed.begin());
  if (std::find(allowed.begin(), allowed.end(), *given) == allowed.end()) {
    note(*find(key), fmt::format("{} = \"{}\" is not available; write {}", full(key), *given,
                                 fmt::join(allowed.begin(), allowed.end(), " or ")));
    return std::string(*allowed.begin());
  }
  return *given;
}

std::size_t Section::number(std::string_view key, std::size_t least, std::size_t most,
                            std::size_t otherwise) {
  const auto given = value<std::int64_t>(key, "a whole number");
  if (!given) return otherwise;
  if (*given < static_cast<std::int64_t>(least) || *given > static_cast<std::int64_t>(most)) {
    note(*find(key), fmt::format("{} must be from {} to {}", full(key), least, most));
    return otherwise;
  }
  return static_cast<std::size_t>(*given);
}

std::chrono::milliseconds Section::duration(std::string_view key,
                                            std::chrono::milliseconds otherwise) {
  const auto given = text(key);
  if (!given) return otherwise;
  const auto parsed = parse_duration(*given);
  if (!parsed) {
    note(*find(key),
         fmt::format("{} = \"{}\" is no duration; write \"30s\" or \"3m\"", full(key), *given));
  }
  return parsed.value_or(otherwise);
}

std::uint64_t Section::bytes(std::string_view key, std::uint64_t least, std::uint64_t otherwise) {
  const auto given = text(key);
  if (!given) return otherwise;
  const auto parsed = parse_bytes(*given);
  if (!parsed) {
    note(*find(key),
         fmt::format("{} = \"{}\" is no size; write \"32M\" or \"1G\"", full(key), *given));
  } else if (*parsed < least) {
    note(*find(key), fmt::format("{} must be {}M at least", full(key), least >> 20U));
  }
  return parsed.value_or(otherwise);
}

std::vector<std::pair<std::string, const toml::node*>> Section::texts(std::string_view key,
                                                                      std::string_view hint) {
  std::vector<std::pair<std::string, const toml::node*>> texts;
  const toml::node* node = find(key);
  if (node == nullptr) return texts;
  const toml::array* elements = node->as_array();
  if (elements == nullptr) {
    note(*node, fmt::format("{} must be a list: {}", full(key), hint));
    return texts;
  }
  if (elements->empty()) {
    note(*node, fmt::format("{} is an empty list: it needs one element at least, as in {}",
                            full(key), hint));
  }
  for (const toml::node& element : *elements) {
    if (auto text = element.value_exact<std::string>()) {
      texts.emplace_back(std::move(*text), &element);
    } else {
      note(element, fmt::format("{}: each must be a text in quotes", full(key)));
    }
  }
  return texts;
}

void Section::finish() const {
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    note_at(key.source(), fmt::format("unknown key {}; known here: {}", full(key.str()),
                                      fmt::join(known_, ", ")));
  }
}

void Section::note_at(const toml::source_region& where, std::string_view message) const {
  mistakes_.push_back(fmt::format("{}:{}: {}", file_, where.begin.line, message));
}

}  // namespace api
