// What the readers of CouchDB's answers share: the memory that is kept from one answer to the next, and what is wrong with a row
// that cannot be read. Only replica/couch_*answers.cpp include it.
#pragma once

#include <fmt/core.h>
#include <string>
#include <string_view>

#include "replica/couch_answers.hpp"
#include "replica/json_reader.hpp"
#include "replica/row_scanner.hpp"
#include "replica/tuning.hpp"

namespace replica {

struct AnswerReader::State {
  od::parser parser;
  std::string padded;

  // Calls `visit(key, value)` for the members of a row's object; throws simdjson_error for what is none.
  template <typename Visit>
  void members(const RowScanner::Row& row, const Visit& visit) {
    members(simdjson::padded_string_view(row.json.data(), row.json.size(),
                                         row.json.size() + RowScanner::kPadding),
            visit);
  }

  template <typename Visit>
  void members(std::string_view json, const Visit& visit) {
    members(pad(json), visit);
  }

  template <typename Visit>
  void members(simdjson::padded_string_view json, const Visit& visit) {
    od::document document = parser.iterate(json);
    od::object object = document.get_object();
    for (auto field : object) visit(od::raw_json_string(field.key()), od::value(field.value()));
  }

  [[nodiscard]] simdjson::padded_string_view pad(std::string_view json) {
    padded.assign(json);
    padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(padded);
  }

  // Gives back what a large row needed.
  void shrink() {
    constexpr std::size_t kKept = 8 * 1024 * 1024;  // bytes of JSON
    if (parser.capacity() > kKept) parser = od::parser();
  }
};

// Throws simdjson_error for what is none.
[[nodiscard]] inline RevId revision_of(od::value value) {
  const std::string text = text_of(value);
  const auto rev = RevId::parse(text);
  if (!rev) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return *rev;
}

// Why a row is not taken over, to follow its name.
namespace row_problem {

[[nodiscard]] inline std::string not_json(const simdjson::simdjson_error& error) {
  return fmt::format("cannot be read as JSON: {}", error.what());
}
[[nodiscard]] inline std::string too_deep() {
  return fmt::format("nests deeper than {} levels", tuning::kMaxDocumentDepth);
}
[[nodiscard]] inline std::string too_large() {
  return fmt::format("is larger than {} MB", tuning::kMaxRowBytes >> 20);
}

}  // namespace row_problem

}  // namespace replica
