// One table of the configuration file, read key by key. Internal to the configuration.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <utility>
#include <vector>

#include "api/config.hpp"

namespace api {

// Keys that are never asked for are unknown; `finish` reports them. A mistake is noted and its key
// then reads as if it were missing, so that one run reports all mistakes.
class Section {
 public:
  // `mistakes` must outlive it.
  Section(const toml::table& table, std::string file, std::string name,
          std::vector<std::string>& mistakes)
      : table_(table), file_(std::move(file)), name_(std::move(name)), mistakes_(mistakes) {}
  // A table inside it, or of a list inside it.
  [[nodiscard]] Section section(const toml::table& table, std::string_view name) const {
    return Section(table, file_, std::string(name), mistakes_);
  }

  template <typename T>
  std::optional<T> value(std::string_view key, std::string_view type_in_words) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    std::optional<T> value = node->value_exact<T>();
    if (!value) note(*node, fmt::format("{} must be {}", full(key), type_in_words));
    return value;
  }
  std::optional<std::string> text(std::string_view key) {
    return value<std::string>(key, "a text in quotes");
  }
  std::optional<bool> flag(std::string_view key) {
    return value<bool>(key, "true or false, without quotes");
  }

  // One of `allowed`; the first is the default.
  std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed);
  std::size_t number(std::string_view key, std::size_t least, std::size_t most,
                     std::size_t otherwise);
  std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds otherwise);
  std::uint64_t bytes(std::string_view key, std::uint64_t least, std::uint64_t otherwise);
  // The elements of a list of texts, at least one, each with its node for messages. `hint` shows
  // how to write one.
  std::vector<std::pair<std::string, const toml::node*>> texts(std::string_view key,
                                                               std::string_view hint);

  const toml::node* find(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    return table_.get(key);
  }
  void finish() const;

  void note(const toml::node& node, std::string_view message) const {
    note_at(node.source(), message);
  }
  void note_section(std::string_view message) const { note_at(table_.source(), message); }
  [[nodiscard]] std::string full(std::string_view key) const {
    return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
  }

 private:
  void note_at(const toml::source_region& where, std::string_view message) const;

  const toml::table& table_;
  std::string file_;
  std::string name_;
  std::vector<std::string> known_;
  std::vector<std::string>& mistakes_;
};

// The [http] table.
[[nodiscard]] HttpConfig read_http(Section section);
// A [[source]] table. `position` counts from 1 in the file.
[[nodiscard]] SourceConfig read_source(Section section, std::size_t position);

}  // namespace api
