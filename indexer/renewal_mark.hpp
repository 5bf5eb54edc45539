// How far the reindex of a part of an account has come: <generation>/renewal.json. A later process
// goes on there when the one before was stopped or killed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "indexer/catalog.hpp"

namespace indexer {

struct Renewal {
  std::int64_t entries = 0;  // renewed so far
  std::optional<OrderKey> after;  // of what a query finds, newest first: all up to here
  std::vector<DocumentName> begun;  // documents that may be renewed in part
};

class RenewalMark {
 public:
  // `task` tells one reindex from another; empty: nothing is kept.
  RenewalMark(const std::filesystem::path& generation, std::string_view task);

  // What this task wrote last; else nothing.
  [[nodiscard]] std::optional<Renewal> read() const;
  void write(const Renewal& renewal) const;  // durable when it returns
  void remove() const;

 private:
  const std::filesystem::path file_;
  const std::string task_;
};

}  // namespace indexer
